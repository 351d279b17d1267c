"""The statements of the stages find their rows by index, whatever the history holds: no table is read through. On both databases."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from mailgate.cases.ids import new_id
from mailgate.cases.model import Change
from mailgate.clock import SteppedClock
from mailgate.store.database import Database
from mailgate.store.repositories.bulk import execute as bulk_execute
from mailgate.store.rows import Outcome
from mailgate.store.schema import journal, notices, outbox
from mailgate.store.unit_of_work import Store
from tests.support.harness.statements import statements
from tests.support.mails.entries import LEASE, accepted, comment, frozen, notice, result, stored_case

HISTORY = 3000
READ_THROUGH = re.compile(r"^\s*(?:->\s*)?(?:SCAN|Seq Scan on|.*->\s+Seq Scan on) (\w+)(?! USING)", re.MULTILINE)


@pytest.fixture
def grown(store: Store, clock: SteppedClock) -> Store:
    """A database with a long history of settled rows."""
    now, old = clock(), [stored_case(store, 900 + number) for number in range(30)]
    with store.transaction() as uow:
        uow.cases.write([Change(one, tuple(comment(one, now, new_id(now)) for _ in range(HISTORY // 30))) for one in old])
    with store.database.writing.begin() as db:
        base = {"accepted_at": now, "recipients": "[]", "raw_sha256": "00" * 32, "size_bytes": 1, "state": "commented", "attempts": 1}
        db.execute(insert(journal), [{"id": new_id(now), **base} for _ in range(HISTORY)])
        notified = {
            "group_key": "x",
            "kind": "redirect",
            "address": "a@b",
            "created_at": now,
            "facts": "{}",
            "state": "rendered",
            "attempts": 1,
        }
        db.execute(insert(notices), [{"id": new_id(now), **notified} for _ in range(HISTORY)])
        mail = {"address": "a@b", "created_at": now, "expires_at": now, "size_bytes": 1, "state": "sent", "attempts": 1}
        db.execute(insert(outbox), [{"id": (one := new_id(now)), "message_id": one, **mail} for _ in range(HISTORY)])
        db.exec_driver_sql("ANALYZE")
    return store


def _read_through(database: Database, statement: str, parameters: Any) -> set[str]:
    with database.writing.begin() as db:
        if database.is_sqlite:
            plan = "\n".join(str(row[3]) for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(parameters)))
        elif "$1" in statement:
            plan = "\n".join(str(row[0]) for row in bulk_execute(db, f"EXPLAIN {statement}", parameters))
        else:
            plan = "\n".join(str(row[0]) for row in db.exec_driver_sql(f"EXPLAIN {statement}", parameters))
    return set(READ_THROUGH.findall(plan)) & {"journal", "notices", "outbox", "comments"}


def _one_round(store: Store, clock: SteppedClock) -> None:
    made = stored_case(store)
    accepted(store, *range(20))
    with store.transaction() as uow:
        uow.journal.shunt_exhausted(clock(), 3)
        claims = uow.journal.claim(clock(), 20, LEASE)
    with store.transaction() as uow:
        uow.journal.lock_leased(claims)
        uow.cases.lock([made.id])
        uow.cases.changed_by_mail([made.id], [(clock() - timedelta(hours=1), clock(), 11), (clock() - timedelta(days=1), clock(), 51)])
        uow.cases.write([Change(made, tuple(comment(made, clock(), claim.id) for claim in claims), notices=(notice(clock(), made),))])
        uow.journal.finish([Outcome(claim.id, "commented", case_id=made.id) for claim in claims])
    with store.transaction() as uow:
        uow.notices.fail_exhausted(clock(), 3)
        claimed = uow.notices.claim(clock(), 20, LEASE)
    with store.transaction() as uow:
        uow.notices.lock_leased(claimed)
        row = frozen(1, clock())
        uow.outbox.add([row])
        uow.notices.mark_rendered({one.id: row.id for one in claimed})
    with store.transaction() as uow:
        mails = uow.outbox.claim(clock(), 20, LEASE)
    with store.transaction() as uow:
        uow.outbox.still_ours(mails)
        uow.outbox.record([result(mail.id, mail.lease_token, "sent", clock()) for mail in mails])


def test_given_a_long_history_when_the_stages_work_then_no_statement_reads_a_table_through(grown: Store, clock: SteppedClock) -> None:
    clock.step(timedelta(minutes=1))
    with statements(grown.database) as seen:
        _one_round(grown, clock)
    assert len(seen) > 15
    culprits = {statement: tables for statement, parameters in seen if (tables := _read_through(grown.database, statement, parameters))}
    assert culprits == {}


def test_given_batches_of_other_sizes_when_the_stages_work_then_the_number_of_statements_is_the_same(
    store: Store, clock: SteppedClock
) -> None:
    def run(count: int) -> int:
        accepted(store, *range(1000 * count, 1000 * count + count))
        with statements(store.database) as seen:
            with store.transaction() as uow:
                claims = uow.journal.claim(clock(), 100, LEASE)
            with store.transaction() as uow:
                uow.journal.lock_leased(claims)
                uow.journal.finish([Outcome(claim.id, "held") for claim in claims])
            assert len(claims) == count
        return len(seen)

    assert run(2) == run(60)
