"""Two units of work interleaved by hand: one stops in the middle, another begins, and ends or waits for what the first has locked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.support.waiting import until

_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


class Meanwhile:
    """On PostgreSQL: SQLite has one writer, who waits for nobody."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://")
        self._threads = ThreadPoolExecutor(2)
        self.done: list[Future[object]] = []

    def let(self, act: Callable[[], object]) -> None:
        """Let `act` happen now, in another thread, until it is done or waits for a lock."""
        found = self._threads.submit(act)
        self.done.append(found)
        with psycopg.connect(self._url, autocommit=True) as watching:

            def waits() -> bool:
                row = watching.execute(_WAITS).fetchone()
                return row is not None and bool(row[0])

            until(lambda: found.done() or waits(), 10, "the other is done, or waits for a lock")

    def after(self, patch: pytest.MonkeyPatch, owner: type, name: str, act: Callable[[], object]) -> None:
        """Let `act` happen once, right after the next call of this method."""
        after_next(patch, owner, name, lambda: self.let(act))

    def results(self) -> list[object]:
        """What the others returned or raised, in order."""
        return [one.exception(10) or one.result() for one in self.done]

    def close(self) -> None:
        """Wait for them."""
        self._threads.shutdown(wait=True)


def after_next(patch: pytest.MonkeyPatch, owner: object, name: str, act: Callable[[], object]) -> None:
    """Let `act` happen once, in the thread that makes the next call of this function of a class or module, before it gets the answer."""
    called, left, mutex = getattr(owner, name), [act], threading.Lock()

    def call(*given: Any, **named: Any) -> Any:
        answer = called(*given, **named)
        with mutex:
            mine = left.pop() if left else None
        if mine:
            mine()
        return answer

    patch.setattr(owner, name, call)
