"""Dialogues that are nearly right: cut, doubled, swapped, spiced with line ends, sent in odd pieces, ended in every way. Seeded.

MAILGATE_FUZZ_S sets how long (default a few seconds), MAILGATE_FUZZ_SEED which ones.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.dialogs.driver import Client, meant
from tests.dialogs.server import LIMITS, LOOPBACK, QUICK, ListenAddress, Server
from tests.dialogs.test_scripts import SCRIPTS

FUZZ_S = float(os.environ.get("MAILGATE_FUZZ_S", "6"))
SEED = int(os.environ.get("MAILGATE_FUZZ_SEED", "56"))
SPICE = (
    *(b"\r\n", b"\n", b"\r", b"\0", b".", b"\r\n.\r\n", b"\n.\n", b"\r\n.\n", b"\xff\xfe", b" ", b"<", b">", b'"', b"\\", b"@", b"+", b"="),
    *(b"STARTTLS\r\n", b"DATA\r\n", b"RSET\r\n", b"EHLO x\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<support@firma.test>\r\n", b"QUIT\r\n"),
    *(b"SIZE=9999", b" SMTPUTF8", b"\xc3\xa6", b"\x16\x03\x01\x02\x00\x01", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n", b"BDAT 5 LAST\r\nhello"),
    *(b"A" * 600, b"x" * 5000),
)
KNOWN_REPLY = re.compile(rb"(?:(?:2|4|5)\d\d[ -]|354 )[\x20-\x7e]*")
FINE = (
    b"EHLO x\r\n",
    b"MAIL FROM:<a@kunde.test>\r\nRCPT TO:<support@firma.test>\r\nDATA\r\n",
    b"Message-ID: <%d@kunde.test>\r\n\r\nhei\r\n.\r\n",
    b"QUIT\r\n",
)


def seeds() -> list[list[bytes]]:
    """What each script sends, step by step, and a session without a fault."""
    found = [list(FINE)]
    for path in sorted(SCRIPTS.glob("*.txt")):
        steps = [
            meant(line[3:]) + (b"\r\n" if line[1] == ":" else b"") for line in path.read_text().splitlines() if line[:2] in ("C:", "C>")
        ]
        opened = [*FINE[:2], *steps] if "opens" in path.read_text() else steps
        found.append([step[:20_000] for step in opened])
    return found


def mutated(rng: random.Random, steps: list[bytes]) -> Iterator[bytes]:
    """The steps with up to four changes, in pieces."""
    steps = list(steps)
    for _ in range(rng.randrange(5)):
        at = rng.randrange(len(steps))
        step = steps[at]
        cut = rng.randrange(len(step) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            steps[at] = step[:cut] + rng.choice(SPICE) + step[cut:]
        elif kind == 1:
            steps[at] = step[:cut]
        elif kind == 2:
            steps.insert(at, rng.choice(steps))
        elif kind == 3:
            steps[at] = step[:cut] + bytes([rng.randrange(256)]) + step[cut + 1 :]
        elif kind == 4:
            steps[at : at + 2] = [b"".join(steps[at : at + 2])]
        else:
            steps.pop(at)
            steps = steps or [b"QUIT\r\n"]
    for step in steps:
        pieces = rng.choice((1, 1, 1, 2, 5))
        size = len(step) // pieces + 1
        yield from (step[at : at + size] for at in range(0, len(step), size))


def speak(server: Server, rng: random.Random, steps: list[bytes]) -> bytes:
    """One session on one of the endpoints; all that the server said outside TLS."""
    endpoint = rng.randrange(len(server.ports))
    with Client(server.ports[endpoint], timeout_s=5) as client, contextlib.suppress(OSError, AssertionError):
        if endpoint == 2:
            client.send(b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 25\r\n")
        if endpoint == 3:
            client.starts_tls()
        for piece in mutated(rng, steps):
            client.send(piece)
            if rng.random() < 0.5:
                client.socket.settimeout(0.002)
                with contextlib.suppress(TimeoutError, ssl.SSLWantReadError):
                    client._got += client.socket.recv(65536)
                client.socket.settimeout(5)
        ending = rng.randrange(3)
        if ending == 0:
            client.reset()
            return b""
        if ending == 1 and endpoint != 3:
            client.half_close()
        else:
            client.send(b"\r\n.\r\nQUIT\r\nQUIT\r\n")
        return client.rest()
    return b""


def test_a56_given_mutated_sessions_then_nothing_unforeseen_happens(serve: Callable[..., Server], tls_context: ssl.SSLContext) -> None:
    many = {
        "address_connections": 10**6,
        "address_connections_minute": 10**6,
        "address_messages_minute": 10**6,
        "address_refused_hour": 10**6,
    }
    limits = replace(
        LIMITS, timeouts=replace(QUICK, command_s=1, handshake_s=1, session_s=4, linger_s=0.2), errors=15, message_bytes=10_000, **many
    )
    limits = replace(limits, data_slack_bytes=10_000)
    endpoints = (
        ListenAddress(port=0),
        ListenAddress(port=0, protocol="lmtp"),
        ListenAddress(port=0, proxy=True),
        ListenAddress(port=0, tls="implicit"),
    )
    server = serve(*endpoints, limits=limits, tls=tls_context, proxy_from=LOOPBACK)
    rng, stories, spoken = random.Random(SEED), seeds(), 0
    began_s = time.monotonic()
    while time.monotonic() - began_s < FUZZ_S:
        said = speak(server, rng, rng.choice(stories))
        for line in said.split(b"\r\n"):
            assert not line or KNOWN_REPLY.fullmatch(line), (spoken, said)
        spoken += 1
    server.empty()
    assert spoken > FUZZ_S
    assert server.counted("fault") == 0
    assert server.unforeseen == []
    assert (server.listener.admission.budget.messages, server.listener.admission.budget.held_bytes) == (0, 0)
    assert len(server.stored) == sum(not receipt.duplicate for receipt in server.journal.receipts)
    with Client(server.port) as client:
        client.opens()
        client.exchange("x\r\n.", "250 2.0.0 .*")
