"""Which cases wait for their people, since when, and when they were reminded. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, CaseEvent, Change, EventKind
from mailgate.clock import SteppedClock
from mailgate.store.repositories.waiting.customers import Unanswered
from mailgate.store.rows import Outcome
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import accepted, claimed, stored_case

WAITING = ("waiting_customer",)


def _happens(store: Store, case: Case, kind: EventKind, actor: str, status: str = "waiting_customer") -> datetime:
    """Write an event of the case, which is in this status after it; when."""
    event = CaseEvent(new_id(store.now()), case.id, kind, Actor(actor, "N"), store.now(), {})  # type: ignore[arg-type]
    with store.transaction() as uow:
        uow.cases.write([Change(replace(case, status=status), (), (event,))])
    return store.now()


def _unanswered(store: Store, case_id: str | None = None) -> list[Unanswered]:
    with store.reading() as uow:
        return list(uow.customers_turn.unanswered(WAITING, case_id))


def test_given_cases_when_asked_then_those_that_wait_are_told_with_the_last_word_of_ours_and_the_reminder(
    store: Store, clock: SteppedClock
) -> None:
    case, other = stored_case(store, 1), stored_case(store, 2)
    _happens(store, other, "status_changed", "operator", "open")
    _happens(store, case, "status_changed", "operator")
    clock.step(timedelta(hours=1))
    since = _happens(store, case, "comment_added", "operator")
    clock.step(timedelta(hours=1))
    _happens(store, case, "note_added", "operator")
    assert _unanswered(store) == _unanswered(store, case.id) == [Unanswered(case.id, since, None)]
    assert _unanswered(store, other.id) == []
    reminded_at = _happens(store, case, "reminded", "system")
    assert _unanswered(store) == [Unanswered(case.id, since, reminded_at)]
    clock.step(timedelta(hours=1))
    again = _happens(store, case, "comment_added", "operator")
    assert _unanswered(store) == [Unanswered(case.id, again, None)]


def test_given_a_customer_who_had_the_last_word_when_asked_then_the_case_does_not_wait_for_them(store: Store, clock: SteppedClock) -> None:
    case = stored_case(store)
    _happens(store, case, "status_changed", "operator")
    for actor in ("contact", "system"):
        clock.step(timedelta(hours=1))
        _happens(store, case, "comment_added", actor)
        assert _unanswered(store) == []
    clock.step(timedelta(hours=1))
    since = _happens(store, case, "status_changed", "system")
    assert _unanswered(store) == [Unanswered(case.id, since, None)]


@pytest.mark.parametrize("kind", ["merged", "comment_moved"])
def test_given_words_that_a_person_brought_from_another_case_when_asked_then_the_case_does_not_wait_until_we_write(
    store: Store, clock: SteppedClock, kind: EventKind
) -> None:
    case = stored_case(store)
    for happens in ("status_changed", kind):
        _happens(store, case, happens, "operator")  # type: ignore[arg-type]
        clock.step(timedelta(hours=1))
    assert _unanswered(store) == []
    since = _happens(store, case, "comment_added", "operator")
    assert _unanswered(store) == [Unanswered(case.id, since, None)]


@pytest.mark.parametrize("state", ["held", "pending"])
def test_given_mail_of_a_case_that_is_not_settled_when_asked_then_the_case_does_not_wait(store: Store, state: str) -> None:
    case, other = stored_case(store, 1), stored_case(store, 2)
    since = [_happens(store, one, "status_changed", "operator") for one in (case, other)]
    accepted(store, 1)
    (claim,) = claimed(store)
    with store.transaction() as uow:
        uow.journal.finish([Outcome(claim.id, "held", "doubtful", "", "human", "doubtful", case.id)])
    if state == "pending":
        with store.transaction() as uow:
            uow.journal.reopen([claim.id], store.now(), from_states=["held"])
    assert _unanswered(store) == [Unanswered(other.id, since[1], None)]
    assert _unanswered(store, case.id) == []


def test_given_mail_when_it_was_not_read_for_a_while_then_that_is_told(store: Store, clock: SteppedClock) -> None:
    accepted(store, 1)
    with store.reading() as uow:
        assert not uow.customers_turn.is_mail_unread(store.now())
        clock.step(timedelta(minutes=1))
        assert uow.customers_turn.is_mail_unread(store.now())
    (claim,) = claimed(store)
    with store.transaction() as uow:
        assert uow.customers_turn.is_mail_unread(store.now())
        uow.journal.finish([Outcome(claim.id, "noted")])
    with store.reading() as uow:
        assert not uow.customers_turn.is_mail_unread(store.now())
