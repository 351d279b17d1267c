"""Dates as people write them. In: an aware time, now, a zone, a language. Out: text for a page. Names of days and months: CLDR by Babel.

A page of a long case has hundreds of times, so they are put together here: Babel reads its pattern anew for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import get_day_names, get_month_names

_LOCALE: Mapping[str, str] = {"nb": "nb", "nn": "nn", "en": "en_GB"}
NEAR_DAYS = 7
_ON_DAY: Mapping[str, Mapping[int, str]] = {
    "nb": {-1: "i går kl. {}", 0: "i dag kl. {}", 1: "i morgen kl. {}"},
    "nn": {-1: "i går kl. {}", 0: "i dag kl. {}", 1: "i morgon kl. {}"},
    "en": {-1: "yesterday at {}", 0: "today at {}", 1: "tomorrow at {}"},
}
"""By how many days from today."""


@dataclass(frozen=True, slots=True)
class _Names:
    """The words of dates in one language. Months from 1, days from 0 for Monday."""

    months: Mapping[int, str]
    short_months: Mapping[int, str]
    days: Mapping[int, str]
    short_days: Mapping[int, str]


_NAMES: Mapping[str, _Names] = {
    language: _Names(
        get_month_names("wide", "format", locale), get_month_names("abbreviated", "format", locale),
        get_day_names("wide", "format", locale), get_day_names("abbreviated", "format", locale),
    )
    for language, locale in _LOCALE.items()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Calendar:
    """How times are written on one page."""

    language: str
    zone: ZoneInfo
    now: datetime

    def full(self, at: datetime) -> str:
        """`tirsdag 1. desember 2026 kl. 12.00`."""
        local, names = at.astimezone(self.zone), _NAMES[self.language]
        day, month, clock = names.days[local.weekday()], names.months[local.month], self._clock(local)
        return f"{day} {self._number(local)} {month} {local.year} {'at' if self.language == 'en' else 'kl.'} {clock}"

    def short(self, at: datetime) -> str:
        """`i dag kl. 10.12`, `i går kl. 10.12`, `i morgen kl. 10.12`, `3. nov.`, with the year when it is another one."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        near = _ON_DAY[self.language].get((local.date() - today.date()).days)
        if near:
            return near.format(self._clock(local))
        return self._day(local) if local.year == today.year else f"{self._day(local)} {local.year}"

    def due(self, at: datetime) -> str:
        """When something is due: `i dag kl. 14.00` for the days around now, else the day, with its weekday while it is near."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        if 1 < (local.date() - today.date()).days < NEAR_DAYS:
            return f"{_NAMES[self.language].short_days[local.weekday()]} {self._day(local)} {self._clock(local)}"
        return self.short(at)

    def iso(self, at: datetime) -> str:
        """For the attribute `datetime` of `<time>`."""
        return at.astimezone(self.zone).isoformat(timespec="seconds")

    def _day(self, local: datetime) -> str:
        return f"{self._number(local)} {_NAMES[self.language].short_months[local.month]}"

    def _number(self, local: datetime) -> str:
        return f"{local.day}" if self.language == "en" else f"{local.day}."

    def _clock(self, local: datetime) -> str:
        return local.strftime("%H:%M" if self.language == "en" else "%H.%M")
