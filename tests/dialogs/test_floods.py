"""Many of everything: bytes, recipients, connections. Memory and descriptors are measured on a listener in a process of its own."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.dialogs.alone import Alone
from tests.dialogs.driver import Client
from tests.dialogs.server import LIMITS, Server
from tests.support.harness.kept_work import put_empty_database
from tests.support.waiting import until

Serve = Callable[..., Server]
MIB = 1 << 20
FULL = bool(os.environ.get("MAILGATE_FULL_FLOODS"))
"""Set for the sizes of the list of attacks; unset, the same in sizes that fit a shared machine."""


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Callable[..., Alone]]:
    started: list[Alone] = []

    def start(prepare: Callable[[], None] | None = None, **settings: object) -> Alone:
        database = tmp_path / "journal.db"
        put_empty_database(database)
        started.append(Alone(tmp_path, database, prepare, **settings))
        return started[-1]

    yield start
    for one in started:
        assert one.stop() == 0, one.log
        assert "Traceback" not in one.log, one.log


def mail(port: int, source: str = "127.0.0.1") -> None:
    with Client(port, source) as client:
        client.opens()
        client.exchange("Subject: x\r\n\r\nx\r\n.", "250 2.0.0 .*")
        client.exchange("QUIT", "221 .*")


def test_a22_given_an_endless_line_then_it_is_cut_off_at_limit_and_slack_and_memory_stays_flat(alone: Callable[..., Alone]) -> None:
    server = alone(limits={"message_bytes": MIB, "data_slack_bytes": MIB})
    mail(server.port)
    before = server.memory_bytes
    sent = 0
    with Client(server.port) as client:
        client.opens()
        with contextlib.suppress(OSError):
            while sent < 200 * MIB:
                client.send(b"x" * MIB)
                sent += MIB
        with contextlib.suppress(AssertionError, ConnectionError):
            client.expect("552 5.3.4 .*")
    assert sent < 20 * MIB, "the server went on reading"
    assert server.memory_bytes - before < 8 * MIB
    mail(server.port)


def test_a22_given_an_endless_line_read_slowly_then_the_client_sees_552(serve: Serve) -> None:
    server = serve(limits=replace(LIMITS, message_bytes=10_000, data_slack_bytes=10_000))
    with Client(server.port) as client:
        client.opens()
        client.send(b"x" * 20_100)
        client.expect("552 5.3.4 .*")
        client.closed()
    assert server.stored == []


def test_a24_given_30_mib_for_size_1_then_552_and_nothing_is_stored(serve: Serve) -> None:
    server = serve()
    with Client(server.port) as client:
        client.expect("220 .*")
        client.exchange("EHLO x", "250.*")
        client.exchange("MAIL FROM:<a@kunde.test> SIZE=1", "250 .*")
        client.exchange("RCPT TO:<support@firma.test>", "250 .*")
        client.exchange("DATA", "354 .*")
        client.try_send((b"x" * 998 + b"\r\n") * (30 * 1048) + b".\r\n")
        assert client.rest() in (b"552 5.3.4 Message is larger than this server takes\r\n", b"")
    assert server.counted("refused", "too_large") == 1
    assert server.stored == []


def test_a34_given_5000_recipients_then_at_most_100_are_taken_and_one_message_is_delivered_once(serve: Serve) -> None:
    server = serve()
    with Client(server.port) as client:
        client.expect("220 .*")
        client.exchange("EHLO x", "250.*")
        client.exchange("MAIL FROM:<a@kunde.test>", "250 .*")
        said = []
        while not said or not said[-1].startswith("421"):
            client.send(b"RCPT TO:<support@firma.test>\r\n" * 100)
            said += [client.reply() for _ in range(100 if len(said) < 1000 else 1)]
        codes = [reply[:9] for reply in said]
        assert codes.count("250 2.1.5") == 100
        assert codes.count("452 4.5.3") == 900
        assert len(codes) == 1001
    with Client(server.port) as client:
        client.expect("220 .*")
        client.exchange("EHLO x", "250.*")
        client.exchange("MAIL FROM:<a@kunde.test>", "250 .*")
        for _ in range(50):
            client.exchange("RCPT TO:<support@firma.test>", "250 .*")
        client.exchange("DATA", "354 .*")
        client.exchange("x\r\n.", "250 2.0.0 .*")
    assert server.journal.submissions[0].envelope.recipients == ("support@firma.test",)


@pytest.mark.timing
def test_a35_given_a_dictionary_of_recipients_then_answers_slow_down_and_the_address_is_shut_out(serve: Serve) -> None:
    limits = replace(LIMITS, refused_recipients=8, address_refused_hour=20, refusal_delay_s=0.02)
    server = serve(limits=limits)
    spent_s: list[float] = []
    for _ in range(3):
        with Client(server.port) as client:
            client.expect("220 .*")
            client.exchange("EHLO x", "250.*")
            client.exchange("MAIL FROM:<a@kunde.test>", "250 .*")
            for number in range(8):
                began_s = time.monotonic()
                client.exchange(f"RCPT TO:<user{number}@firma.test>", "550 5.1.1 .*")
                spent_s.append(time.monotonic() - began_s)
            client.exchange("RCPT TO:<support@firma.test>", "250 .*")
            client.exchange("RCPT TO:<user9@firma.test>", "421 4.7.0 .*")
            client.closed()
    assert spent_s[7] > 0.07
    assert spent_s[0] < 0.07
    with Client(server.port) as client:
        client.expect("421 4.7.0 .*")
        client.closed()
    mail(server.port, "127.0.0.2")


def test_a37_given_twenty_unknown_commands_then_the_fifth_is_the_last(serve: Serve) -> None:
    server = serve()
    with Client(server.port) as client:
        client.expect("220 .*")
        client.send(b"XYZZY\r\n" * 20)
        said = client.replies_until_closed()
    assert [reply[:3] for reply in said] == ["500"] * 4 + ["421"]


def test_a40_given_passwords_for_an_auth_that_is_not_there_then_none_is_logged(alone: Callable[..., Alone]) -> None:
    server = alone()
    for line in (b"AUTH PLAIN AGthcmkAaHVudGVyMg==", b"AUTH LOGIN\r\naHVudGVyMg==\r\nhunter2", b"MAIL FROM:<a@kunde.test> AUTH=hunter2"):
        with Client(server.port) as client:
            client.expect("220 .*")
            client.exchange("EHLO x", "250.*")
            client.exchange(line, "5.*")
            client.try_send(b"QUIT\r\n")
            client.rest()
    until(lambda: server.log.count('"refused"') >= 5, 5, "refusals are logged", detail=lambda: server.log)
    assert not re.search("hunter2|aHVudGVyMg|AGthcmkA", server.log), server.log


@pytest.mark.timing
def test_a47_given_thousands_of_idle_connections_from_one_address_then_others_are_served(alone: Callable[..., Alone]) -> None:
    number = 3000 if FULL else 600
    server = alone()
    mail(server.port, "127.0.0.2")
    before = server.descriptors
    refused = 0
    with contextlib.ExitStack() as stack:
        for _ in range(number):
            client = stack.enter_context(Client(server.port, "127.0.0.3"))
            refused += client.reply().startswith("421 4.7.0")
        began_s = time.monotonic()
        mail(server.port, "127.0.0.2")
        assert time.monotonic() - began_s < 1
        assert refused == number - 20
        assert server.descriptors <= before + 25
    server.calm(before)


def test_a47_given_more_connections_a_minute_than_allowed_then_the_rest_wait(serve: Serve) -> None:
    server = serve(limits=replace(LIMITS, address_connections_minute=10, address_messages_minute=3))
    said = []
    for _ in range(12):
        with Client(server.port) as client:
            said.append(client.reply()[:9])
    assert said[:9] == ["220 mx.fi"] * 9
    assert said[-1] == "421 4.7.0"
    assert server.counted("turned_away", "address") >= 1


def test_given_more_messages_a_minute_than_allowed_then_the_address_waits(serve: Serve) -> None:
    server = serve(limits=replace(LIMITS, address_messages_minute=3))
    with Client(server.port) as client:
        client.expect("220 .*")
        client.exchange("EHLO x", "250.*")
        for _ in range(3):
            client.exchange("MAIL FROM:<a@kunde.test>", "250 .*")
            client.exchange("RSET", "250 .*")
        client.exchange("MAIL FROM:<a@kunde.test>", "421 4.7.0 .*")
        client.closed()
    mail(server.port, "127.0.0.2")


def test_a48_given_all_connections_taken_then_the_next_hears_421_at_once_and_memory_is_small(alone: Callable[..., Alone]) -> None:
    number = 2900 if FULL else 700
    server = alone(limits={"connections": number, "stress_share": 2.0})
    mail(server.port)
    before_bytes, before = server.memory_bytes, server.descriptors
    with contextlib.ExitStack() as stack:
        for index in range(number):
            stack.enter_context(Client(server.port, f"127.0.{1 + index // 20}.{1 + index % 20}")).expect("220 .*")
        assert (server.memory_bytes - before_bytes) / number < 20 * 1024, "5,000 idle sessions must cost less than 100 MB"
        with Client(server.port, "127.1.0.1") as client:
            client.expect("421 4.3.2 .*")
            client.closed()
    server.calm(before)
    mail(server.port)


def test_a49_given_connections_that_are_reset_at_once_then_nothing_leaks_and_the_log_stays_short(alone: Callable[..., Alone]) -> None:
    number = 20_000 if FULL else 3000
    server = alone()
    mail(server.port, "127.0.0.9")
    before, before_bytes = server.descriptors, server.memory_bytes
    for index in range(number):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.bind((f"127.2.{index // 100 % 200}.{1 + index % 100}", 0))
        one.connect(("127.0.0.1", server.port))
        one.close()
    server.calm(before)
    mail(server.port, "127.0.0.9")
    assert server.memory_bytes - before_bytes < 16 * MIB
    assert len(server.log.splitlines()) < 200, "the log was flooded"


def test_a50_given_a_client_that_reads_nothing_then_memory_stays_flat(alone: Callable[..., Alone]) -> None:
    server = alone(limits={"idle_commands": 10**9}, timeouts={"write_s": 1.0})
    mail(server.port)
    before, before_bytes = server.descriptors, server.memory_bytes
    with Client(server.port, receive_bytes=1024) as client:
        client.expect("220 .*")
        client.try_send(b"NOOP\r\n" * 4_000_000)
    assert server.memory_bytes - before_bytes < 8 * MIB
    server.calm(before)


def test_a55_given_no_descriptors_left_then_accepting_recovers_by_itself(alone: Callable[..., Alone]) -> None:
    server = alone(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)), limits={"address_connections": 1000})
    mail(server.port, "127.0.0.2")
    before = server.descriptors
    said = []
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server.port)) for _ in range(100)]
        for client in clients:
            with contextlib.suppress(AssertionError, ConnectionError):
                client.socket.settimeout(1)
                said.append(client.reply()[:3])
                if len(said) > 60:
                    break
        assert said.count("220") > 20
        assert said.count("421") > 5
    server.calm(before)
    mail(server.port, "127.0.0.2")
