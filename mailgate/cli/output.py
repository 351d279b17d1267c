"""How commands show what they found. In: plain mappings. Out: NDJSON or aligned text on standard output. Never both."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from mailgate.errors import NotAllowed

if TYPE_CHECKING:
    from mailgate.store.rows import Intervention


def show(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], as_json: bool, *, none: str = "none") -> None:
    """A list: one JSON object per line with all fields, or a table of `columns`; `none` says in words that there is nothing."""
    if as_json:
        for row in rows:
            print(json_line(row))
        return
    lines = [[one_line(row.get(column)) for column in columns] for row in rows]
    if not lines:
        print(none, file=sys.stderr)
        return
    widths = [max(_width(line[at]) for line in [list(columns), *lines]) for at in range(len(columns))]
    for line in [[column.upper().replace("_", " ") for column in columns], *lines]:
        print("  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip())


def show_one(row: Mapping[str, Any], as_json: bool) -> None:
    """One thing: a JSON object, or one `name  value` line per field; lists of objects below each other."""
    if as_json:
        print(json_line(row))
        return
    width = max((len(name) for name in row), default=0)
    for name, value in row.items():
        if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            print(name)
            for item in value:
                print("  " + "  ".join(f"{key}={one_line(inner)}" for key, inner in item.items() if inner not in (None, "", [])))
        else:
            print(f"{name:<{width}}  {one_line(value)}")


def json_line(row: Mapping[str, Any]) -> str:
    """The object on one line. Times are ISO 8601 in UTC; bytes must not be in it."""
    return json.dumps(row, ensure_ascii=False, default=_plain)


def one_line(value: Any) -> str:
    """A value as text for a terminal: no control characters, no line ends."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, list | tuple):
        return ", ".join(one_line(item) for item in value)
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else " " for c in str(value))


def note(text: str) -> None:
    """One line for a person, on standard error: it is no result."""
    print(text, file=sys.stderr)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def report(moves: Iterable[Intervention], left: Mapping[str, str], as_json: bool, *, stay: Mapping[str, str] | None = None) -> None:
    """One line for each row that was moved, and for each that stays as it is, rightly. Raises NotAllowed for those that were left alone.

    `left` and `stay`: id -> why, in words that follow the id.
    """
    done, stay = list(moves), stay or {}
    for one in done:
        shown = json_line(asdict(one) | {"detail": json.loads(one.detail)})
        print(shown if as_json else f"{one.journal_id or one.outbox_id}  {one.to_state}")
    for id_, why in stay.items():
        print(json_line({"journal_id": id_, "stays": why}) if as_json else f"{id_}  {why}")
    if left:
        first, why = next(iter(left.items()))
        raise NotAllowed(f"{len(left)} of {len(done) + len(stay) + len(left)} left alone: {first} {why}")
