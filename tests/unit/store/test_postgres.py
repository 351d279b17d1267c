"""PostgreSQL is refused when it may forget, waits for nothing without end, and comes back after a crash."""

from __future__ import annotations

import contextlib
import select
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import make_url

from mailgate.cases.ids import new_id
from mailgate.clock import utc_now
from mailgate.errors import ConfigError, StoreUnavailable, TransientFailure
from mailgate.store import migrate, postgres
from mailgate.store.database import Database, open_database
from mailgate.store.failures import ConnectionLost, translated
from mailgate.store.repositories import bulk
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import LEASE, accepted, claimed, frozen, result
from tests.support.processes.servers import PrivatePostgres
from tests.support.waiting import free_port, until


def _set(server: PrivatePostgres, *statements: str) -> None:
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement)


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_given_a_server_that_does_not_flush_when_opened_then_it_is_refused(private_postgres: PrivatePostgres, name: str) -> None:
    _set(private_postgres, f"ALTER SYSTEM SET {name} = off", "SELECT pg_reload_conf()")

    def refused() -> bool:
        try:
            open_database(private_postgres.url).close()
        except ConfigError as error:
            return f"{name} = off" in str(error)
        return False

    until(refused, 10, "the server has read its settings")


def test_given_a_role_that_commits_without_waiting_when_opened_then_it_is_refused(private_postgres: PrivatePostgres) -> None:
    _set(private_postgres, "ALTER ROLE postgres SET synchronous_commit = off")
    with pytest.raises(ConfigError, match="synchronous_commit = off"):
        open_database(private_postgres.url)
    _set(private_postgres, "ALTER ROLE postgres SET synchronous_commit = local")
    open_database(private_postgres.url).close()


def test_given_a_database_in_another_encoding_when_opened_then_it_is_refused(private_postgres: PrivatePostgres) -> None:
    _set(private_postgres, "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    url = make_url(private_postgres.url).set(database="latin").render_as_string(hide_password=False)
    with pytest.raises(ConfigError, match="encoding LATIN1"):
        open_database(url)


@pytest.mark.timing
def test_given_nobody_at_the_address_when_opened_then_it_is_unavailable_at_once() -> None:
    began_s = time.monotonic()
    with pytest.raises(ConnectionLost):
        open_database(f"postgresql+psycopg://postgres@127.0.0.1:{free_port()}/test")
    assert time.monotonic() - began_s < 2


@pytest.mark.services
def test_given_an_open_session_when_looked_at_then_it_is_in_utc_and_waits_for_nothing_without_end(postgres_url: str) -> None:
    database = open_database(postgres_url)
    with database.reading.connect() as connection:
        found = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in postgres.SESSION}
    database.close()
    assert found["TimeZone" if "TimeZone" in found else "timezone"] == "UTC"
    assert (found["statement_timeout"], found["lock_timeout"], found["idle_in_transaction_session_timeout"]) == ("30s", "5s", "1min")


@pytest.mark.services
def test_given_an_id_in_the_database_when_read_then_no_object_is_made_of_it(postgres_url: str) -> None:
    id_ = new_id(utc_now())
    database = open_database(postgres_url)
    with database.reading.connect() as connection:
        found = bulk.execute(connection, "SELECT $1::uuid, NULL::uuid", [id_]).fetchone()
    database.close()
    assert found == (id_, None)


@pytest.mark.services
def test_given_a_statement_that_was_prepared_when_read_again_then_it_still_is(postgres_url: str) -> None:
    store = Store(open_database(postgres_url, pool_size=1), utc_now)
    for _ in range(8):  # psycopg prepares what it was given five times
        with store.reading() as uow:
            uow.journal.due(utc_now())
    with store.database.reading.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements WHERE statement ~ 'journal'").scalar_one()
    store.database.close()
    assert found == 1


@pytest.mark.services
def test_given_one_question_when_asked_then_no_transaction_is_open_and_none_of_others_is_changed(postgres_url: str) -> None:
    store = Store(open_database(postgres_url, pool_size=1), utc_now)
    name = make_url(postgres_url).database
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as watching, contextlib.closing(store.database):
        for _ in range(2):
            with store.asking() as uow:
                uow.policies.active()
                assert _states(watching, name) == ["idle"]
            with store.reading() as uow:
                uow.policies.active()
                assert _states(watching, name) == ["idle in transaction"]
            with store.transaction() as uow:
                uow.policies.active()
                assert _states(watching, name) == ["idle in transaction"]
            assert _states(watching, name) == ["idle"]


