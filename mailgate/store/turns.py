"""Who writes next, among the threads of one process. In: threads that want to. Out: one at a time.

SQLite has one writer. The listener's commits are what clients wait for, those of the stages are not: so there are two lines, and turns
alternate between them. A commit of the listener waits for one transaction of a stage at most, and neither can starve the other.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Iterator

from mailgate.errors import StoreUnavailable


class Turns:
    """Handed from thread to thread directly, so that nobody who comes late slips in between."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._taken = False
        self._lines: dict[bool, deque[threading.Lock]] = {True: deque(), False: deque()}

    @contextlib.contextmanager
    def turn(self, *, urgent: bool, timeout_s: float) -> Iterator[None]:
        """Wait for a turn, in the line of the urgent or in the other one. Raises StoreUnavailable when it does not come in time."""
        if not self._take(urgent, timeout_s):
            raise StoreUnavailable("no connection to the database became free in time")
        try:
            yield
        finally:
            self._pass_on(urgent)

    def _take(self, urgent: bool, timeout_s: float) -> bool:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            ticket = threading.Lock()
            ticket.acquire()
            self._lines[urgent].append(ticket)
        if ticket.acquire(timeout=timeout_s):
            return True
        with self._mutex:
            if ticket not in self._lines[urgent]:
                return True  # it came just now
            self._lines[urgent].remove(ticket)
            return False

    def _pass_on(self, urgent: bool) -> None:
        with self._mutex:
            line = self._lines[not urgent] or self._lines[urgent]
            if line:
                line.popleft().release()
            else:
                self._taken = False
