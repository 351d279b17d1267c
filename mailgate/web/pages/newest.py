"""What a page shows of a case's entries: the newest, as many as a page may weigh, the rest by links. In: entries, query. Out: a part.

All is shown on request: all entries, each with its whole text (`all`), or one of them whole (`whole`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailgate.web.pages.beginnings import aside, beginning

NEWEST, FEW = 30, 33
"""How many are shown where there are more than `FEW`; the gap between the two spares a link to a handful."""
MOST_CHARS = 16_000
"""So much text the entries have together, the newest one aside."""
ALL, WHOLE = "all", "whole"
"""The names in the query by which somebody asks for all entries, or for the whole text of the one with this id."""


@dataclass(frozen=True, slots=True)
class ShownEntries:
    """The entries that are shown, the newest last, and how many earlier ones are not. `whole`: the id of the one shown whole."""

    entries: Sequence[Any]
    earlier: int = 0
    whole: str = ""
    all: bool = False

    def is_whole(self, id_: str) -> bool:
        """Whether the text of this entry is shown to its end, however long it is."""
        return self.all or self.whole == id_


def newest(entries: Sequence[Any], query: Mapping[str, str], wanted: str = "") -> ShownEntries:
    """What is shown of these entries, which are in the order of time; the one with the id `wanted` in any case."""
    whole = query.get(WHOLE, "")
    if query.get(ALL):
        return ShownEntries(entries, whole=whole, all=True)
    asked = (at for at, one in enumerate(entries) if one.id in (whole, wanted))
    first = min(_first(entries), *asked, len(entries))
    return ShownEntries(entries[first:], first, whole)


def _first(entries: Sequence[Any]) -> int:
    """Where the entries begin that are shown."""
    first, chars = len(entries), 0
    while first > 0 and (first == len(entries) or chars + _chars(entries[first - 1]) <= MOST_CHARS):
        first -= 1
        chars += _chars(entries[first])
    return first if len(entries) - first <= FEW else len(entries) - NEWEST


def _chars(entry: Any) -> int:
    """How much text of an entry is shown."""
    said = entry.comment
    return len(beginning(said.text)) + len(aside(said.signature)) + len(aside(said.quoted)) if said else 0