@pytest.mark.services
def test_given_results_from_which_nothing_follows_when_recorded_then_the_server_is_asked_once(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, waits = Store(open_database(postgres_url, pool_size=1), utc_now), list[str]()
    with contextlib.closing(store.database):
        with store.transaction() as uow:
            uow.outbox.add([frozen(number, utc_now()) for number in range(1, 4)])
            claims = uow.outbox.claim(utc_now(), 3, LEASE)
        wait = postgres.BoundedConnection.wait
        monkeypatch.setattr(postgres.BoundedConnection, "wait", lambda *given: waits.append(given[1].__qualname__) or wait(*given))
        with store.at_once() as uow:
            assert uow.outbox.record([result(claim.id, claim.lease_token, "sent", utc_now()) for claim in claims]) == {c.id for c in claims}
        assert [name for name in waits if "._set_" not in name] == ["BaseCursor._execute_gen"]  # to set what is ours asks nobody
        with store.reading() as uow:
            assert {uow.outbox.get(claim.id).state for claim in claims} == {"sent"}


def _states(watching: psycopg.Connection[tuple[str]], database: str | None) -> list[str]:
    mine = "SELECT state FROM pg_stat_activity WHERE datname = %s AND application_name = 'mailgate'"
    return [state for (state,) in watching.execute(mine, (database,)).fetchall()]


def test_given_a_server_that_is_killed_when_it_is_back_then_one_call_fails_and_the_next_works(
    private_postgres: PrivatePostgres,
) -> None:
    database = open_database(private_postgres.url)
    migrate.upgrade(database)
    store = Store(database, utc_now)
    kept = accepted(store, 1)
    private_postgres.stop(signal.SIGQUIT)
    with pytest.raises(ConnectionLost):
        accepted(store, 2)
    private_postgres.start()
    assert len(accepted(store, 2)) == 1
    with store.reading() as uow:
        assert kept[0] in {one.id for one in uow.journal.list()}
        assert uow.journal.ledger()["balanced"]
    database.close()


@pytest.mark.timing
def test_given_a_locked_table_when_written_then_it_is_transient_in_bounded_time(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgres.SESSION, "lock_timeout", 300)
    database = open_database(postgres_url)
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE journal")
        began_s = time.monotonic()
        with pytest.raises(TransientFailure) as caught:
            accepted(Store(database, utc_now), 1)
        assert not isinstance(caught.value, StoreUnavailable)
        assert time.monotonic() - began_s < 5
    database.close()


def _write_in_a_pipeline(database: Database) -> None:
    count = "INSERT INTO counters (name, value) VALUES (?, ?)"
    with translated(), database.writing.begin() as connection, connection.connection.driver_connection.pipeline():
        bulk.run(connection, count, ["one", "1"])
        bulk.run(connection, "UPDATE journal SET error = ?", [""])
        select.select([connection.connection.driver_connection], [], [], 10)  # the error is there before the next one is sent
        bulk.run(connection, count, ["two", "2"])
        bulk.run(connection, count, ["three", "3"])


@pytest.mark.services
def test_given_a_pipeline_when_a_statement_fails_then_its_error_is_raised_and_the_connection_kept(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres.SESSION, "lock_timeout", 300)
    database = open_database(postgres_url, pool_size=1)
    backend = "SELECT pg_backend_pid(), count(*) FROM counters"
    with database.writing.connect() as connection:
        before = connection.exec_driver_sql(backend).one()
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE journal")
        with pytest.raises(TransientFailure) as caught:
            _write_in_a_pipeline(database)
    assert not isinstance(caught.value, StoreUnavailable)
    with database.writing.connect() as connection:
        assert connection.exec_driver_sql(backend).one() == before
    database.close()


def test_given_an_upgrade_that_takes_longer_than_any_statement_when_waited_for_then_it_is_done(
    empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PRIORITY_ANSWER_LIMIT_S", 0.5)
    database = open_database(empty_postgres_url)
    with psycopg.connect(empty_postgres_url.replace("+psycopg", "")) as other, ThreadPoolExecutor(1) as pool:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (migrate.LOCK,))  # another process is upgrading
        upgraded = pool.submit(migrate.upgrade, database)
        with pytest.raises(TimeoutError):
            upgraded.result(1.5)
        other.rollback()
        assert upgraded.result(60) == migrate.head()
    with database.writing.connect() as connection:
        assert connection.connection.dbapi_connection.answer_limit_s == 0.5
    database.close()


def test_given_two_that_wait_for_each_other_when_the_server_ends_it_then_one_is_notified_to_try_again(postgres_url: str) -> None:
    database = open_database(postgres_url)
    store = Store(database, utc_now)
    first, second = accepted(store, 1, 2)
    one, other = claimed(store)
    both = threading.Barrier(2)

    def cross(mine: object, yours: object) -> str:
        try:
            with store.transaction() as uow:
                uow.journal.lock_leased([mine])  # type: ignore[list-item]
                both.wait(10)
                uow.journal.lock_leased([yours])  # type: ignore[list-item]
        except TransientFailure as error:
            return "again" if not isinstance(error, StoreUnavailable) else "away"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(cross, one, other), pool.submit(cross, other, one)]
    assert sorted(answer.result() for answer in answers) == ["again", "done"]
    assert {first, second} == {one.id, other.id}
    database.close()


def test_given_a_pool_used_up_when_another_asks_then_it_fails_in_bounded_time(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "POOL_TIMEOUT_S", 0.2)
    store = Store(open_database(postgres_url, pool_size=1), utc_now)
    with store.transaction(), pytest.raises(StoreUnavailable, match="free in time"), store.transaction():
        raise AssertionError("one connection for two")
    store.database.close()
