"""Fairness: an attacker uses all that the limits allow on one worker; how long does a customer's reply wait until it is a comment?

`python -m tests.faults.fairness` (`make fairness`; `--replies 60` for each attack, `--postgres` for PostgreSQL and Redis of its own) starts
a real gateway with the default limits, plays each attack from several client addresses (by PROXY headers), and meanwhile sends replies of
a customer from another address. It prints a table of the delays, from the customer's connection to the comment, and exits 1 when the 95th
percentile of an attack is over `BOUND_S`.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import itertools
import re
import socket
import statistics
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import dns.message
import dns.rcode

from mailgate.clock import utc_now
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from tests.support.mails import messages
from tests.support.processes.gateway import Gateway
from tests.support.processes.smtp_client import ID, SampleMail
from tests.support.seed import Seed
from tests.support.waiting import until

BOUND_S = 5.0
ATTACKER_ADDRESSES = 4
CUSTOMER = "151.101.1.69"
SESSIONS_EACH = 3
SLOW_SESSIONS_EACH = 20
SLOW_BYTES_PER_S = 600
BEFORE_S = 3.0
ANSWER_S = 30.0
SETTLE_S = 120.0


class SlowDns:
    """Resolver on a UDP port of 127.0.0.1: whatever ends in `slow.test` is never answered, all else does not exist."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> SlowDns:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                content, client = self._socket.recvfrom(4096)
                query = dns.message.from_wire(content)
                if not str(query.question[0].name).rstrip(".").endswith("slow.test"):
                    answer = dns.message.make_response(query)
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                    self._socket.sendto(answer.to_wire(), client)


