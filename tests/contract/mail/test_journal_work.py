"""Working on journal rows: leases, attempts, fencing, outcomes. On both databases."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event

from mailgate.clock import SteppedClock
from mailgate.errors import Ambiguous, Invalid, NotFound
from mailgate.gc_tuning import LARGE_BYTES
from mailgate.store.rows import Outcome
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import LEASE, accepted, claimed, entry, raw_mail


def _finish(store: Store, *outcomes: Outcome) -> None:
    with store.transaction() as uow:
        uow.journal.finish(outcomes)


def test_given_due_rows_when_claimed_then_they_come_oldest_first_and_once(store: Store, clock: SteppedClock) -> None:
    first = accepted(store, 1, 2, 3)
    clock.step(timedelta(seconds=1))
    last = accepted(store, 4)
    batch = claimed(store, 3)
    assert [one.id for one in batch] == first
    assert [one.raw for one in batch] == [raw_mail(1), raw_mail(2), raw_mail(3)]
    assert {(one.attempts, one.lease_token) for one in batch} == {(1, 1)}
    assert [one.id for one in claimed(store)] == last
    assert claimed(store) == []


def test_given_big_mails_when_claimed_then_a_batch_stays_within_its_bytes_but_is_never_empty(store: Store, clock: SteppedClock) -> None:
    with store.transaction() as uow:
        uow.journal.append([entry(n, clock(), raw=raw_mail(n, "x" * 1000)) for n in range(5)])

    def take(max_bytes: int) -> int:
        with store.transaction() as uow:
            return len(uow.journal.claim(clock(), 50, LEASE, max_bytes=max_bytes))

    assert [take(1), take(2500), take(10_000)] == [1, 3, 1]


def test_given_a_row_tried_before_when_claimed_then_it_comes_alone(store: Store, clock: SteppedClock) -> None:
    accepted(store, 1, 2)
    tried = {one.id for one in claimed(store)}
    clock.step(LEASE + timedelta(seconds=1))
    fresh = accepted(store, 3, 4)
    again = [claimed(store), claimed(store)]
    assert [len(batch) for batch in again] == [1, 1]
    assert {batch[0].id for batch in again} == tried
    assert {batch[0].attempts for batch in again} == {2}
    assert [one.id for one in claimed(store)] == fresh


def test_given_a_row_tried_three_times_when_due_then_it_is_shunted_and_the_rest_goes_on(store: Store, clock: SteppedClock) -> None:
    accepted(store, 1)
    for _ in range(3):
        assert len(claimed(store)) == 1
        clock.step(LEASE + timedelta(seconds=1))
    fresh = accepted(store, 2)
    with store.transaction() as uow:
        assert uow.journal.shunt_exhausted(clock(), 3) == 1
    assert [one.id for one in claimed(store)] == fresh
    with store.reading() as uow:
        (shunted,) = uow.journal.list("shunted")
        assert "3 times" in shunted.error
        assert uow.journal.raw(shunted.id) == raw_mail(1)


def test_given_a_row_under_lease_when_exhausted_then_it_is_not_shunted_under_the_worker(store: Store, clock: SteppedClock) -> None:
    accepted(store, 1)
    claimed(store)
    with store.transaction() as uow:
        assert uow.journal.shunt_exhausted(clock(), 1) == 0


def test_given_a_lease_taken_over_when_ground_is_held_then_only_the_newer_claim_holds(store: Store, clock: SteppedClock) -> None:
    accepted(store, 1)
    (slow,) = claimed(store)
    clock.step(LEASE + timedelta(seconds=1))
    (fast,) = claimed(store)
    with store.transaction() as uow:
        assert uow.journal.lock_leased([slow]) == set()
        assert uow.journal.lock_leased([fast]) == {fast.id}


def test_given_a_finished_row_when_ground_is_held_then_it_is_lost(store: Store) -> None:
    accepted(store, 1)
    (claim,) = claimed(store)
    _finish(store, Outcome(claim.id, "held"))
    with store.transaction() as uow:
        assert uow.journal.lock_leased([claim]) == set()
        assert uow.journal.lock_leased([]) == set()


def test_given_an_outcome_when_finished_then_all_of_it_is_shown(store: Store, clock: SteppedClock) -> None:
    accepted(store, 1)
    (claim,) = claimed(store)
    outcome = Outcome(
        claim.id, "noted", "auto-reply", "det er en fraværsmelding", "auto_reply", "stranger", None, "v1", {"rules": [{"rule": "x"}]},
        "1@kunde.example", "kari@kunde.example", "Fravær \x00æ", ("two_from",),
    )  # fmt: skip
    _finish(store, outcome)
    with store.reading() as uow:
        found = uow.journal.get(claim.id)
    assert found.state == "noted"
    assert found.due_at is None
    assert found.decided_at == clock()
    assert found.decision is not None
    assert (found.decision.trail, found.decision.defects, found.decision.reason) == (outcome.trail, outcome.defects, outcome.reason)
    assert found.decision.subject == "Fravær \N{REPLACEMENT CHARACTER}æ"


def test_given_a_claim_when_released_then_it_is_due_at_once_and_not_counted(store: Store) -> None:
    accepted(store, 1)
    (claim,) = claimed(store)
    with store.transaction() as uow:
        uow.journal.release([claim])
    (again,) = claimed(store)
    assert again.attempts == 1
    with store.transaction() as uow:
        uow.journal.release([claim])  # the old lease: nothing happens
    assert claimed(store) == []


def test_given_a_claim_when_deferred_then_it_is_due_later_counted_and_says_why(store: Store, clock: SteppedClock) -> None:
    accepted(store, 1)
    (claim,) = claimed(store)
    with store.transaction() as uow:
        uow.journal.defer([claim], "ValueError: x", clock() + timedelta(seconds=30))
    assert claimed(store) == []
    with store.reading() as uow:
        assert uow.journal.get(claim.id).error == "ValueError: x"
    clock.step(timedelta(seconds=31))
    assert [one.attempts for one in claimed(store)] == [2]


def test_given_eight_workers_when_they_claim_at_once_then_no_row_is_given_twice(store: Store) -> None:
    ids = accepted(store, *range(80))
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda _: claimed(store, 10), range(8)))
    got = [one.id for batch in batches for one in batch]
    rest = [one.id for _ in range(8) for one in claimed(store, 10)]
    assert sorted(got + rest) == sorted(ids)


def test_given_held_and_shunted_rows_when_reopened_then_they_are_pending_and_decided_anew(store: Store) -> None:
    accepted(store, 1, 2)
    first, second = claimed(store)
    _finish(store, Outcome(first.id, "held", rule="a"), Outcome(second.id, "discarded", rule="b"))
    with store.transaction() as uow:
        assert uow.journal.reopen([first.id, second.id], store.now()) == {first.id}
    (again,) = claimed(store)
    assert (again.id, again.attempts) == (first.id, 1)
    _finish(store, Outcome(first.id, "noted", rule="c"))
    with store.reading() as uow:
        decision = uow.journal.get(first.id).decision
        assert decision is not None
        assert decision.rule == "c"


def test_given_a_held_row_when_discarded_by_a_person_then_the_ledger_balances_and_the_reason_is_kept(store: Store) -> None:
    accepted(store, 1, 2)
    held, pending = claimed(store)
    _finish(store, Outcome(held.id, "held", rule="a", subject="Sak"))
    with store.transaction() as uow:
        assert uow.journal.discard([held.id, pending.id], "søppel", store.now()) == {held.id}
    with store.reading() as uow:
        found = uow.journal.get(held.id)
        assert found.decision is not None
        assert (found.state, found.decision.reason, found.decision.subject) == ("discarded", "søppel", "Sak")
        assert uow.journal.ledger()["balanced"]


def test_given_the_beginning_of_an_id_when_found_then_it_is_whole_or_the_error_says_why(store: Store, clock: SteppedClock) -> None:
    (one,) = accepted(store, 1)
    clock.step(timedelta(days=400))
    accepted(store, 2)
    with store.reading() as uow:
        assert uow.journal.find(one[:10]) == one
        assert uow.journal.find(one) == one
        for wrong, wording in (
            ("0", "more than one"),
            ("ffff", "no journal entry"),
            ("kari", "not the beginning"),
            (one + "0", "not the beginning"),
        ):
            with pytest.raises((NotFound, Ambiguous, Invalid), match=wording):
                uow.journal.find(wrong)


def test_given_rows_when_listed_then_newest_first_by_state_and_in_pages(store: Store) -> None:
    ids = accepted(store, *range(5))
    with store.reading() as uow:
        assert [one.id for one in uow.journal.list(limit=2)] == ids[:2:-1]
        assert [one.id for one in uow.journal.list(limit=2, before=ids[3])] == [ids[2], ids[1]]
        assert uow.journal.list("held") == []


def test_given_work_when_the_queue_is_asked_then_it_tells_how_much_waits_and_since_when(store: Store, clock: SteppedClock) -> None:
    began = clock()
    accepted(store, 1)
    clock.step(timedelta(seconds=5))
    accepted(store, 2, 3)
    with store.reading() as uow:
        queue = uow.journal.queue()
    with store.transaction() as uow:
        uow.journal.claim(clock(), 1, LEASE)
    with store.reading() as uow:
        assert uow.journal.queue().oldest_at == began, "a lease does not make mail younger"
    assert (queue.waiting, queue.oldest_at, queue.states) == (3, began, {})


def test_12_15_given_large_mail_and_mail_that_was_put_back_when_easy_mail_is_claimed_then_only_what_is_neither_comes(
    store: Store, clock: SteppedClock
) -> None:
    (put_back,) = accepted(store, 1)
    with store.transaction() as uow:
        uow.journal.release(uow.journal.claim(clock(), 1, LEASE))
    with store.transaction() as uow:
        large, first, second = (
            one.journal_id for one in uow.journal.append([entry(2, clock(), raw=b"x" * 70_000), entry(3, clock()), entry(4, clock())])
        )
    with store.transaction() as uow:
        assert [one.id for one in uow.journal.claim_easy(clock(), 10, LEASE, chosen=[second])] == [first, second]
    with store.transaction() as uow:
        assert uow.journal.claim_easy(clock(), 10, LEASE) == []
        assert {one.id for one in uow.journal.claim(clock(), 10, LEASE)} == {put_back, large}


def test_12_15_given_waiting_mail_when_looked_at_then_the_newest_comes_first_and_what_is_chosen_is_claimed_with_the_oldest(
    store: Store, clock: SteppedClock
) -> None:
    ids = accepted(store, *range(6))
    with store.transaction() as uow:
        assert [one.id for one in uow.journal.newest_due(clock(), 4)] == ids[:1:-1]
        assert [one.id for one in uow.journal.newest_due(clock(), 4, easy=True)] == ids[:1:-1]
        assert {one.id for one in uow.journal.claim(clock(), 3, LEASE, chosen=[ids[4]])} == {ids[0], ids[1], ids[4]}
    with store.transaction() as uow:
        assert uow.journal.newest_due(clock(), 2)[0].id == ids[5]
        assert {one.id for one in uow.journal.claim(clock(), 2, LEASE, chosen=[ids[4]])} == {ids[2], ids[3]}


def test_given_a_chosen_mail_that_is_a_batch_by_its_size_when_claimed_then_it_comes_alone(store: Store, clock: SteppedClock) -> None:
    """Two large mails at once would take twice the memory of a worker."""
    with store.transaction() as uow:
        oldest, newest = (one.journal_id for one in uow.journal.append([entry(n, clock(), raw=raw_mail(n, "x" * 9000)) for n in (1, 2)]))
    with store.transaction() as uow:
        assert [one.id for one in uow.journal.claim(clock(), 10, LEASE, max_bytes=8000, chosen=[newest])] == [newest]
    with store.transaction() as uow:
        assert [one.id for one in uow.journal.claim(clock(), 10, LEASE, max_bytes=8000, chosen=[newest])] == [oldest]


def test_given_a_large_mail_when_it_was_claimed_or_stored_then_the_connection_that_carried_it_is_closed(
    store: Store, clock: SteppedClock
) -> None:
    """Drivers keep what it took: libpq its buffers, SQLite its pages and the values of its statement."""
    closed: list[object] = []
    event.listen(store.database.writing, "close", lambda connection, _record: closed.append(connection))
    large, small = b"x" * LARGE_BYTES, b"x" * 1000
    counts = []
    for content in (small, large):
        with store.transaction() as uow:
            uow.journal.append([entry(1, clock(), raw=content)])
        with store.transaction() as uow:
            assert [one.raw for one in uow.journal.claim(clock(), 1, LEASE)] == [content]
        counts.append(len(closed))
        with store.transaction() as uow:
            uow.blobs.put([(hashlib.sha256(content + b"y").hexdigest(), content + b"y")])
        counts.append(len(closed))
    assert counts == [0, 0, 1, 2]
    with store.reading() as uow:
        assert uow.blobs.get(hashlib.sha256(large + b"y").hexdigest()) == large + b"y"
