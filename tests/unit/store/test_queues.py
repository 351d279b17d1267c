"""What a batch costs does not grow with what waits: SQLite takes the first rows of a queue from its index, without statistics, too."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from mailgate.clock import utc_now
from mailgate.store.database import Database, open_database
from mailgate.store.unit_of_work import Store
from tests.support.harness.kept_work import put_empty_database
from tests.support.harness.statements import statements
from tests.support.mails.entries import LEASE, accepted, frozen, notice, stored_case

WALKS = ("ix_journal_state", "ix_notices_state", "ix_outbox_state", "SCAN journal", "SCAN notices", "SCAN outbox")
"""Ways through all rows of a state, or all rows."""


def _claim_all(store: Store) -> None:
    made = stored_case(store)
    accepted(store, 1)
    with store.transaction() as uow:
        uow.notices.add([notice(utc_now(), made)])
        uow.outbox.add([frozen(1, utc_now())])
    with store.transaction() as uow:
        uow.journal.shunt_exhausted(utc_now(), 3)
        uow.notices.fail_exhausted(utc_now(), 3)
        assert uow.journal.claim(utc_now(), 50, LEASE)
        assert uow.notices.claim(utc_now(), 50, LEASE)
        assert uow.outbox.claim(utc_now(), 50, LEASE)


def _plan(database: Database, statement: str, values: object) -> str:
    with database.reading.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values))  # type: ignore[arg-type]
        return "\n".join(str(row[3]) for row in rows)


def test_given_a_queue_when_a_stage_claims_then_no_statement_walks_through_all_that_waits(tmp_path: Path) -> None:
    with closing(open_database(put_empty_database(tmp_path / "queues.db"))) as database:
        with statements(database) as seen:
            _claim_all(Store(database, utc_now))
        plans = {text: _plan(database, text, values) for text, values in seen if text.startswith(("SELECT", "UPDATE", "WITH"))}
    plans = {text: plan for text, plan in plans.items() if "state = 'sending'" not in text}  # those are as many as workers hold
    assert len(plans) > 8
    assert {text: plan for text, plan in plans.items() if any(walk in plan for walk in WALKS)} == {}
