"""PostgreSQL stopped hard, restarted, locked, misconfigured (78, 80, 81): senders are told to wait; what was accepted is done later."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.mails import messages
from tests.support.processes.gateway import Gateway
from tests.support.processes.platforms import Platform
from tests.support.processes.servers import PrivatePostgres
from tests.support.processes.sink import Sink
from tests.support.waiting import until

pytestmark = [pytest.mark.services]


@pytest.fixture
def server(private_postgres: PrivatePostgres) -> PrivatePostgres:
    """A PostgreSQL to be hurt."""
    return private_postgres


@pytest.fixture
def platform(tmp_path: Path, server: PrivatePostgres) -> Iterator[Platform]:
    """One process on that PostgreSQL, started."""
    with (
        Sink() as sink,
        Gateway(tmp_path / "mailgate", server.url, "memory://", f"smtp://127.0.0.1:{sink.port}", preloaded=True) as gateway,
    ):
        platform = Platform(gateway, sink, embedded=True)
        platform.start()
        yield platform


def test_078_given_postgresql_dies_while_mail_comes_then_senders_hear_4yz_and_all_is_done_when_it_is_back(
    platform: Platform, server: PrivatePostgres
) -> None:
    threads = platform.seed.threads
    platform.server.send_all(messages.reply(n, threads[n % len(threads)]) for n in range(10))
    server.stop(signal.SIGQUIT)  # an immediate shutdown
    waiting = [platform.sending(messages.reply(100 + n, threads[n % len(threads)])) for n in range(6)]
    until(lambda: all(delivery.deferred for delivery in platform.server.deliveries[10:]), 30, "senders hear that they must wait")
    assert platform.gateway.parts[0].health_status("/ready") == 503
    server.start()
    for sending in waiting:
        sending.result(60)

    platform.finish()
    answers = [text for delivery in platform.server.deliveries for text in delivery.deferred]
    assert all(text.startswith("4") for text in answers), answers
    assert not any(word in " ".join(answers) for word in ("psycopg", "refused", "Error:", "Traceback", "5432"))
    until(lambda: platform.gateway.parts[0].health_status("/ready") == 200, 20, "ready again")


def test_078_given_postgresql_is_restarted_under_load_then_nothing_is_lost(platform: Platform, server: PrivatePostgres) -> None:
    threads = platform.seed.threads
    sending = [platform.sending(messages.reply(n, threads[n % len(threads)])) for n in range(40)]
    until(lambda: sum(future.done() for future in sending) >= 5, 30, "mail flows")
    server.stop()
    server.start()
    for future in sending:
        future.result(60)
    platform.finish(copies=2)


def test_081_given_another_session_holds_the_journal_when_mail_comes_then_it_waits_or_is_deferred_and_is_never_refused(
    platform: Platform, server: PrivatePostgres
) -> None:
    with psycopg.connect(server.url.replace("+psycopg", "")) as session:
        session.execute("LOCK TABLE journal IN ACCESS EXCLUSIVE MODE")
        sending = platform.sending(messages.reply(1, platform.seed.threads[0]), 90)
        until(lambda: platform.server.deliveries and platform.server.deliveries[0].tries, 10, "the mail is on its way")
        session.rollback()
    assert sending.result(90).accepted
    platform.finish()


@pytest.mark.parametrize("setting", ["fsync = off", "synchronous_commit = off", "full_page_writes = off"])
def test_080_given_a_postgresql_that_may_forget_when_the_gateway_starts_then_it_refuses_in_one_line(
    platform: Platform, server: PrivatePostgres, setting: str
) -> None:
    platform.gateway.parts[0].stop()
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as session:
        session.execute(f"ALTER SYSTEM SET {setting}")
    server.stop()
    server.start()
    part = platform.gateway.start("run", wait=False)
    assert part.process.wait(30) == 2
    assert setting.split()[0] in part.log()
    assert "Traceback" not in part.log()
