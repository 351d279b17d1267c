"""The write lock of one process. In: threads that want to write. Out: one at a time.

SQLite has one writer. Clients wait for the listener's commits, nobody waits for those of the stages. So there are two queues, served
alternately: a commit of the listener waits for at most one transaction of a stage, and neither queue can starve the other.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Iterator

from mailgate.errors import StoreUnavailable


class WriteLock:
    """Fair within each queue: handed from thread to thread directly, so that no later thread gets in between."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._taken = False
        self._queues: dict[bool, deque[threading.Lock]] = {True: deque(), False: deque()}

    @contextlib.contextmanager
    def hold(self, *, priority: bool, timeout_s: float) -> Iterator[None]:
        """Hold the lock, after waiting in the priority queue or in the other one. Raises StoreUnavailable when it is not free in time."""
        if not self._take(priority, timeout_s):
            raise StoreUnavailable("no connection to the database became free in time")
        try:
            yield
        finally:
            self._hand_over(priority)

    def _take(self, priority: bool, timeout_s: float) -> bool:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            ticket = threading.Lock()
            ticket.acquire()
            self._queues[priority].append(ticket)
        if ticket.acquire(timeout=timeout_s):
            return True
        with self._mutex:
            if ticket not in self._queues[priority]:
                return True  # granted in the meantime
            self._queues[priority].remove(ticket)
            return False

    def _hand_over(self, priority: bool) -> None:
        with self._mutex:
            queue = self._queues[not priority] or self._queues[priority]
            if queue:
                queue.popleft().release()
            else:
                self._taken = False
