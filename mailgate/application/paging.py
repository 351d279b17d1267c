"""Lists in pieces. In: an opaque cursor, or none for the beginning. Out: a `Page` with the cursor of the next one.

A cursor holds the sort key of the last row that was seen, never an offset: rows that come or go meanwhile shift nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from mailgate.cases.ids import is_id
from mailgate.errors import Invalid
from mailgate.strange_json import read_json

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in order, and the cursor with which the next ones follow; None at the end."""

    rows: Sequence[Row]
    next: str | None = None


def cursor_of(*sort_key: str) -> str:
    """The cursor behind a row with this sort key: base64url of JSON, so that nobody takes it for an id."""
    text = json.dumps(sort_key, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def sort_key_of(cursor: str, parts: int = 1) -> tuple[str, ...]:
    """The sort key of a cursor. Raises Invalid for what was not made by `cursor_of` with so many parts."""
    try:
        key = read_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        json.dumps(key, ensure_ascii=False).encode()
    except (binascii.Error, ValueError) as error:
        raise Invalid("cursor", "unreadable", "the cursor cannot be read; begin without one") from error
    if not isinstance(key, list) or len(key) != parts or not all(isinstance(part, str) for part in key):
        raise Invalid("cursor", "unreadable", "the cursor cannot be read; begin without one")
    return tuple(key)


def id_of(cursor: str) -> str:
    """The id in a cursor of a list that is sorted by ids. Raises Invalid for any other cursor."""
    (found,) = sort_key_of(cursor)
    if not is_id(found):
        raise Invalid("cursor", "unreadable", "the cursor cannot be read; begin without one")
    return found


def page_of(found: Sequence[Row], limit: int, cursor_at: Sequence[str]) -> Page[Row]:
    """The page of rows that were read with `limit + 1`; `cursor_at`: a cursor for each of them."""
    more = len(found) > limit
    return Page(found[:limit], cursor_at[limit - 1] if more else None)
