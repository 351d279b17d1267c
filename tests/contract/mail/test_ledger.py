"""The ledger balances when all is there, and says what is wrong when it is not. On both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, insert, update

from mailgate.cases.ids import new_id
from mailgate.cases.model import Change
from mailgate.clock import SteppedClock
from mailgate.store.rows import JOURNAL_STATES, Outcome
from mailgate.store.schema import blobs, comments, decisions, journal, notices
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import accepted, claimed, comment, notice, stored_case


@pytest.fixture
def settled(store: Store, clock: SteppedClock) -> Store:
    """One entry in every state, each with its effect."""
    made = stored_case(store)
    accepted(store, *range(9))
    a, b, c, d, e, f, g, h, _ = claimed(store)
    with store.transaction() as uow:
        uow.cases.write([Change(made, (comment(made, clock(), a.id), comment(made, clock(), b.id, kind="note")))])
        uow.notices.add([notice(clock(), journal_id=c.id), notice(clock(), journal_id=f.id)])
        uow.journal.finish(
            [
                Outcome(a.id, "commented", case_id=made.id), Outcome(b.id, "noted", case_id=made.id), Outcome(c.id, "redirected"),
                Outcome(d.id, "redirected", reason="the reverse-path is null"), Outcome(e.id, "created", case_id=made.id),
                Outcome(f.id, "forwarded"), Outcome(g.id, "held"), Outcome(h.id, "discarded"),
            ]
        )  # fmt: skip
    return store


def test_given_nothing_when_the_ledger_is_asked_then_it_balances_at_zero(store: Store) -> None:
    with store.reading() as uow:
        figures = uow.journal.ledger()
        assert uow.ledger.faults() == []
    assert figures == {"accepted": 0, **dict.fromkeys(JOURNAL_STATES, 0), "balanced": True}


def test_given_entries_of_all_kinds_when_asked_then_the_sum_is_what_was_accepted(settled: Store) -> None:
    with settled.reading() as uow:
        assert uow.journal.ledger() == {
            "accepted": 9, "commented": 1, "redirected": 2, "noted": 1, "created": 1, "forwarded": 1, "held": 1, "discarded": 1,
            "shunted": 0, "pending": 1, "balanced": True,
        }  # fmt: skip
        assert uow.ledger.faults() == []


def _of(state: str) -> Callable[[Connection], object]:
    return lambda db: db.execute(update(journal).where(journal.c.state == "pending").values(state=state, due_at=None))


@pytest.mark.parametrize(
    ("harm", "wording"),
    [
        (lambda db: db.execute(delete(journal).where(journal.c.state == "pending")), "9 mails were accepted, but the journal has 8"),
        (lambda db: db.execute(delete(comments).where(comments.c.kind == "comment")), "commented without a comment"),
        (lambda db: db.execute(delete(comments).where(comments.c.kind == "note")), "noted on a case without a note"),
        (lambda db: db.execute(update(decisions).values(case_id=new_id_text())), "created without a case"),
        (lambda db: db.execute(delete(notices).where(notices.c.kind == "redirect")), "redirected with neither"),
        (lambda db: db.execute(delete(notices)), "forwarded without a mail"),
        (lambda db: db.execute(delete(blobs)), "lost their bytes"),
        (_of("discarded"), "final without a recorded decision"),
        (_of("lost"), "unknown state lost"),
        (
            lambda db: db.execute(update(journal).where(journal.c.state == "commented").values(state="held")),
            "not settled have a comment all the same",
        ),
    ],
)
def test_given_something_missing_when_asked_then_it_does_not_balance_and_says_why(
    settled: Store, harm: Callable[[Connection], object], wording: str
) -> None:
    with settled.database.writing.begin() as db:
        harm(db)
    with settled.reading() as uow:
        assert not uow.journal.ledger()["balanced"]
        assert any(wording in fault for fault in uow.ledger.faults()), uow.ledger.faults()


def test_given_a_row_that_nobody_accepted_when_asked_then_it_shows(settled: Store, clock: SteppedClock) -> None:
    with settled.database.writing.begin() as db:
        row = {
            "id": new_id(clock()),
            "accepted_at": clock(),
            "recipients": "[]",
            "raw_sha256": "00" * 32,
            "size_bytes": 0,
            "state": "discarded",
        }
        db.execute(insert(journal), [row])
    with settled.reading() as uow:
        assert not uow.journal.ledger()["balanced"]


def new_id_text() -> str:
    """An id of nothing."""
    return "0192d3a0-0000-7000-8000-000000000000"
