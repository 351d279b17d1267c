"""Who writes next: the two lines of `store.turns`, with real threads."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from mailgate.clock import utc_now
from mailgate.errors import StoreUnavailable, TransientFailure
from mailgate.store import sqlite
from mailgate.store.database import open_database
from mailgate.store.turns import Turns
from mailgate.store.unit_of_work import Store
from tests.waiting import until


def _queued(turns: Turns, urgent: bool, seen: list[str], name: str, pool: ThreadPoolExecutor) -> Future[None]:
    """One more thread in the line; returns when it stands there."""
    before = len(turns._lines[urgent])

    def take() -> None:
        with turns.turn(urgent=urgent, timeout_s=10):
            seen.append(name)

    future = pool.submit(take)
    until(lambda: len(turns._lines[urgent]) > before, 10, f"{name} stands in line")
    return future


def test_given_both_lines_when_a_turn_ends_then_they_take_turns_and_the_urgent_wait_for_one_at_most() -> None:
    turns, seen = Turns(), list[str]()
    with ThreadPoolExecutor(5) as pool:
        with turns.turn(urgent=False, timeout_s=1):
            waiting = [_queued(turns, False, seen, name, pool) for name in ("stage 1", "stage 2", "stage 3")]
            waiting += [_queued(turns, True, seen, name, pool) for name in ("mail 1", "mail 2")]
        for one in waiting:
            one.result(10)
    assert seen == ["mail 1", "stage 1", "mail 2", "stage 2", "stage 3"]


@pytest.mark.parametrize("urgent", [True, False])
def test_given_a_turn_that_does_not_end_when_another_waits_too_long_then_it_is_told_and_leaves_the_line(urgent: bool) -> None:
    turns = Turns()
    with turns.turn(urgent=False, timeout_s=1):
        with pytest.raises(StoreUnavailable, match="in time"), turns.turn(urgent=urgent, timeout_s=0.05):
            raise AssertionError("two at once")
        assert not turns._lines[urgent]
    with turns.turn(urgent=urgent, timeout_s=1):
        pass


def test_given_a_turn_that_fails_when_it_ends_then_the_next_one_has_it() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.turn(urgent=True, timeout_s=1):
        raise ZeroDivisionError
    with turns.turn(urgent=False, timeout_s=0.05):
        pass


def test_given_many_threads_when_they_write_then_never_two_at_once() -> None:
    turns, inside = Turns(), threading.Lock()

    def work(number: int) -> None:
        for _ in range(200):
            with turns.turn(urgent=number % 2 == 0, timeout_s=10):
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
