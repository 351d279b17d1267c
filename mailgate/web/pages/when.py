"""Dates as people write them. In: an aware time, now, a zone, a language. Out: text for a page. Locale data: CLDR by Babel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

_LOCALE: Mapping[str, str] = {"nb": "nb", "nn": "nn", "en": "en_GB"}
_FULL: Mapping[str, str] = {"nb": "EEEE d. MMMM y 'kl.' HH.mm", "nn": "EEEE d. MMMM y 'kl.' HH.mm", "en": "EEEE d MMMM y 'at' HH:mm"}
_DAY: Mapping[str, str] = {"nb": "d. MMM", "nn": "d. MMM", "en": "d MMM"}
_YEAR: Mapping[str, str] = {"nb": "d. MMM y", "nn": "d. MMM y", "en": "d MMM y"}
_CLOCK: Mapping[str, str] = {"nb": "HH.mm", "nn": "HH.mm", "en": "HH:mm"}
_NEAR: Mapping[str, str] = {"nb": "EEE d. MMM HH.mm", "nn": "EEE d. MMM HH.mm", "en": "EEE d MMM HH:mm"}
NEAR_DAYS = 7
_TODAY: Mapping[str, str] = {"nb": "i dag kl. {}", "nn": "i dag kl. {}", "en": "today at {}"}
_YESTERDAY: Mapping[str, str] = {"nb": "i går kl. {}", "nn": "i går kl. {}", "en": "yesterday at {}"}


@dataclass(frozen=True, slots=True)
class Calendar:
    """How times are written on one page."""

    language: str
    zone: ZoneInfo
    now: datetime

    def full(self, at: datetime) -> str:
        """`tirsdag 1. desember 2026 kl. 12.00`."""
        return self._text(at, _FULL)

    def short(self, at: datetime) -> str:
        """`i dag kl. 10.12`, `i går kl. 10.12`, `3. nov.`, with the year when it is another one."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        if local.date() == today.date():
            return _TODAY[self.language].format(self._text(at, _CLOCK))
        if local.date() == (today - timedelta(days=1)).date():
            return _YESTERDAY[self.language].format(self._text(at, _CLOCK))
        return self._text(at, _DAY if local.year == today.year else _YEAR)

    def due(self, at: datetime) -> str:
        """When something is due: `i dag kl. 14.00` for the days around now, else the day, with its weekday while it is near."""
        days = (at.astimezone(self.zone).date() - self.now.astimezone(self.zone).date()).days
        if 0 < days < NEAR_DAYS:
            return self._text(at, _NEAR)
        return self.short(at)

    def iso(self, at: datetime) -> str:
        """For the attribute `datetime` of `<time>`."""
        return at.astimezone(self.zone).isoformat(timespec="seconds")

    def _text(self, at: datetime, patterns: Mapping[str, str]) -> str:
        local = at.astimezone(self.zone).replace(tzinfo=None)
        return format_datetime(local, patterns[self.language], locale=_LOCALE[self.language])
