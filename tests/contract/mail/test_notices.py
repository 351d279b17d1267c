"""Notices: groups are taken whole, under lease, and end in one outbox row, a reason or a failure. On both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from mailgate.cases.ids import new_id
from mailgate.clock import SteppedClock
from mailgate.store.rows import ClaimedNotice
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import LEASE, notice, stored_case

WINDOW = timedelta(seconds=60)


def _claim(store: Store, limit: int = 50) -> list[ClaimedNotice]:
    with store.transaction() as uow:
        return uow.notices.claim(store.now(), limit, LEASE)


def test_given_changes_within_the_window_when_the_first_is_due_then_they_are_one_group(store: Store, clock: SteppedClock) -> None:
    made = stored_case(store)
    with store.transaction() as uow:
        uow.notices.add([notice(clock(), made, window=WINDOW), notice(clock(), made, "Person1@KUNDE.example", WINDOW)])
    clock.step(timedelta(seconds=50))
    with store.transaction() as uow:
        uow.notices.add([notice(clock(), made, window=WINDOW), notice(clock(), made, "ola@kunde.example", WINDOW)])
    assert _claim(store) == []
    clock.step(timedelta(seconds=10))
    group = _claim(store)
    assert len(group) == 3
    assert len({one.group for one in group}) == 1
    assert [one.facts["text"] for one in group] == ["æøå"] * 3
    clock.step(timedelta(seconds=49))
    assert _claim(store) == []
    clock.step(timedelta(seconds=1))
    assert [one.address for one in _claim(store)] == ["ola@kunde.example"]


def test_given_answers_without_a_case_when_claimed_then_each_is_a_group_of_its_own(store: Store, clock: SteppedClock) -> None:
    with store.transaction() as uow:
        uow.notices.add([notice(clock()), notice(clock())])
    assert len({one.group for one in _claim(store)}) == 2


def test_given_a_group_under_lease_when_a_newer_notice_is_due_then_it_goes_alone(store: Store, clock: SteppedClock) -> None:
    made = stored_case(store)
    with store.transaction() as uow:
        uow.notices.add([notice(clock(), made)])
    (first,) = _claim(store)
    with store.transaction() as uow:
        uow.notices.add([notice(clock(), made)])
    (second,) = _claim(store)
    assert second.id != first.id


def test_given_a_limit_when_claimed_then_it_counts_groups_oldest_first(store: Store, clock: SteppedClock) -> None:
    made = stored_case(store)
    with store.transaction() as uow:
        uow.notices.add([notice(clock(), made, f"p{n % 3}@kunde.example") for n in range(9)])
    clock.step(timedelta(seconds=1))
    assert len({one.group for one in _claim(store, 2)}) <= 2
    assert len(_claim(store)) > 0


def test_given_a_lost_lease_when_claimed_again_then_the_group_comes_alone_and_fails_in_the_end(store: Store, clock: SteppedClock) -> None:
    with store.transaction() as uow:
        uow.notices.add([notice(clock()), notice(clock())])
    for attempt in (1, 2, 3):
        groups = [_claim(store), _claim(store)]
        assert {one.attempts for group in groups for one in group} == {attempt}
        assert [len(group) for group in groups] == ([2, 0] if attempt == 1 else [1, 1])
        clock.step(LEASE + timedelta(seconds=1))
    with store.transaction() as uow:
        assert uow.notices.fail_exhausted(clock(), 3) == 2
    assert _claim(store) == []
    with store.reading() as uow:
        assert uow.notices.queue().states == {"failed": 2}


def test_given_an_older_lease_when_rows_are_locked_then_it_is_lost(store: Store, clock: SteppedClock) -> None:
    with store.transaction() as uow:
        uow.notices.add([notice(clock())])
    (slow,) = _claim(store)
    clock.step(LEASE + timedelta(seconds=1))
    (fast,) = _claim(store)
    with store.transaction() as uow:
        assert uow.notices.lock_leased([slow]) == set()
        assert uow.notices.lock_leased([fast]) == {fast.id}
        assert uow.notices.lock_leased([]) == set()


def test_given_claims_when_rendered_suppressed_or_failed_then_they_are_final(store: Store, clock: SteppedClock) -> None:
    mail = new_id(clock())
    with store.transaction() as uow:
        uow.notices.add([notice(clock(), journal_id=mail) for _ in range(4)])
    a, b, c, d = _claim(store)
    with store.transaction() as uow:
        uow.notices.mark_rendered({a.id: new_id(clock()), b.id: new_id(clock())})
        uow.notices.suppress([c.id], "bounced")
        uow.notices.fail([d.id], "TemplateError")
    clock.step(LEASE * 2)
    assert _claim(store) == []
    with store.reading() as uow:
        states = uow.notices._connection.exec_driver_sql("SELECT state FROM notices ORDER BY state").scalars().all()
        assert states == ["failed", "rendered", "rendered", "suppressed"]
        assert uow.notices.queue().waiting == 0
    with store.transaction() as uow:
        assert uow.notices.retry([c.id, d.id], clock()) == {d.id}
    assert [one.id for one in _claim(store)] == [d.id]


def test_given_claims_when_deferred_or_released_then_they_are_due_again_counted_or_not(store: Store, clock: SteppedClock) -> None:
    with store.transaction() as uow:
        uow.notices.add([notice(clock()), notice(clock())])
    deferred, released = _claim(store)
    with store.transaction() as uow:
        uow.notices.defer([deferred], "locked", clock() + timedelta(seconds=5))
        uow.notices.release([released], clock())
    assert [(one.id, one.attempts) for one in _claim(store)] == [(released.id, 1)]
    clock.step(timedelta(seconds=5))
    assert [(one.id, one.attempts) for one in _claim(store)] == [(deferred.id, 2)]


def test_given_many_workers_when_they_claim_at_once_then_no_group_is_split(store: Store, clock: SteppedClock) -> None:
    made = stored_case(store)
    with store.transaction() as uow:
        uow.notices.add([notice(clock(), made, f"p{n % 10}@kunde.example") for n in range(60)])
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda _: _claim(store, 3), range(12)))
    owners: dict[str, int] = {}
    for worker, claims in enumerate(taken):
        for claim in claims:
            assert owners.setdefault(claim.group, worker) == worker
    assert len([claim for claims in taken for claim in claims]) + len([c for _ in range(10) for c in _claim(store)]) == 60
