"""Points in time as people type them for `--since` and `--until`: `30d` ago, `12h` ago, `2009-04-01`. In: text. Out: a time in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from mailgate.errors import UsageError

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"([0-9]{1,6})([mhdw])")


def moment(text: str | None, now: datetime, option: str) -> datetime | None:
    """The time, aware UTC; None for None. Raises UsageError, which names the option."""
    if text is None:
        return None
    ago = _AGO.fullmatch(text.strip().lower())
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise UsageError(f"{option} {text!r}: write 90m, 12h, 30d, 4w or a day such as 2009-04-01") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
