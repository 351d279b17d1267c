"""Days on which an agreement has other hours: half days before Easter and New Year, a day off between two holidays. Pure.

In: a day as operators write it. Out: a value that says whether it falls on a date. Days of every year limit the usual hours of that
weekday and open nothing that is closed; a single date stands as it is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

_EASTER = re.compile(r"easter([+-])(\d{1,2})", re.ASCII)
_DATE = re.compile(r"(?:(\d{4})-)?(\d\d)-(\d\d)", re.ASCII)
_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class DayOfYear:
    """One date (`year` given), a month and day of every year, or a number of days from Easter Sunday (`easter`, negative before it)."""

    year: int | None = None
    month: int = 0
    day: int = 0
    easter: int | None = None

    def falls_on(self, when: date) -> bool:
        """True on that day."""
        if self.easter is not None:
            return when == easter_sunday(when.year) + timedelta(days=self.easter)
        return (when.month, when.day) == (self.month, self.day) and self.year in (None, when.year)

    def __str__(self) -> str:
        """As operators write it."""
        if self.easter is not None:
            return f"easter{self.easter:+d}"
        return f"{f'{self.year}-' if self.year else ''}{self.month:02d}-{self.day:02d}"


def day_of_year(text: str) -> DayOfYear:
    """`2026-05-15`, `12-24` (every year), `easter-4` (the Wednesday before). Raises ValueError for anything else."""
    if text == "easter":
        return DayOfYear(easter=0)
    if found := _EASTER.fullmatch(text):
        return DayOfYear(easter=int(found[1] + found[2]))
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no day; write one such as 12-24, 2026-05-15 or easter-4")
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        date(year or _LEAP_YEAR, month or 0, day or 0)
    except ValueError:
        raise ValueError(f"{text!r} is a day that no calendar has") from None
    return DayOfYear(year, month or 0, day or 0)


@lru_cache(maxsize=256)
def easter_sunday(year: int) -> date:
    """Easter of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    lack = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * lack) // 433
    month = (h + lack - 7 * m + 90) // 25
    return date(year, month, (h + lack - 7 * m + 33 * month + 19) % 32)
