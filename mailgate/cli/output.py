"""How commands show what they found. In: plain mappings. Out: NDJSON or aligned text on standard output. Never both."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from mailgate.errors import NotAllowed


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


def report(wanted: Sequence[str], done: Collection[str], now_is: str, otherwise: str) -> None:
    """One line for each id that was moved. Raises NotAllowed for those that were left alone."""
    for id_ in wanted:
        if id_ in done:
            print(f"{id_}  {now_is}")
    left = [id_ for id_ in wanted if id_ not in done]
    if left:
        raise NotAllowed(f"{len(left)} of {len(wanted)} left alone: {left[0]} {otherwise}")
