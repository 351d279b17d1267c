"""Whether a thing is still as its form showed it. In: the fields that somebody changes, as they saw them. Out: Stale, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailgate.errors import Conflict


class Stale(Conflict):
    """Somebody else has changed what the caller changes, too. `fields`: which, in the order of the form."""

    def __init__(self, what: str, fields: tuple[str, ...]) -> None:
        super().__init__(what, 0)
        self.fields = fields


def refuse_stale(what: str, seen: Mapping[str, str], now: Any) -> None:
    """Raises Stale for fields that are not what they were. The thing must be locked."""
    fields = tuple(name for name, text in seen.items() if getattr(now, name) != text)
    if fields:
        raise Stale(what, fields)
