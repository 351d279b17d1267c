"""Migrations make exactly the schema that the code works on, once, whoever runs them and whatever kills them. On both databases."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, Table, bindparam, event, inspect, text

from mailgate.cases.ids import new_id
from mailgate.clock import SteppedClock
from mailgate.errors import SchemaMismatch
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.store import migrate
from mailgate.store.columns import Moment, Sha256, identifier
from mailgate.store.database import Database, open_database
from mailgate.store.schema import metadata
from mailgate.store.unit_of_work import Store
from tests.support.harness.old_schema import upgrade_to


def _upgrade(url: str) -> str:
    database = open_database(url, pool_size=1)
    try:
        return migrate.upgrade(database)
    finally:
        database.close()


def _die_in_the_middle(url: str, statement: int) -> None:
    database = open_database(url, pool_size=1)
    seen = 0

    @event.listens_for(database.writing, "before_cursor_execute")
    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    migrate.upgrade(database)


def _tables(database: Database) -> list[str]:
    with database.reading.connect() as connection:
        return inspect(connection).get_table_names()


def test_given_a_migrated_database_when_compared_then_it_is_what_the_code_expects(database: Database) -> None:
    with database.writing.begin() as connection:
        # The search's tables are made of what SQLAlchemy does not know (FTS5, tsvector); tests/contract/test_case_search.py uses them.
        options = {
            "compare_type": True, "compare_server_default": True,
            "include_name": lambda name, kind, _: kind != "table" or not name.startswith("case_search"),
        }  # fmt: skip
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        inspector = inspect(connection)
        for table in metadata.sorted_tables:
            found = {index["name"]: index.get("dialect_options", {}) for index in inspector.get_indexes(table.name)}
            for index in table.indexes:
                where = index.dialect_options["sqlite"]["where"]  # for both databases, see `schema.base.partial_index`
                assert (where is None) is not any(name.endswith("_where") for name in found[index.name]), index.name
            checks = {check["name"] for check in inspector.get_check_constraints(table.name)}
            assert {c.name for c in table.constraints if c.__visit_name__ == "check_constraint"} <= checks


def test_given_an_empty_database_when_checked_then_it_says_what_to_do_and_upgrade_mends_it(empty_database_url: str) -> None:
    database = open_database(empty_database_url)
    with pytest.raises(SchemaMismatch, match="mailgate db upgrade"):
        migrate.check(database)
    assert migrate.upgrade(database) == migrate.upgrade(database) == migrate.head()
    migrate.check(database)
    database.close()


def test_given_a_newer_schema_when_checked_or_upgraded_then_it_is_refused_untouched(database: Database) -> None:
    with database.writing.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for action in (migrate.check, migrate.upgrade):
        with pytest.raises(SchemaMismatch, match="9999, which this program does not know"):
            action(database)
    with database.reading.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_given_an_older_schema_when_checked_then_it_says_what_to_do(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    here = migrate.head()
    monkeypatch.setattr(migrate, "head", lambda: "9999")
    with pytest.raises(SchemaMismatch, match=rf"older schema {here}.*db upgrade"):
        migrate.check(database)


def test_given_the_files_of_the_migrations_when_asked_for_the_newest_then_it_is_the_one_that_alembic_ends_with() -> None:
    assert migrate.head() == migrate._known()[0]


def test_given_processes_that_upgrade_at_once_when_done_then_all_succeed(empty_database_url: str) -> None:
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert set(pool.map(_upgrade, [empty_database_url] * 3)) == {migrate.head()}
    database = open_database(empty_database_url)
    migrate.check(database)
    database.close()


@pytest.mark.parametrize("statement", [8, 45])
def test_given_a_kill_in_the_middle_when_upgraded_again_then_nothing_was_left_half_done(empty_database_url: str, statement: int) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_die_in_the_middle, args=(empty_database_url, statement))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    database = open_database(empty_database_url)
    assert _tables(database) == []
    migrate.upgrade(database)
    migrate.check(database)
    database.close()


def test_given_answers_that_were_counted_before_addresses_were_when_upgraded_then_they_still_count(empty_database_url: str) -> None:
    database = open_database(empty_database_url)
    with database.writing.begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        old = text("INSERT INTO answer_log (id, domain, answered_at) VALUES (:id, 'kunde.example', :at)")
        at = datetime(2026, 11, 23, 8, tzinfo=UTC)
        connection.execute(old.bindparams(bindparam("id", type_=identifier()), bindparam("at", type_=Moment)), {"id": new_id(at), "at": at})
    migrate.upgrade(database)
    migrate.check(database)
    with Store(database, SteppedClock(datetime(2026, 11, 23, 9, tzinfo=UTC))).reading() as uow:
        assert uow.answers.answered_since(datetime(2026, 11, 23, 7, tzinfo=UTC), "kunde.example") == 1
        assert uow.answers.answered_to("kari@kunde.example", datetime(2026, 11, 23, 7, tzinfo=UTC)) == 0
    database.close()


def test_given_a_decision_under_its_old_column_name_when_upgraded_then_it_is_read_as_before(empty_database_url: str) -> None:
    database = open_database(empty_database_url)
    at, sha256 = datetime(2026, 11, 23, 8, tzinfo=UTC), "ab" * 32
    with database.writing.begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        old = Table("journal", MetaData(), autoload_with=connection)
        old.c.id.type, old.c.accepted_at.type, old.c.due_at.type, old.c.raw_sha256.type = identifier(), Moment(), Moment(), Sha256()
        shared = {"accepted_at": at, "recipients": "[]", "raw_sha256": sha256, "size_bytes": 1, "state": "pending", "due_at": at}
        made = '{"as_": "comment", "by": "Kjersti", "case_number": 7, "send": true, "again": false}'
        connection.execute(old.insert(), [{"id": new_id(at), **shared, "release": text} for text in (made, "")])
    migrate.upgrade(database)
    migrate.check(database)
    with Store(database, SteppedClock(at)).reading() as uow:
        found = [entry.operator_decision for entry in uow.history.entries(None, at + timedelta(hours=1), None)]
    assert found == [OperatorDecision("comment", "Kjersti", 7), None]
    database.close()


def test_point_17_given_mails_frozen_without_a_hash_when_upgraded_then_each_has_that_of_its_bytes(
    empty_database_url: str,
) -> None:
    database = open_database(empty_database_url)
    upgrade_to(database, "0012")
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    ids = [new_id(at) for _ in range(20)]
    with database.writing.begin() as connection:
        tables = MetaData()
        outbox, mails = (Table(name, tables, autoload_with=connection) for name in ("outbox", "outbox_mails"))
        for column in (outbox.c.id, mails.c.outbox_id):
            column.type = identifier()
        for name in ("created_at", "expires_at", "due_at"):
            outbox.c[name].type = Moment()
        shared = {"template": "redirect", "address": "kari@kunde.example", "size_bytes": 3, "state": "pending"}
        times = {"created_at": at, "expires_at": at + timedelta(days=5), "due_at": at}
        connection.execute(outbox.insert(), [{"id": id_, "message_id": f"{id_}@example.no", **shared, **times} for id_ in ids])
        connection.execute(mails.insert(), [{"outbox_id": id_, "raw": id_.encode()} for id_ in ids[1:]])  # one has been purged
    migrate.upgrade(database)
    migrate.check(database)
    store = Store(database, SteppedClock(at))
    with store.reading() as uow:
        assert dict(uow.frozen_mails.examine()) == dict.fromkeys(ids[1:], True)
    with store.transaction() as uow:
        assert [mail.intact for mail in uow.outbox.claim(at, 50, timedelta(minutes=1))] == [False] + [True] * 19
    database.close()


def test_given_mails_that_wait_when_upgraded_then_answers_are_hasty_and_all_others_normal(empty_database_url: str) -> None:
    database = open_database(empty_database_url)
    upgrade_to(database, "0017")
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    notice, answer = new_id(at), new_id(at)
    with database.writing.begin() as connection:
        outbox = Table("outbox", MetaData(), autoload_with=connection)
        outbox.c.id.type = identifier()
        for name in ("created_at", "expires_at", "due_at"):
            outbox.c[name].type = Moment()
        shared = {"template": "x", "address": "kari@kunde.example", "size_bytes": 3, "state": "pending"}
        times = {"created_at": at, "expires_at": at + timedelta(days=5), "due_at": at}
        rows = [
            {"id": id_, "message_id": f"{id_}@x", "at_most_once": once, **shared, **times}
            for id_, once in ((notice, False), (answer, True))
        ]
        connection.execute(outbox.insert(), rows)
    migrate.upgrade(database)
    with Store(database, SteppedClock(at)).transaction() as uow:
        assert [mail.id for mail in uow.outbox.claim(at, 50, timedelta(minutes=1))] == [answer, notice]
    database.close()
