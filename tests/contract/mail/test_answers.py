"""What limits the automatic answer, counted once, in the transaction, exactly under concurrency; and the ids that relays give. On both
databases.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mailgate.cases.ids import new_id
from mailgate.cases.model import Case, Change, Contact, Participant
from mailgate.clock import SteppedClock
from mailgate.rules.reachability import Suppression
from mailgate.store.rows import RelayId
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import stored_case

DAY = timedelta(hours=24)


def _reserve(store: Store, address: str = "Kari@kunde.example", template: str = "redirect") -> bool:
    with store.transaction() as uow:
        return uow.answers.reserve(address, template, store.now(), DAY)


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
    with pytest.raises(ZeroDivisionError), store.transaction() as uow:
        assert uow.answers.reserve("kari@kunde.example", "redirect", clock(), DAY) / 0
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
    with store.reading() as uow:
        assert uow.answers.answered_since(began - timedelta(seconds=1)) == 4
        assert uow.answers.answered_since(began - timedelta(seconds=1), "KUNDE.example") == 3
        assert uow.answers.answered_since(began + timedelta(minutes=10), "kunde.example") == 1


def test_given_the_same_content_when_seen_again_then_it_is_counted_within_the_window(store: Store, clock: SteppedClock) -> None:
    counts = []
    for _ in range(3):
        with store.transaction() as uow:
            counts.append(uow.answers.content_seen("ab" * 32, clock() - DAY, clock()))
        clock.step(timedelta(hours=13))
    assert counts == [0, 1, 1]


def test_given_suppressed_addresses_when_asked_then_case_does_not_matter_and_they_can_be_lifted(store: Store, clock: SteppedClock) -> None:
    with store.transaction() as uow:
        uow.suppressions.add(
            [Suppression("Ola@Kunde.example", "bounced", clock()), Suppression("ola@kunde.example", "complained", clock())]
        )
        uow.suppressions.add([])
    with store.transaction() as uow:
        assert uow.suppressions.which(["OLA@kunde.example", "x@y"]) == {"ola@kunde.example": "complained"}
        assert (uow.answers.suppressed("OLA@kunde.example"), uow.answers.suppressed("x@y")) == ("complained", "")
        assert [one.address for one in uow.suppressions.list()] == ["ola@kunde.example"]
        assert (uow.suppressions.remove(["ola@KUNDE.example"]), uow.suppressions.remove([]), uow.suppressions.which([])) == (1, 0, {})


def test_given_answers_of_two_kinds_when_counted_for_one_address_then_all_of_the_day_count(store: Store, clock: SteppedClock) -> None:
    for template in ("redirect", "case_closed"):
        _reserve(store, template=template)
    _reserve(store, "p@kunde.example")
    with store.reading() as uow:
        assert uow.answers.answered_to("KARI@kunde.example", clock() - DAY) == 2
        assert uow.answers.answered_to("kari@kunde.example", clock()) == 0


def test_given_answers_counted_while_the_clock_was_years_ahead_when_it_is_right_again_then_breakers_do_not_count_them(
    store: Store, clock: SteppedClock
) -> None:
    clock.step(DAY * 1000)
    for number in range(3):
        _reserve(store, f"p{number}@kunde.example")
    clock.step(-DAY * 1000)
    _reserve(store, "q@kunde.example")
    hour = timedelta(hours=1)
    with store.transaction() as uow:
        assert uow.answers.answered_since(clock() - hour, "kunde.example") == 4
        assert uow.answers.answered_since(clock() - hour, "kunde.example", now=clock()) == 1
        uow.answers.content_seen("cd" * 32, clock() + DAY * 999, clock() + DAY * 1000)
        assert uow.answers.content_seen("cd" * 32, clock() - DAY, clock()) == 0


def _relay_id(store: Store, number: int, person: Contact, of: Case) -> RelayId:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return RelayId(digest, person.id, of.id, new_id(store.now()), store.now(), store.now() + DAY)


def test_given_ids_of_relays_when_learned_then_each_counts_for_who_taught_it_while_it_is_good(store: Store, clock: SteppedClock) -> None:
    one, two = stored_case(store, 1), stored_case(store, 2)
    kari, per = (case.participants[0].contact for case in (one, two))
    first, same, other = _relay_id(store, 1, kari, one), _relay_id(store, 1, per, two), _relay_id(store, 1, kari, two)
    with store.transaction() as uow:
        uow.relay_ids.learn([first, same, other, first], 5)  # an id stays with the case that it was learned for
        uow.relay_ids.learn([other], 5)
        uow.relay_ids.learn([], 5)
    with store.reading() as uow:
        assert uow.relay_ids.find([first.sha256], [kari.id, per.id]) == {(first.sha256, kari.id): one.id, (first.sha256, per.id): two.id}
        assert uow.relay_ids.find(["00" * 32], [kari.id]) == uow.relay_ids.find([first.sha256], []) == {}
    clock.step(DAY)
    with store.reading() as uow:
        assert uow.relay_ids.find([first.sha256], [kari.id]) == {}
    with store.transaction() as uow:
        assert (uow.retention.purge(clock(), None).counters, uow.retention.purge(clock(), None).counters) == (0, 0)
    clock.step(timedelta(seconds=1))
    with store.transaction() as uow:
        assert uow.retention.purge(clock(), None).counters == 2


def test_given_more_ids_than_a_contact_may_have_when_learned_then_the_first_stay(store: Store) -> None:
    made = stored_case(store)
    kari = made.participants[0].contact
    lessons = [_relay_id(store, number, kari, made) for number in range(8)]
    with store.transaction() as uow:
        uow.relay_ids.learn(lessons[:3], 5)
        uow.relay_ids.learn(lessons, 5)
    with store.reading() as uow:
        assert len(uow.relay_ids.find({one.sha256 for one in lessons}, [kari.id])) == 5


def test_given_the_number_of_a_case_when_asked_for_its_people_alone_then_approved_ones_find_it(store: Store, clock: SteppedClock) -> None:
    one, two = stored_case(store, 1), stored_case(store, 2)
    kari, per = (case.participants[0].contact for case in (one, two))
    with store.transaction() as uow:
        uow.cases.write([Change(one, participants_added=(Participant(per, approved=False),))])
        found = uow.cases.of_participants({(1, kari.id), (1, per.id), (2, kari.id), (2, per.id), (99, kari.id)})
        assert {pair: case.key for pair, case in found.items()} == {(1, kari.id): one.key, (2, per.id): two.key}
        assert uow.cases.of_participants(set()) == {}