class Session:
    """One SMTP session of a client behind the balancer. Raises ConnectionError when it is refused or ends."""

    def __init__(self, port: int, client: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S)
        self._file = self._socket.makefile("rb")
        try:
            self._socket.sendall(f"PROXY TCP4 {client} 127.0.0.1 40000 {port}\r\n".encode())
            self._expect(220)
            self.say("EHLO mx.legacy.test", 250)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it without a word."""
        self._file.close()
        self._socket.close()

    def say(self, line: str, code: int) -> str:
        """One command; its reply must have this code."""
        self._socket.sendall(line.encode() + b"\r\n")
        return self._expect(code)

    def begin(self, mail: SampleMail) -> None:
        """Up to 354."""
        self.say(f"MAIL FROM:<{mail.reverse_path}> SIZE={len(mail.raw)}", 250)
        for recipient in mail.recipients:
            self.say(f"RCPT TO:<{recipient}>", 250)
        self.say("DATA", 354)

    def deliver(self, mail: SampleMail) -> str:
        """The whole mail; the text of the 250."""
        self.begin(mail)
        self._socket.sendall(re.sub(rb"(?m)^\.", b"..", mail.raw) + b".\r\n")
        return self._expect(250)

    def trickle(self, content: bytes) -> None:
        """Some bytes of a message."""
        self._socket.sendall(content)

    def _expect(self, code: int) -> str:
        while True:
            line = self._file.readline().decode("ascii", "replace")
            if len(line) < 4 or line[3] != "-":
                break
        if not line.startswith(str(code)):
            raise ConnectionError(line.strip())
        return line


@dataclass
class Attack:
    """Sends mail of `make(number)` from several addresses of its own, in `SESSIONS_EACH` sessions each, until told to stop."""

    port: int
    make: Callable[[int], SampleMail]
    clients: tuple[str, ...]
    stopping: threading.Event = field(default_factory=threading.Event)
    accepted: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        for client in self.clients:
            for _ in range(self.sessions()):
                self._threads.append(threading.Thread(target=self._attack, args=(client,), daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self.stopping.set()
        for thread in self._threads:
            thread.join(ANSWER_S)

    def sessions(self) -> int:
        """Sessions of each address."""
        return SESSIONS_EACH

    def _attack(self, client: str) -> None:
        while not self.stopping.is_set():
            try:
                session = Session(self.port, client)
            except OSError:
                self.stopping.wait(0.5)
                continue
            with contextlib.suppress(OSError), contextlib.closing(session):
                self.use(session)

    def use(self, session: Session) -> None:
        """One mail after the other."""
        while not self.stopping.is_set():
            session.deliver(self.make(next(self._numbers)))
            self.accepted += 1


class SlowData(Attack):
    """Holds as many sessions as one client may, each in DATA just above the least rate."""

    def sessions(self) -> int:
        """See the class."""
        return SLOW_SESSIONS_EACH

    def use(self, session: Session) -> None:
        """Never comes to an end."""
        session.begin(SampleMail(b"x" * 20_000_000, (messages.SUPPORT,), "x@ond.test"))
        while not self.stopping.wait(1.0):
            session.trickle(b"x" * (SLOW_BYTES_PER_S - 2) + b"\r\n")


def flood(number: int) -> SampleMail:
    """Mail of people, each of another domain."""
    return messages.legacy(number, sender=f"ola{number}@ond{number}.test")


def slow_domains(number: int) -> SampleMail:
    """Mail of invented subdomains whose DNS is silent."""
    return messages.legacy(number, sender=f"ola@u{number}.slow.test")


def _with_part(number: int, head: str, body: bytes) -> SampleMail:
    sender = f"x{number}@ond{number % 50}.test"
    start = (
        f"From: {sender}\r\nTo: {messages.SUPPORT}\r\nSubject: {number}\r\nMessage-ID: <bomb-{number}@ond.test>\r\nMIME-Version: 1.0\r\n"
    )
    return SampleMail(f"{start}{head}\r\n\r\n".encode() + body + b"\r\n", (messages.SUPPORT,), sender)


def _tnef(rtf: bytes) -> bytes:
    attributes = struct.pack("<I", 1) + struct.pack("<HHII", 0x0102, 0x1009, 1, len(rtf)) + rtf
    body = struct.pack("<BII", 1, 0x00069003, len(attributes)) + attributes + struct.pack("<H", sum(attributes) & 0xFFFF)
    return struct.pack("<IH", 0x223E9F78, 1) + body


def _packed_rtf() -> bytes:
    packed = struct.pack("<IIII", 0, 4 << 20, 0x75465A4C, 0) + b"\0{\\rtf1 x" + (b"\0" + b"\\par \\u1") * 450_000
    return base64.encodebytes(_tnef(packed)).replace(b"\n", b"\r\n")


PACKED_RTF = _packed_rtf()
NESTED = b"".join(f'--b{level}\r\nContent-Type: multipart/mixed; boundary="b{level + 1}"\r\n\r\n'.encode() for level in range(3000))
PARTS = b"--b\r\n\r\nx\r\n" * 60_000
TABLES = b"<table><tr><td><div style='opacity:0'>" * 40_000 + "<p>ord på ord</p>".encode() * 20_000
ZIP = base64.encodebytes(b"PK\x03\x04" + b"\0" * 3_000_000).replace(b"\n", b"\r\n")
BOMBS = (
    ("Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64", PACKED_RTF),
    ('Content-Type: multipart/mixed; boundary="b0"', NESTED),
    ('Content-Type: multipart/mixed; boundary="b"', PARTS),
    ("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit", TABLES.replace(b"<p>", b"\r\n<p>")),
    ("Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64", ZIP),
    ("Content-Type: text/plain", b"> " * 300_000 + b"\r\nOn Mon wrote:\r\n" * 20_000),
)


def bombs(number: int) -> SampleMail:
    """Mail that is expensive to read."""
    return _with_part(number, *BOMBS[number % len(BOMBS)])


@dataclass(frozen=True, slots=True)
class Row:
    """What one attack did to the customer: seconds from connection to comment, in order."""

    name: str
    accepted: int
    delays_s: tuple[float, ...]

    @property
    def p95_s(self) -> float:
        """The 95th percentile, not interpolated: one of the delays."""
        return self.delays_s[min(len(self.delays_s) - 1, int(len(self.delays_s) * 0.95))]

    def line(self) -> str:
        """One row of the table in Markdown."""
        middle = statistics.median(self.delays_s)
        return f"| {self.name} | {self.accepted} | {len(self.delays_s)} | {middle:.2f} | {self.p95_s:.2f} | {self.delays_s[-1]:.2f} |"


HEAD = "| attack | mails it got in | replies | median s | p95 s | worst s |\n|---|---|---|---|---|---|"


def attacks(port: int) -> Mapping[str, list[Attack]]:
    """Each attack by name; the last one is all of them at once. No address is used twice: limits of the one before still hold."""
    kinds: dict[str, tuple[type[Attack], Callable[[int], SampleMail]]] = {
        "as many mails as the limits allow": (Attack, flood),
        "mail of invented subdomains with silent DNS": (Attack, slow_domains),
        "mail that is expensive to read": (Attack, bombs),
        "all sessions in DATA at the least rate": (SlowData, flood),
    }
    networks = (tuple(f"93.184.{network}.{host}" for host in range(1, ATTACKER_ADDRESSES + 1)) for network in itertools.count())

    def made(name: str) -> Attack:
        kind, mails = kinds[name]
        return kind(port, mails, next(networks))

    return {"nobody attacks": [], **{name: [made(name)] for name in kinds}, "all of these at once": [made(name) for name in kinds]}


def measured(gateway: Gateway, store: Store, seed: Seed, name: str, running: list[Attack], replies: int, numbers: Iterator[int]) -> Row:
    """Play one attack while the customer replies; waits until each of the replies is a comment."""
    for attack in running:
        attack.start()
    time.sleep(BEFORE_S if running else 0)  # the attack shall have a queue before the first reply
    begun: dict[str, datetime] = {}
    for _ in range(replies):
        number = next(numbers)
        thread = seed.threads[number % len(seed.threads)]
        at = datetime.now(UTC)
        with contextlib.closing(Session(gateway.port, CUSTOMER)) as session:
            found = ID.search(session.deliver(messages.reply(number, thread)))
        assert found
        begun[found.group(0)] = at
        time.sleep(0.5)  # the pace of the customer is part of what is measured
    decided = until(lambda: _decided(store, begun), SETTLE_S, "each reply is decided", poll_s=0.1)
    accepted = sum(attack.accepted for attack in running)
    for attack in running:
        attack.stop()
    return Row(name, accepted, tuple(sorted((decided[id_] - at).total_seconds() for id_, at in begun.items())))


def _decided(store: Store, begun: Mapping[str, datetime]) -> dict[str, datetime]:
    """Journal id -> when it was decided; empty while one of them waits."""
    with store.reading() as uow:
        entries = [uow.journal.get(id_) for id_ in begun]
    assert {entry.state for entry in entries} <= {"pending", "commented"}
    return {entry.id: entry.decided_at for entry in entries if entry.decided_at} if all(entry.decided_at for entry in entries) else {}


def settings(dns_port: int) -> dict[str, dict[str, object]]:
    """A gateway on the internet behind a balancer: default limits, mailgate verifies."""
    return {
        "smtp": {"trusted_from": [], "proxy_from": ["127.0.0.1/32"]},
        "intake": {"authentication": "verify", "dns_servers": [f"127.0.0.1:{dns_port}"], "lease_s": 60.0},
        "outbound": {"delivery": "capture"},
        "worker": {"sweep_interval_s": 1.0},
    }


@contextmanager
def installed(postgres: bool) -> Iterator[Gateway]:
    """A gateway that runs; all in one process on SQLite, or listener and one worker on PostgreSQL and Redis."""
    from tests.support.harness.services import private_postgres, private_redis

    with contextlib.ExitStack() as stack:
        dns_server = stack.enter_context(SlowDns())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fairness-")))
        database = stack.enter_context(private_postgres()) if postgres else f"sqlite:///{folder}/mailgate.db"
        broker = stack.enter_context(private_redis()) if postgres else "memory://"
        yield stack.enter_context(Gateway(folder, database, broker, settings=settings(dns_server.port), preloaded=True))


def run(gateway: Gateway, replies: int, only: str = "") -> list[Row]:
    """Every attack in turn on a gateway that is not started; before the next one, what the last has left is worked off."""
    seed = Seed.planted(gateway, cases=40)
    embedded = gateway.database_url.startswith("sqlite")
    for part in ("run",) if embedded else ("smtp", "worker"):
        gateway.start(part)
    database, rows, numbers = open_database(gateway.database_url), [], itertools.count()
    try:
        store = Store(database, utc_now)
        measured(gateway, store, seed, "", [], 1, numbers)  # a worker that still starts is not what is measured
        for name, running in attacks(gateway.port).items():
            if only in name:
                if rows:
                    gateway.settled(600)
                rows.append(measured(gateway, store, seed, name, running, replies, numbers))
                print(rows[-1].line(), flush=True)
    finally:
        database.close()
    return rows


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(
        prog="tests.faults.fairness", description="Attack one worker and measure what a customer's reply waits."
    )
    parser.add_argument("--replies", type=int, default=60)
    parser.add_argument(
        "--postgres", action="store_true", help="PostgreSQL, Redis and a worker of its own, instead of one process on SQLite"
    )
    parser.add_argument("--only", default="", help="only attacks whose name has this in it")
    arguments = parser.parse_args()
    print(HEAD)
    with installed(arguments.postgres) as gateway:
        rows = run(gateway, arguments.replies, arguments.only)
    over = [row for row in rows if row.p95_s > BOUND_S]
    for row in over:
        print(f"over {BOUND_S:g} s: {row.name}: {row.p95_s:.2f} s", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
