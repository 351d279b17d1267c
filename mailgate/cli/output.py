"""How commands show what they found. In: plain mappings. Out: NDJSON or aligned text on standard output. Never both."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailgate.errors import NotAllowed, UsageError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from mailgate.application.journal.views import Moved

NOT_A_TERMINAL_COLUMNS = 100_000
GAP = 2
WORD_MOST = 16
"""Cells of one word that have no more characters than this are not folded."""
READABLE = 20
"""Cells of sentences and addresses that are narrower than this cannot be read."""
BELOW = 4
"""Blanks before what stands below."""
FOLDED_LEAST = 8
"""Folded cells get as much; else short words are folded, too."""
LEFT = {"pending": "is pending: it is not decided yet", "purged": "cannot be run again: its bytes have been purged"}


_desk: dict[str, tzinfo] = {"zone": UTC}


def use_zone(name: str) -> None:
    """Show times to people in this time zone from now on; one that the system does not know is not used. JSON stays in UTC."""
    with contextlib.suppress(ZoneInfoNotFoundError, ValueError):
        _desk["zone"] = ZoneInfo(name)


def show(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], as_json: bool, *, none: str = "none") -> None:
    """A list: one JSON object per line with all fields, or a table of `columns`; `none` says in words that there is nothing."""
    if as_json:
        for row in rows:
            print(json_line(row))
        return
    found = list(rows)
    if not found:
        print(none, file=sys.stderr)
        return
    print(table({column: [row.get(column) for row in found] for column in columns}))


def table(columns: Mapping[str, Sequence[Any]]) -> str:
    """Values by the name of their column, as a table with titles and without colour. All columns have as many values.

    What does not fit the width of the terminal is folded, but for ids, times and short words; times lose their seconds then, and columns
    that are empty in all rows are left out. Where columns would be too narrow to read, the last ones stand below the others.
    Where nobody looks (a pipe, a file) nothing is folded, shortened or left out.
    """
    from rich.console import Console  # a tenth of a second that --json need not wait for

    console = Console(color_system=None, highlight=False, width=None if sys.stdout.isatty() else NOT_A_TERMINAL_COLUMNS)
    cells = {_title(name): [one_line(value) for value in values] for name, values in columns.items()}
    if _width(cells) > console.width:
        said = {name: values for name, values in columns.items() if any(value not in (None, "", [], ()) for value in values)}
        cells = {_title(name): [_briefly(value) for value in values] for name, values in said.items()}
        if above := _above(cells, console.width):
            return "\n".join(_stacked(console, cells, above))
    return "\n".join(_printed(console, _drawn(cells, _kept(cells, console.width))))


def _printed(console: Console, what: RenderableType) -> list[str]:
    with console.capture() as captured:
        console.print(what)
    return [text.rstrip() for text in captured.get().splitlines()]


def _above(columns: Mapping[str, Sequence[str]], width: int) -> Sequence[str]:
    """The first columns, as many as fit whole, where side by side some would be too narrow to read; else none."""
    widths = {title: _column_width(title, cells) for title, cells in columns.items()}
    narrowest = {title: each if _is_whole(at, columns[title]) else min(READABLE, each) for at, (title, each) in enumerate(widths.items())}
    if sum(narrowest.values()) + GAP * (len(widths) - 1) <= width:
        return ()
    taken = [sum(list(widths.values())[: at + 1]) + GAP * at for at in range(len(widths))]
    return [title for title, upto in zip(widths, taken, strict=True) if upto <= width]


def _is_whole(at: int, cells: Sequence[str]) -> bool:
    """Whether a column may not be folded: the first one, times, short words."""
    return at == 0 or _are_times(cells) or all(len(cell) <= WORD_MOST and " " not in cell for cell in cells)


def _stacked(console: Console, columns: Mapping[str, Sequence[str]], above: Sequence[str]) -> Iterator[str]:
    """The columns `above` as a table, and below each of its lines what the others say."""
    from rich.padding import Padding
    from rich.text import Text

    below = {title: cells for title, cells in columns.items() if title not in above}
    said = ["  ".join(below), *("  ".join(filter(None, line)) for line in zip(*below.values(), strict=True))]
    for first, second in zip(_printed(console, _drawn({title: columns[title] for title in above}, above)), said, strict=True):
        yield first
        if second:
            yield from _printed(console, Padding(Text(second, overflow="fold"), (0, 0, 0, BELOW)))


def _drawn(columns: Mapping[str, Sequence[str]], kept: Collection[str]) -> Any:
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="")
    for title in columns:
        drawn.add_column(Text(title), overflow="fold", no_wrap=title in kept)
    for line in zip(*columns.values(), strict=True):
        drawn.add_row(*map(Text, line))
    return drawn


def _kept(columns: Mapping[str, Sequence[str]], width: int) -> Collection[str]:
    """The columns that are not folded: the first one and times; those of short words as long as the others have room."""
    widths = {title: _column_width(title, cells) for title, cells in columns.items()}
    first = {title for at, (title, cells) in enumerate(columns.items()) if at == 0 or _are_times(cells)}
    kept = {title for at, (title, cells) in enumerate(columns.items()) if _is_whole(at, cells)}
    others = sum(min(FOLDED_LEAST, widths[title]) for title in widths.keys() - kept)
    return kept if sum(widths[title] for title in kept) + GAP * len(widths) + others <= width else first


def _are_times(cells: Sequence[str]) -> bool:
    return any(cell[:4].isdigit() and cell[4:5] == "-" and cell[13:14] == ":" for cell in cells)


def _width(columns: Mapping[str, Sequence[str]]) -> int:
    return sum(_column_width(title, cells) + GAP for title, cells in columns.items()) - GAP


def _column_width(title: str, cells: Sequence[str]) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, (title, *cells)))


def _title(name: str) -> str:
    return name.upper().replace("_", " ")


def _briefly(value: Any) -> str:
    """A value where there is little room: times to the minute, in the zone of the desk."""
    return value.astimezone(_desk["zone"]).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else one_line(value)


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
        return value.astimezone(_desk["zone"]).strftime("%Y-%m-%d %H:%M:%S %Z")
    if isinstance(value, list | tuple):
        return ", ".join(one_line(item) for item in value)
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else " " for c in str(value))


def with_short_ids(rows: Iterable[Any], shorten: Callable[[Sequence[str]], Mapping[str, str]], as_json: bool) -> list[dict[str, Any]]:
    """Values with an `id` as mappings; for people, with the beginnings of the ids by which they are told from all others."""
    found = [asdict(row) for row in rows]
    short = {} if as_json else shorten([row["id"] for row in found])
    return [{**row, "id": short.get(row["id"], row["id"])} for row in found]


def hanging(head: str, text: str) -> str:
    """`head` and a sentence; on a terminal it is wrapped beside the head. In a pipe it stays on one line."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    if width < len(head) + READABLE:
        return head + text
    lines = textwrap.wrap(text, width - len(head), break_long_words=False, break_on_hyphens=False)
    return head + f"\n{' ' * len(head)}".join(lines)


