"""When a mail is retried, and when it expires. In: how often it was tried. Out: a time. Pure except for random jitter."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

JITTER = 0.2
MAX_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """Pauses double from `first` to `longest`, with 20 % jitter, so that a queue is not retried all at once.

    RFC 5321 section 4.5.4.1 recommends 30 minutes or more between tries, shorter at first, and to give up after 4 to 5 days: that is each
    mail's `expires_at`.
    """

    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=4)

    def next_attempt_at(self, now: datetime, attempts: int, expires_at: datetime) -> datetime:
        """The time after try number `attempts` (from 1). Never before `now`, never after `expires_at`, at which the mail is failed."""
        doubled = self.first * (1 << min(max(attempts, 1) - 1, MAX_DOUBLINGS))
        pause = min(doubled, self.longest) * random.uniform(1 - JITTER, 1 + JITTER)
        return max(now, min(now + pause, expires_at))


def has_expired(now: datetime, expires_at: datetime, attempts: int, *, at_most_once: bool) -> bool:
    """True when a mail is not tried any more. A notice always gets one try, however late; an automatic answer does not."""
    return now >= expires_at and (at_most_once or attempts > 1)


class Backoff:
    """Pauses for a failing smarthost: 1 s, doubling to 5 minutes, until a mail is accepted again."""

    FIRST_S, LONGEST_S = 1.0, 300.0

    def __init__(self) -> None:
        self._pause_s = 0.0
        self._until_s = 0.0

    def failed(self, now_s: float) -> float:
        """Count a failure. Returns the pause in seconds. `now_s` is of a monotonic clock."""
        self._pause_s = min(self._pause_s * 2 or self.FIRST_S, self.LONGEST_S)
        self._until_s = now_s + self._pause_s * random.uniform(1 - JITTER, 1)
        return self._pause_s

    def succeeded(self) -> None:
        """A mail was accepted: no pause any more."""
        self._pause_s = self._until_s = 0.0

    @property
    def failing(self) -> bool:
        """True from a failure until a mail is accepted, also after the pause."""
        return self._pause_s > 0

    def pausing(self, now_s: float) -> bool:
        """True during a pause."""
        return now_s < self._until_s
