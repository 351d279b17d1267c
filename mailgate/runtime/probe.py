"""Asks a question that may hang, and answers in time. In: a question. Out: its answer, False when there is none yet.

For /ready: a health check has a time limit of its own, and a database that hangs must not make it miss that. It must never start a second
question while one is running.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

WAIT_S = 2.0


class Probe:
    """Safe to use from several threads. `ask` must return and not raise."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask, self._answer = ask, False
        self._lock = threading.Lock()
        self._asking: threading.Thread | None = None

    def answers(self) -> bool:
        """What `ask` returns, False when it takes longer than 2 seconds."""
        with self._lock:
            if self._asking is None or not self._asking.is_alive():
                self._answer = False
                self._asking = threading.Thread(target=self._run, name="probe", daemon=True)
                self._asking.start()
            asking = self._asking
        asking.join(WAIT_S)
        return not asking.is_alive() and self._answer

    def _run(self) -> None:
        self._answer = self._ask()
