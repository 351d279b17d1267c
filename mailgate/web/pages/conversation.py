"""What a page shows of a conversation: all of a short one, of a long one the newest, and the rest behind a link. In: entries, query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NEWEST, SHORT = 50, 60
"""So many are shown of a conversation that is longer than `SHORT`: no link for a handful more."""
WHOLE = "all"
"""The name in the query by which somebody asks for all of it."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The entries that are shown, the newest last, and how many earlier ones are not."""

    entries: Sequence[Any]
    earlier: int = 0


def conversation(entries: Sequence[Any], query: Mapping[str, str]) -> Conversation:
    """What is shown of these entries, which are in the order of time."""
    if len(entries) <= SHORT or query.get(WHOLE):
        return Conversation(entries)
    return Conversation(entries[-NEWEST:], len(entries) - NEWEST)
