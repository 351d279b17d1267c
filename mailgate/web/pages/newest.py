"""What a page shows of a case's entries: all of a few, of many the newest, and the rest behind a link. In: entries, query. Out: a part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NEWEST, FEW = 50, 60
"""So many are shown where there are more than `FEW`: no link for a handful more."""
WHOLE = "all"
"""The name in the query by which somebody asks for all of them."""


@dataclass(frozen=True, slots=True)
class ShownEntries:
    """The entries that are shown, the newest last, and how many earlier ones are not."""

    entries: Sequence[Any]
    earlier: int = 0


def newest(entries: Sequence[Any], query: Mapping[str, str]) -> ShownEntries:
    """What is shown of these entries, which are in the order of time."""
    if len(entries) <= FEW or query.get(WHOLE):
        return ShownEntries(entries)
    return ShownEntries(entries[-NEWEST:], len(entries) - NEWEST)
