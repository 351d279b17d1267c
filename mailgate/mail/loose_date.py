"""Dates as programs write them that do not keep to RFC 5322. In: text. Out: an aware UTC datetime, or None. Pure, bounded, never raises.

Known: names of months in the languages of Northern and Western Europe, points between numbers, zones by their names and as `GMT+1`, the
forms of ISO 8601, of the C library and of America, leap seconds and the hour 24.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_MONTHS = {
    "jan": 1, "gen": 1, "ene": 1, "feb": 2, "fév": 2, "fev": 2, "mar": 3, "mär": 3, "mrt": 3, "apr": 4, "avr": 4, "abr": 4,
    "may": 5, "mai": 5, "maj": 5, "mei": 5, "mag": 5, "jun": 6, "juin": 6, "giu": 6, "jul": 7, "juil": 7, "lug": 7,
    "aug": 8, "aoû": 8, "ago": 8, "sep": 9, "set": 9, "oct": 10, "okt": 10, "ott": 10, "out": 10, "nov": 11,
    "dec": 12, "des": 12, "dez": 12, "déc": 12, "dic": 12,
}  # fmt: skip
_ZONES_MINUTES = {
    "wet": 0, "bst": 60, "cet": 60, "met": 60, "mez": 60, "cest": 120, "mest": 120, "mesz": 120, "eet": 120, "eest": 180, "msk": 180,
    "jst": 540, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
}  # fmt: skip
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d{1,9})?)?(?!\d)")
_POINTED_CLOCK = re.compile(r"(?<![\d.])(\d{1,2})\.(\d\d)(?:\.(\d\d))?(?![\d.])")
_YEAR_FIRST = re.compile(r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?!\d)")
_DAY_NAMED = re.compile(
    r"(?<![\d:.])(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?[\s-]{1,5}(?P<month>[^\W\d_]{3,12})\.?,?[\s-]{1,5}(?P<year>\d{2,4})(?![\d:])"
)
_MONTH_NAMED = re.compile(r"(?<!\w)(?P<month>[^\W\d_]{3,12})\.?\s{1,5}(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s{1,5}(?P<year>\d{4})(?!\d)")
_C_LIBRARY = re.compile(r"(?<!\w)(?P<month>[^\W\d_]{3,12})\s{1,5}(?P<day>\d{1,2})\s{1,5}\d{1,2}:\d\d.{0,20}?\s(?P<year>\d{4})(?!\d)")
_DAYS = (_YEAR_FIRST, _DAY_FIRST, _DAY_NAMED, _MONTH_NAMED, _C_LIBRARY)
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d\d)(?!\d)|(?:gmt|utc)\s?([+-])(\d{1,2})(?!\d)")
_WORD = re.compile(r"[a-z]{3,4}")
_DAY_MINUTES = 24 * 60


def read_loose_date(text: str) -> datetime | None:
    """The moment that `text` (at most some hundred characters) names; a zone that is missing or unknown counts as UTC."""
    low = text.lower()
    day = next((found for one in _DAYS if (found := one.search(low))), None)
    if day is None:
        return None
    beside = low if day.re is _C_LIBRARY else low[: day.start()] + " " + low[day.end() :]
    clock = _CLOCK.search(beside) or _POINTED_CLOCK.search(beside)
    if clock is None:
        return None
    midnight = _midnight(day["day"], day["month"], day["year"])
    after = beside[clock.end() :]
    minutes = _of_day(clock, after)
    if midnight is None or minutes is None:
        return None
    try:
        return midnight + timedelta(minutes=minutes - _offset(after), seconds=min(int(clock[3] or 0), 59))
    except OverflowError:
        return None


def _midnight(day: str, month: str, year: str) -> datetime | None:
    number = int(month) if month.isdigit() else _MONTHS.get(month[:4]) or _MONTHS.get(month[:3])
    try:
        return datetime(_full_year(year), number, int(day), tzinfo=UTC) if number else None
    except ValueError:
        return None


def _full_year(year: str) -> int:
    """RFC 5322 section 4.3: of two digits 00 to 49 are of this century; three are years since 1900."""
    number = int(year)
    if len(year) == 2:
        return number + (2000 if number < 50 else 1900)
    return number + 1900 if len(year) == 3 else number


def _of_day(clock: re.Match[str], after: str) -> int | None:
    """The minute of the day. 60 seconds are a leap second (RFC 5322 section 3.3), 24:00 is the end of the day (ISO 8601)."""
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    half = after.split(None, 1)[0] if after.strip() else ""
    if half in ("pm", "p.m.") and hour < 12:
        hour += 12
    elif half in ("am", "a.m.") and hour == 12:
        hour = 0
    minutes = hour * 60 + minute
    return minutes if minute < 60 and second <= 60 and minutes <= _DAY_MINUTES else None


def _offset(after: str) -> int:
    """How many minutes the zone that stands behind the clock is ahead of UTC."""
    found = _OFFSET.search(after)
    if found is None:
        return next((_ZONES_MINUTES[word] for word in _WORD.findall(after) if word in _ZONES_MINUTES), 0)
    sign, hours, rest = found[1] or found[4], found[2] or found[5], found[3] or "0"
    minutes = int(hours) * 60 + int(rest)
    return 0 if minutes >= _DAY_MINUTES else minutes if sign == "+" else -minutes
