"""What limits the automatic answer: counted once, in the transaction, exactly under concurrency. On both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mailgate.clock import SteppedClock
from mailgate.rules.reachability import Suppression
from mailgate.store.unit_of_work import Store

DAY = timedelta(hours=24)


def _reserve(store: Store, address: str = "Kari@kunde.example", template: str = "redirect") -> bool:
    with store.transaction() as unit:
        return unit.answers.reserve(address, template, store.now(), DAY)


def test_given_an_address_when_reserved_then_once_per_template_and_window_whatever_its_case(store: Store, clock: SteppedClock) -> None:
    assert _reserve(store)
    assert not _reserve(store, "KARI@KUNDE.EXAMPLE")
    assert _reserve(store, template="closed")
    assert _reserve(store, "ola@kunde.example")
    clock.step(DAY - timedelta(seconds=1))
    assert not _reserve(store)
    clock.step(timedelta(seconds=1))
    assert _reserve(store)


def test_given_a_clock_set_back_when_reserved_then_no_second_answer_comes_of_it(store: Store, clock: SteppedClock) -> None:
    assert _reserve(store)
    clock.step(-DAY * 3)
    assert not _reserve(store)


def test_given_a_transaction_that_fails_when_reserved_again_then_the_answer_is_free(store: Store, clock: SteppedClock) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction() as unit:
        assert unit.answers.reserve("kari@kunde.example", "redirect", clock(), DAY) / 0
    assert _reserve(store)


def test_given_eight_mails_at_once_when_reserved_then_one_is_answered(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: _reserve(store), range(8))) == 1


def test_given_answers_when_counted_then_by_domain_and_in_all_since_a_time(store: Store, clock: SteppedClock) -> None:
    began = clock()
    for number in range(3):
        _reserve(store, f"p{number}@kunde.example")
        clock.step(timedelta(minutes=10))
    _reserve(store, "p@annen.example")
    with store.reading() as unit:
        assert unit.answers.answered_since(began - timedelta(seconds=1)) == 4
        assert unit.answers.answered_since(began - timedelta(seconds=1), "KUNDE.example") == 3
        assert unit.answers.answered_since(began + timedelta(minutes=10), "kunde.example") == 1


def test_given_the_same_content_when_seen_again_then_it_is_counted_within_the_window(store: Store, clock: SteppedClock) -> None:
    counts = []
    for _ in range(3):
        with store.transaction() as unit:
            counts.append(unit.answers.content_seen("ab" * 32, clock() - DAY, clock()))
        clock.step(timedelta(hours=13))
    assert counts == [0, 1, 1]


def test_given_suppressed_addresses_when_asked_then_case_does_not_matter_and_they_can_be_lifted(store: Store, clock: SteppedClock) -> None:
    with store.transaction() as unit:
        unit.suppressions.add(
            [Suppression("Ola@Kunde.example", "bounced", clock()), Suppression("ola@kunde.example", "complained", clock())]
        )
        unit.suppressions.add([])
    with store.transaction() as unit:
        assert unit.suppressions.which(["OLA@kunde.example", "x@y"]) == {"ola@kunde.example": "complained"}
        assert (unit.answers.suppressed("OLA@kunde.example"), unit.answers.suppressed("x@y")) == ("complained", "")
        assert [one.address for one in unit.suppressions.list()] == ["ola@kunde.example"]
        assert (unit.suppressions.remove(["ola@KUNDE.example"]), unit.suppressions.remove([]), unit.suppressions.which([])) == (1, 0, {})
