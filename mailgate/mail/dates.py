"""The Date field. In: its value as text. Out: an aware UTC datetime, or None. RFC 5322 section 3.3 and its obsolete and broken forms."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from mailgate.mail.loose_date import read_loose_date

_MONTHS = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip
_STANDARD = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?([0-9]{1,2}) ([A-Z][a-z]{2}) ((?:19|20)[0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) "
    r"([+-])([0-9]{2})([0-9]{2})"
)
"""The form of RFC 5322 section 3.3 that nearly all programs write; the standard library's reader takes thrice as long."""
_COMMENT = re.compile(r"\([^()]{0,100}\)")
_COMMENT_DEPTH = 3
_DAY_MINUTES = 24 * 60


def read_date(text: str) -> datetime | None:
    """The moment that `text` names. A zone that is missing or unknown (`-0000`) counts as UTC."""
    text = text[:200]
    for _ in range(text.count("(") and _COMMENT_DEPTH):
        text = _COMMENT.sub(" ", text)
    text = text.strip()
    if not text:
        return None
    return _standard(text) or read_loose_date(text) or _any(text)


def _standard(text: str) -> datetime | None:
    found = _STANDARD.fullmatch(text)
    month = _MONTHS.get(found[2]) if found else None
    if found is None or month is None:
        return None
    day, _, year, hour, minute, second, sign, *zone = found.groups()
    try:
        moment = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    minutes = int(zone[0]) * 60 + int(zone[1])
    if minutes >= _DAY_MINUTES:
        return None
    return moment + timedelta(minutes=minutes if sign == "-" else -minutes)


def _any(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return _utc(moment)


def _utc(moment: datetime) -> datetime | None:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