def shortened(text: str, most: int) -> str:
    """At most `most` characters; an ellipsis says that there is more."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def counted(count: int, one: str) -> str:
    """A number and its noun: `1 mail`, `2 mails`, `3 entries`, `2 addresses`. `one`: the noun for one."""
    many = f"{one[:-1]}ies" if one.endswith("y") else f"{one}es" if one.endswith("s") else f"{one}s"
    return f"{count} {one if count == 1 else many}"


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


def given(text: str | None, what: str) -> str:
    """The text of an option; "" when it was not given. Raises UsageError for one that is given and empty."""
    if text is not None and not text.strip():
        raise UsageError(f"{what} is empty")
    return text or ""


def report(done: Moved, wrong_state: str, as_json: bool) -> None:
    """One line for each row that was moved, and for each that stays because its work is done.

    `wrong_state`: words for a row that is not in a state that the verb is for. Raises NotAllowed when rows were left as they were.
    """
    for one in done.moves:
        print(json_line(asdict(one)) if as_json else f"{one.journal_id or one.outbox_id}  {one.to_state}")
    for row in done.stay:
        why = f"is {row.state} already, and stays so"
        print(json_line({"journal_id": row.id, "stays": why}) if as_json else f"{row.id}  {why}")
    if done.left:
        first = done.left[0]
        why = LEFT.get(first.code, wrong_state)
        raise NotAllowed(f"{len(done.left)} of {len(done.moves) + len(done.stay) + len(done.left)} left alone: {first.id} {why}")
