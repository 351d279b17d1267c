"""Counters: of several who want the same day, one gets it. On both databases."""

from __future__ import annotations

from datetime import date, timedelta

from mailgate.store.unit_of_work import Store

DAY = date(2026, 11, 3)


def test_given_a_day_that_was_taken_when_asked_again_then_it_is_refused_and_the_next_is_not(store: Store) -> None:
    taken = []
    for day in (DAY, DAY, DAY + timedelta(days=1), DAY):
        with store.transaction() as uow:
            taken.append(uow.todo.take_day(day))
    assert taken == [True, False, True, False]
