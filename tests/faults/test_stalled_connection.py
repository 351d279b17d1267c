"""One database connection that hangs, silent and not reset, stops acceptance for seconds, not until a restart."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.support.mails import messages
from tests.support.processes.gateway import Gateway
from tests.support.processes.platforms import Platform
from tests.support.processes.servers import PrivatePostgres
from tests.support.processes.sink import Sink
from tests.support.processes.smtp_client import Delivery
from tests.support.processes.stalling_proxy import StallingProxy
from tests.support.waiting import TooLateError, until

pytestmark = [pytest.mark.services, pytest.mark.timing]


@pytest.fixture
def proxy(private_postgres: PrivatePostgres) -> Iterator[StallingProxy]:
    with StallingProxy(private_postgres.port) as proxy:
        yield proxy


@pytest.fixture
def platform(tmp_path: Path, private_postgres: PrivatePostgres, proxy: StallingProxy) -> Iterator[Platform]:
    """One process that reaches its PostgreSQL through the proxy."""
    url = make_url(private_postgres.url).set(port=proxy.port).render_as_string(hide_password=False)
    with Sink() as sink, Gateway(tmp_path / "mailgate", url, "memory://", f"smtp://127.0.0.1:{sink.port}", preloaded=True) as gateway:
        platform = Platform(gateway, sink, embedded=True)
        platform.start()
        yield platform


def test_point_13_given_connections_that_go_silent_when_mail_comes_then_ready_says_503_and_it_is_accepted_within_20_s(
    platform: Platform, proxy: StallingProxy
) -> None:
    thread = platform.seed.threads[0]
    assert platform.sending(messages.reply(0, thread)).result(30).accepted
    part = platform.gateway.parts[0]
    stalled_at, sending = _waits(platform, proxy)
    until(lambda: part.health_status("/ready") == 503, 15, "the gateway says that it is not ready")
    assert sending.result(60).accepted
    assert time.monotonic() - stalled_at < 20
    until(lambda: part.health_status("/ready") == 200, 20, "ready again")
    assert platform.sending(messages.reply(99, thread)).result(10).accepted
    platform.finish()


def _waits(platform: Platform, proxy: StallingProxy) -> tuple[float, Future[Delivery]]:
    """A mail that waits for a silent connection, and when that went silent.

    While stages hold every open connection, the commit opens another one, which works: then it is that one's turn to go silent.
    """
    for number in range(1, 10):
        with contextlib.suppress(TooLateError):
            platform.gateway.settled(5)  # stages may wait for a connection that is silent already
        proxy.stall()
        stalled_at = time.monotonic()
        sending = platform.sending(messages.reply(number, platform.seed.threads[0]))
        with contextlib.suppress(TimeoutError):
            sending.result(1)
            continue
        return stalled_at, sending
    raise AssertionError("every mail was accepted at once")


def test_point_13_given_a_proxy_that_answers_nobody_when_it_recovers_then_mail_is_accepted_without_a_restart(
    platform: Platform, proxy: StallingProxy
) -> None:
    thread = platform.seed.threads[0]
    part = platform.gateway.parts[0]
    proxy.stall(new_ones=True)
    sending = platform.sending(messages.reply(1, thread))
    until(lambda: platform.server.deliveries[-1].deferred, 60, "the sender is told to wait")
    assert part.health_status("/ready") == 503
    proxy.recover()
    assert sending.result(60).accepted
    until(lambda: part.health_status("/ready") == 200, 60, "ready again")
    platform.finish()


def test_point_13_given_a_stopped_server_process_when_mail_comes_then_the_next_commit_uses_another(
    platform: Platform, private_postgres: PrivatePostgres
) -> None:
    thread = platform.seed.threads[0]
    assert platform.sending(messages.reply(0, thread)).result(30).accepted
    platform.gateway.settled()
    with psycopg.connect(private_postgres.url.replace("+psycopg", ""), autocommit=True) as session:
        found = session.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'mailgate'").fetchall()
    stopped = [pid for (pid,) in found]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        stalled_at = time.monotonic()
        assert platform.sending(messages.reply(1, thread)).result(60).accepted
        assert time.monotonic() - stalled_at < 20
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    platform.finish()
