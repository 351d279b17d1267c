"""The Date field. In: its value as text. Out: an aware UTC datetime, or None. RFC 5322 section 3.3 and its obsolete and broken forms."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_COMMENT = re.compile(r"\([^()]{0,100}\)")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?")


def read_date(text: str) -> datetime | None:
    """The moment that `text` names. A zone that is missing or unknown (`-0000`) counts as UTC."""
    text = _COMMENT.sub(" ", text[:200]).strip()
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return _iso(text)
    return _utc(moment)


def _iso(text: str) -> datetime | None:
    match = _ISO.search(text)
    if not match:
        return None
    day, clock, zone = match.groups()
    try:
        return _utc(datetime.fromisoformat(f"{day}T{clock}{zone or '+00:00'}"))
    except (ValueError, OverflowError):
        return None


def _utc(moment: datetime) -> datetime | None:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
