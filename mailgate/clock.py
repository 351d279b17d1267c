"""The clock that every edge is given, so that tests can set it. Pure parts take `now` as an argument."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Returns now as an aware datetime in UTC."""


def utc_now() -> datetime:
    """The system's wall clock, aware, UTC."""
    return datetime.now(UTC)


class SteppedClock:
    """A clock for tests: starts at `start` and moves only when `step` is called."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        """The time it was last set to."""
        return self._now

    def step(self, by: timedelta) -> None:
        """Move by `by`; a negative step is a clock that was set back."""
        self._now += by


def monotonic_s() -> float:
    """Seconds on a clock that never goes back; for deadlines and rates inside one process only."""
    return time.monotonic()
