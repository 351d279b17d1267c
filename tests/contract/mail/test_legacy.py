"""Counts for the report of legacy senders: the same on both databases, and one week costs a week, not the history."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert

from mailgate.store.repositories.legacy import MailCount, Refusals
from mailgate.store.schema import decisions, journal
from mailgate.store.unit_of_work import Store

WEEK = datetime(2026, 3, 2, tzinfo=UTC)
CASE = "01890a5d-ac96-774b-bcce-b302099a8057"


def _id(at: datetime, number: int) -> str:
    return str(UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | number))


@pytest.fixture
def written(store: Store) -> Store:
    """A mail a minute over 20 weeks by 40 senders of 8 domains, every tenth of each kind that does not count."""
    rows, decided = [], []
    for number in range(20 * 7 * 24):
        at = WEEK - timedelta(weeks=18) + timedelta(hours=number)
        state = "commented" if number % 10 == 0 else "created" if number % 10 == 1 else "redirected"
        sender = None if number % 10 == 2 else f"U{number % 40}@D{number % 8}.test"
        base = {"accepted_at": at, "recipients": "[]", "raw_sha256": "00" * 32, "size_bytes": 1}
        rows.append({"id": _id(at, number), "reverse_path": sender, "state": state, **base})
        case = CASE if number % 10 in (0, 1, 3) else None  # 3: a reply to a closed case
        decided.append({"journal_id": _id(at, number), "decided_at": at, "trail": "{}", "case_id": case})
    with store.database.writing.begin() as db:
        db.execute(insert(journal), rows)
        db.execute(insert(decisions), decided)
        db.exec_driver_sql("ANALYZE")
    return store


def test_given_a_history_when_one_week_is_asked_then_new_requests_of_people_are_counted_by_address(written: Store) -> None:
    with written.reading() as uow:
        found = uow.legacy.asked(WEEK, WEEK + timedelta(weeks=1))
        assert uow.legacy.asked(WEEK + timedelta(weeks=40), WEEK + timedelta(weeks=41)) == []
    hours = [number for number in range(18 * 168, 19 * 168) if number % 10 not in (0, 2, 3)]
    expected: dict[tuple[str, str], int] = {}
    for number in hours:
        key = (f"u{number % 40}@d{number % 8}.test", "created" if number % 10 == 1 else "redirected")
        expected[key] = expected.get(key, 0) + 1
    assert {(one.address, one.state): one.mails for one in found} == expected
    assert isinstance(found[0], MailCount)


def test_given_a_history_when_one_week_is_asked_then_the_journal_is_not_read_through(written: Store) -> None:
    seen: list[tuple[str, Any]] = []
    event.listen(written.database.reading, "before_cursor_execute", lambda _c, _u, text, given, *_: seen.append((text, given)))
    with written.reading() as uow:
        uow.legacy.asked(WEEK, WEEK + timedelta(weeks=1))
    (statement, given) = next((text, given) for text, given in seen if "GROUP BY" in text)
    explain = "EXPLAIN QUERY PLAN" if written.database.is_sqlite else "EXPLAIN"
    with written.database.writing.begin() as db:
        plan = "\n".join(str(row[-1]) for row in db.exec_driver_sql(f"{explain} {statement}", given))
    assert "SCAN journal" not in plan
    assert "Seq Scan on journal" not in plan


def test_given_refusals_when_counted_twice_then_they_add_up_by_day(store: Store) -> None:
    day = date(2026, 3, 2)
    with store.transaction() as uow:
        uow.legacy.add_refused([(day, "a@x.test", 2), (day, "a@x.test", 1), (day - timedelta(days=1), "b@x.test", 1)])
    with store.transaction() as uow:
        uow.legacy.add_refused([(day, "a@x.test", 4)])
    with store.reading() as uow:
        assert uow.legacy.refused(day, day + timedelta(days=1)) == [Refusals(day, "a@x.test", 7)]
        assert len(uow.legacy.refused(day - timedelta(days=1), day + timedelta(days=1))) == 2
