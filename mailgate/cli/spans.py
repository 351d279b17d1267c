"""Spans of time as people type them: `30d`, `12h`, `2009-04-01`. In: text. Out: the moment when it begins. For `--since`
and `--until`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from mailgate.errors import UsageError

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"([0-9]{1,6})([mhdw])")

SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="Only mail accepted since then: 90m, 12h, 30d, 4w or a day (UTC).")
]


def since(text: str | None, now: datetime) -> datetime | None:
    """The moment that `--since` names, aware UTC; None for None. Raises UsageError."""
    return moment(text, now, "--since")


def moment(text: str | None, now: datetime, option: str) -> datetime | None:
    """The moment, aware UTC; None for None. Raises UsageError."""
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
