"""Who writes next: the two queues of `store.write_lock`, with real threads."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from mailgate.clock import utc_now
from mailgate.errors import StoreUnavailable, TransientFailure
from mailgate.store import sqlite
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from mailgate.store.write_lock import WriteLock
from tests.support.waiting import until


def _queued(lock: WriteLock, priority: bool, seen: list[str], name: str, pool: ThreadPoolExecutor) -> Future[None]:
    """One more thread in the queue; returns when it waits there."""
    before = len(lock._queues[priority])

    def take() -> None:
        with lock.hold(priority=priority, timeout_s=10):
            seen.append(name)

    future = pool.submit(take)
    until(lambda: len(lock._queues[priority]) > before, 10, f"{name} waits")
    return future


def test_given_both_queues_when_the_lock_is_released_then_they_alternate_and_priority_waits_for_one_at_most() -> None:
    lock, seen = WriteLock(), list[str]()
    with ThreadPoolExecutor(5) as pool:
        with lock.hold(priority=False, timeout_s=1):
            waiting = [_queued(lock, False, seen, name, pool) for name in ("stage 1", "stage 2", "stage 3")]
            waiting += [_queued(lock, True, seen, name, pool) for name in ("mail 1", "mail 2")]
        for one in waiting:
            one.result(10)
    assert seen == ["mail 1", "stage 1", "mail 2", "stage 2", "stage 3"]


@pytest.mark.parametrize("priority", [True, False])
def test_given_a_lock_that_is_not_released_when_another_waits_too_long_then_it_fails_and_leaves_the_queue(priority: bool) -> None:
    lock = WriteLock()
    with lock.hold(priority=False, timeout_s=1):
        with pytest.raises(StoreUnavailable, match="in time"), lock.hold(priority=priority, timeout_s=0.05):
            raise AssertionError("two at once")
        assert not lock._queues[priority]
    with lock.hold(priority=priority, timeout_s=1):
        pass


def test_given_a_block_that_fails_when_it_ends_then_the_lock_is_free() -> None:
    lock = WriteLock()
    with pytest.raises(ZeroDivisionError), lock.hold(priority=True, timeout_s=1):
        raise ZeroDivisionError
    with lock.hold(priority=False, timeout_s=0.05):
        pass


def test_given_many_threads_when_they_write_then_never_two_at_once() -> None:
    lock, inside = WriteLock(), threading.Lock()

    def work(number: int) -> None:
        for _ in range(200):
            with lock.hold(priority=number % 2 == 0, timeout_s=10):
                assert inside.acquire(blocking=False)
                inside.release()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, number) for number in range(8)]:
            done.result(20)


def test_given_another_process_that_keeps_the_lock_when_written_then_it_waits_a_bounded_time_and_goes_on_when_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 100)
    ours, theirs = (Store(open_database(f"sqlite:///{tmp_path}/x.db"), utc_now) for _ in range(2))
    with theirs.transaction(), pytest.raises(TransientFailure, match="another writer"), ours.transaction():
        raise AssertionError("two writers at once")
    with ours.transaction():
        pass
    for store in (ours, theirs):
        store.database.close()
