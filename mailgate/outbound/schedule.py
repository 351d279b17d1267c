"""When a mail is tried again, and when it is given up. In: how often it was tried. Out: a time. Pure but for its dice."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

JITTER = 0.2
MAX_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Schedule:
    """Pauses double from `first` to `longest`, each up to a fifth shorter or longer, so that a queue does not come back in step.

    RFC 5321 section 4.5.4.1 asks for 30 minutes and more between tries to one host, and shorter ones for the first; it asks to give up
    after 4 to 5 days, which is the `expires_at` of each mail.
    """

    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=4)

    def next_attempt_at(self, now: datetime, attempts: int, expires_at: datetime) -> datetime:
        """After the try number `attempts` (1 and up). Never before `now`; not after `expires_at`, when the mail comes up to be given up."""
        doubled = self.first * (1 << min(max(attempts, 1) - 1, MAX_DOUBLINGS))
        pause = min(doubled, self.longest) * random.uniform(1 - JITTER, 1 + JITTER)
        return max(now, min(now + pause, expires_at))


def has_expired(now: datetime, expires_at: datetime, attempts: int, *, at_most_once: bool) -> bool:
    """True when a mail is not tried any more. A notice gets its first try however long it waited for us; a late answer helps nobody."""
    return now >= expires_at and (at_most_once or attempts > 1)


class Breather:
    """How long to leave a smarthost alone that cannot take mail: 1 s, doubling to 5 minutes, until it takes one again."""

    FIRST_S, LONGEST_S = 1.0, 300.0

    def __init__(self) -> None:
        self._pause_s = 0.0
        self._until_s = 0.0

    def trouble(self, now_s: float) -> float:
        """Something is wrong with the smarthost. Returns the pause in seconds. `now_s` is of a clock that never goes back."""
        self._pause_s = min(self._pause_s * 2 or self.FIRST_S, self.LONGEST_S)
        self._until_s = now_s + self._pause_s * random.uniform(1 - JITTER, 1)
        return self._pause_s

    def well(self) -> None:
        """It has taken a mail."""
        self._pause_s = 0.0

    def resting(self, now_s: float) -> bool:
        """True while it is left alone."""
        return now_s < self._until_s
