"""What a restore or a suppressed address has stopped is known by a code, whatever its text says. On both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from mailgate.cases.ids import new_id
from mailgate.clock import SteppedClock
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.store import migrate
from mailgate.store.columns import moment_text
from mailgate.store.database import Database, open_database
from mailgate.store.unit_of_work import Store
from tests.support.harness.old_schema import upgrade_to
from tests.support.mails.entries import entry, frozen, notice

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LATER = START + timedelta(days=5)
RESTORED = "restored from a backup of 2026-11-22T08:00:00, on 2026-11-23 08:00 UTC"


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database, SteppedClock(START))


def test_given_a_mail_that_an_operator_cancelled_with_the_words_of_a_restore_when_what_waits_is_sent_then_it_stays_cancelled(
    store: Store,
) -> None:
    by_hand, set_aside = frozen(1, START), frozen(2, START)
    with store.transaction() as uow:
        uow.outbox.add([by_hand])
        uow.outbox.cancel([by_hand.id], RESTORED)
        uow.outbox.add([set_aside])
        assert uow.restored.set_aside(RESTORED)["outbox"] == 1
        assert uow.restored.counts()["outbox"] == 1
        assert uow.restored.let_go(START, LATER)["outbox"] == 1
        states = {id_: one.state for id_, one in uow.outbox.by_ids([by_hand.id, set_aside.id]).items()}
    assert states == {by_hand.id: "cancelled", set_aside.id: "pending"}


def test_given_a_notice_that_was_taken_back_with_the_words_of_a_suppression_when_the_address_is_free_then_it_stays_unsent(
    store: Store,
) -> None:
    with store.transaction() as uow:
        uow.notices.add([notice(START)])
        (claim,) = uow.notices.claim(START, 5, timedelta(minutes=1))
        uow.notices.suppress([claim.id], "the address is suppressed, says the customer")
        assert uow.notices.send_stopped(claim.address, START - timedelta(days=1), START) == 0


def test_given_mail_that_a_restore_set_aside_when_a_person_has_decided_it_then_it_waits_no_longer(store: Store) -> None:
    taken, discarded, kept = (entry(number, START) for number in range(3))
    with store.transaction() as uow:
        ids = [uow.journal.append([one])[0].journal_id for one in (taken, discarded, kept)]
        uow.restored.set_aside(RESTORED)
        uow.journal.reopen(ids[:1], START, operator_decision=OperatorDecision("note", "Kjersti"))
        uow.journal.take_back(ids[:1])
        uow.journal.discard(ids[1:2], "advertising", START)
        assert uow.restored.counts()["journal"] == 1


def test_given_a_mail_that_a_restore_set_aside_when_it_is_retried_and_cancelled_then_it_waits_no_longer(store: Store) -> None:
    row = frozen(1, START)
    with store.transaction() as uow:
        uow.outbox.add([row])
        uow.restored.set_aside(RESTORED)
        uow.outbox.retry([row.id], START, LATER)
        uow.outbox.cancel([row.id], "the customer has telephoned")
        assert uow.restored.counts()["outbox"] == 0


def test_given_rows_that_only_their_text_tells_apart_when_upgraded_then_each_has_its_code(empty_database_url: str) -> None:
    database = open_database(empty_database_url)
    upgrade_to(database, "0021")
    at = moment_text(START)
    errors = (RESTORED, "the address is suppressed: bounced", "cancelled by hand", "")
    with database.writing.begin() as connection:
        for error in errors:
            for state in ("cancelled", "failed"):
                shared = {"id": new_id(START), "at": at, "state": state, "error": error}
                connection.execute(
                    text(
                        "INSERT INTO outbox (id, address, message_id, created_at, expires_at, size_bytes, state, error)"
                        " VALUES (:id, 'kari@kunde.example', :mid, :at, :at, 1, :state, :error)"
                    ),
                    {**shared, "mid": f"{shared['id']}@x"},
                )
            for state in ("withheld", "suppressed"):
                connection.execute(
                    text(
                        "INSERT INTO notices (id, group_key, kind, address, created_at, facts, state, error)"
                        " VALUES (:id, 'g', 'redirect', 'kari@kunde.example', :at, '{}', :state, :error)"
                    ),
                    {"id": new_id(START), "at": at, "state": state, "error": error},
                )
    migrate.upgrade(database)
    migrate.check(database)
    with database.reading.connect() as connection:
        found = {
            (table, *row)
            for table in ("outbox", "notices")
            for row in connection.execute(text(f"SELECT state, error, stopped_by FROM {table} WHERE stopped_by <> ''"))
        }
    assert found == {
        ("outbox", "cancelled", RESTORED, "restore"),
        ("outbox", "failed", errors[1], "suppression"),
        ("notices", "withheld", RESTORED, "restore"),
        ("notices", "suppressed", errors[1], "suppression"),
    }
    database.close()
