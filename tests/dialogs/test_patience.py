"""Slow clients: every wait has an end, and what is slow but honest gets through."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.dialogs.driver import Client
from tests.dialogs.server import LIMITS, QUICK, Server, SmtpLimits
from tests.support.waiting import until

Serve = Callable[..., Server]


def timed(**times: float) -> SmtpLimits:
    return replace(LIMITS, timeouts=replace(QUICK, **times))


class Dripping:
    """Sends one byte after another in a thread until the server closes."""

    def __init__(self, client: Client, data: bytes, every_s: float) -> None:
        self._client, self._data, self._every_s = client, data, every_s
        self._thread = threading.Thread(target=self._drip, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exc: object) -> None:
        self._data = b""
        self._thread.join(5)

    def _drip(self) -> None:
        while self._data:
            byte, self._data = self._data[:1], self._data[1:]
            try:
                self._client.socket.send(byte)
            except OSError:
                return
            time.sleep(self._every_s)


@pytest.mark.timing
def test_a44_given_a_command_that_trickles_then_its_deadline_is_absolute(serve: Serve) -> None:
    server = serve(limits=timed(command_s=0.5))
    with Client(server.port) as client:
        client.expect("220 .*")
        began_s = time.monotonic()
        with Dripping(client, b"NOOP " + b"x" * 400, 0.05):
            client.expect("421 4.4.2 .*")
            client.closed()
        assert time.monotonic() - began_s < 3
    assert server.counted("expired", "timeout_command") == 1


def test_a44_given_a_client_that_says_nothing_at_all_then_it_is_closed(serve: Serve) -> None:
    server = serve(limits=timed(command_s=0.2))
    with Client(server.port) as client:
        client.expect("220 .*")
        client.expect("421 4.4.2 .*")
        client.closed()


def test_a45_given_a_message_byte_by_byte_then_the_minimum_rate_ends_it(serve: Serve) -> None:
    server = serve(limits=timed(data_window_s=0.5))
    with Client(server.port) as client:
        client.opens()
        with Dripping(client, b"x" * 1000, 0.05):
            client.expect("421 4.4.2 .*")
            client.closed()
    server.empty()
    assert server.counted("expired", "too_slow") == 1
    assert server.stored == []


def test_a45_given_a_fast_beginning_then_it_buys_no_right_to_stall(serve: Serve) -> None:
    server = serve(limits=timed(data_window_s=0.4))
    with Client(server.port) as client:
        client.opens()
        client.send(b"x" * 1_000_000)
        client.expect("421 4.4.2 .*")


def test_a45_given_a_message_that_never_ends_then_its_absolute_deadline_does(serve: Serve) -> None:
    server = serve(limits=replace(timed(data_window_s=0.1, data_s=0.6), data_min_bytes_s=1))
    with Client(server.port) as client:
        client.opens()
        with Dripping(client, b"x" * 1000, 0.01):
            client.expect("421 4.4.2 .*")
    assert server.counted("expired", "timeout_data") == 1


def test_a45_given_a_slow_but_steady_message_then_it_gets_through_though_the_session_grows_old(serve: Serve) -> None:
    server = serve(limits=timed(data_window_s=0.3, session_s=0.5))
    body = b"".join(b"%04d %s\r\n" % (number, b"x" * 90) for number in range(60))
    with Client(server.port) as client:
        client.opens()
        for at in range(0, len(body), 100):
            client.send(body[at : at + 100])
            time.sleep(0.02)
        client.exchange(b".", "250 2.0.0 .*")
        client.expect("421 4.4.2 Session .*")
    assert server.stored == [body]


def test_a46_given_a_noop_now_and_then_for_ever_then_the_session_has_an_end(serve: Serve) -> None:
    server = serve(limits=replace(timed(session_s=0.6), idle_commands=1000))
    with Client(server.port) as client:
        client.expect("220 .*")
        said = []
        while not said or said[-1].startswith("250"):
            client.try_send(b"NOOP\r\n")
            said.append(client.reply())
            time.sleep(0.05)
        assert said[-1].startswith("421 4.4.2 Session"), said
        assert len(said) > 3
    assert server.counted("expired", "session_too_long") == 1


def test_a50_given_a_client_that_never_reads_then_writing_times_out_and_memory_is_bounded(serve: Serve) -> None:
    server = serve(limits=replace(timed(write_s=0.5), idle_commands=10**9, errors=10**9))
    with Client(server.port, receive_bytes=1024) as client:
        client.expect("220 .*")
        client.socket.settimeout(10)
        client.try_send(b"NOOP\r\n" * 2_000_000)
    server.empty()
    assert server.counted("expired", "timeout_write") == 1


def test_a50_given_last_words_that_nobody_reads_then_the_connection_is_torn_down(serve: Serve) -> None:
    server = serve(limits=timed(linger_s=0.3))
    with Client(server.port) as client:
        client.opens()
        client.send(b"a\rb\r\n")
        client.expect("550 5.6.11 .*")
        server.empty()


def test_given_a_commit_that_hangs_then_the_client_hears_451_and_a_late_commit_still_counts(serve: Serve) -> None:
    server = serve(limits=timed(append_s=0.3))
    server.journal.gate = threading.Event()
    with Client(server.port) as client:
        client.opens()
        client.send(b"x\r\n.\r\n")
        client.expect("451 4.3.0 .*")
        client.closed()
    server.journal.gate.set()
    until(lambda: len(server.stored) == 1, 5, "the commit went on")
    server.empty()


def test_a48_given_nearly_all_connections_taken_then_idle_ones_leave_early_and_mail_still_flows(serve: Serve) -> None:
    limits = replace(
        LIMITS, connections=10, stress_share=0.5, address_connections=100, timeouts=QUICK, stressed=replace(QUICK, command_s=0.3)
    )
    server = serve(limits=limits)
    idle = [Client(server.port, f"127.0.0.{number}") for number in range(1, 10)]
    for client in idle:
        client.expect("220 .*")
    with Client(server.port) as client:
        client.opens()
        client.exchange("x\r\n.", "250 .*")
    # Stress ends below five connections; whether the mail's own session still counted when the check ran is chance.
    left = sum("421" in "".join(client.replies_until_closed()) for client in idle[:5])
    assert left == 5, "the oldest idle sessions left"
    for client in idle:
        client.close()
    server.empty()
    assert not server.listener.stressed


def test_given_no_stress_then_the_same_idle_session_may_stay(serve: Serve) -> None:
    limits = replace(LIMITS, connections=10, stress_share=0.5, stressed=replace(QUICK, command_s=0.2))
    server = serve(limits=limits)
    with Client(server.port) as client:
        client.expect("220 .*")
        client.silent(0.6)
        client.exchange("NOOP", "250 .*")


def test_given_the_listener_stops_then_idle_sessions_hear_421_and_a_message_in_work_is_finished(serve: Serve) -> None:
    server = serve()
    server.journal.gate = threading.Event()
    with Client(server.port) as idle, Client(server.port) as busy:
        idle.expect("220 .*")
        busy.opens()
        busy.send(b"x\r\n.\r\n")
        until(lambda: server.listener.admission.budget.messages == 1, 5, "the message is in work")
        stopper = threading.Thread(target=server.stop)
        stopper.start()
        idle.expect("421 4.3.2 .*")
        idle.closed()
        server.journal.gate.set()
        busy.expect("250 2.0.0 .*")
        busy.expect("421 4.3.2 .*")
        busy.closed()
        stopper.join(10)
    with pytest.raises(ConnectionRefusedError):
        Client(server.port)


def test_given_a_banner_delay_then_who_speaks_first_is_refused(serve: Serve) -> None:
    server = serve(banner_delay_s=0.2)
    with Client(server.port) as robot, Client(server.port) as honest:
        robot.send(b"EHLO x\r\n")
        robot.expect("554 5.5.0 .*")
        robot.closed()
        honest.opens()


def test_a13_given_a_whole_session_at_once_then_it_ends_in_554_and_nothing_is_stored(serve: Serve) -> None:
    server = serve()
    with Client(server.port) as client:
        client.send(b"EHLO x\r\nMAIL FROM:<a@kunde.test>\r\nRCPT TO:<support@firma.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")
        said = client.replies_until_closed()
        assert said[-1].startswith("554 5.5.0"), said
    assert server.stored == []
