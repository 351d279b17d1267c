"""Who follows the journal sees each entry that has come or changed, of any age, and no entry twice. On both databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mailgate.application.app import App
from mailgate.application.audit import audit_row
from mailgate.application.journal.follow import LATE, FollowEntries, follow_entries
from mailgate.clock import SteppedClock
from mailgate.store.rows import Outcome
from mailgate.store.unit_of_work import Store
from tests.support.desks.office import EVA
from tests.support.mails.entries import accepted, claimed, entry

Look = Iterator[list[tuple[str, str]]]


@pytest.fixture
def look(store: Store) -> Look:
    """Each step is one look: id and state of what it shows."""
    nothing: Any = SimpleNamespace()
    app = App(store, nothing, nothing, nothing)

    def looks() -> Look:
        seen: Mapping[str, Any] | None = None
        while True:
            found = follow_entries(app, EVA, FollowEntries(limit=1, seen=seen))
            seen = found.seen
            yield [(row.id, row.state) for row in found.rows]

    return looks()


def _decide(store: Store, state: Any) -> None:
    claims = claimed(store)
    with store.transaction() as uow:
        assert uow.journal.lock_leased(claims) == {one.id for one in claims}
        uow.journal.finish([Outcome(one.id, state) for one in claims])


def test_given_many_that_come_and_change_when_followed_then_each_is_shown_once_for_each_state(store: Store, look: Look) -> None:
    first = accepted(store, 1, 2)
    assert next(look) == [(first[-1], "pending")]  # the newest one, as asked for
    more = accepted(store, *range(3, 83))
    assert next(look) == [(id_, "pending") for id_ in more]
    assert next(look) == []
    claims = claimed(store)
    assert next(look) == []  # a lease is no change
    with store.transaction() as uow:
        uow.journal.defer(claims, "later", store.now())
    assert next(look) == []
    for _ in range(2 + 82):
        _decide(store, "noted")
    assert sorted(next(look)) == [(id_, "noted") for id_ in sorted([*first, *more])]
    assert next(look) == []


def test_given_a_backlog_that_is_old_when_it_is_decided_then_it_is_shown(store: Store, clock: SteppedClock, look: Look) -> None:
    (old,) = accepted(store, 1)
    next(look)
    clock.step(2 * LATE)
    assert next(look) == []
    _decide(store, "held")
    assert next(look) == [(old, "held")]
    clock.step(2 * LATE)
    assert next(look) == []
    with store.transaction() as uow:
        uow.journal.reopen([old], store.now())
    assert next(look) == [(old, "pending")]
    _decide(store, "held")
    assert next(look) == [(old, "held")]


def test_given_an_old_final_entry_when_a_person_runs_it_again_between_two_looks_then_it_is_shown_once(
    store: Store, clock: SteppedClock, look: Look
) -> None:
    (old,) = accepted(store, 1)
    _decide(store, "noted")
    clock.step(2 * LATE)
    assert next(look) == [(old, "noted")]
    with store.transaction() as uow:
        uow.journal.reopen([old], store.now(), from_states=["noted"])
        uow.audit.add([audit_row(EVA, "replay", ("journal", old), store.now())])
    _decide(store, "noted")
    assert next(look) == [(old, "noted")]
    assert next(look) == []
    clock.step(2 * LATE)
    assert next(look) == []


def test_given_an_entry_whose_id_is_older_than_one_that_was_seen_when_it_is_committed_then_it_is_shown(
    store: Store, clock: SteppedClock, look: Look
) -> None:
    late = entry(1, store.now())
    clock.step(timedelta(seconds=20))
    (early,) = accepted(store, 2)
    assert next(look) == [(early, "pending")]
    with store.transaction() as uow:
        uow.journal.append([late])
    _decide(store, "noted")
    assert sorted(next(look)) == sorted([(late.id, "noted"), (early, "noted")])
