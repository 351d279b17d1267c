"""Writes the tables of the manual from the program: settings, metrics, commands. In: a page with marks. Out: the page with its tables anew.

`make docs` runs it; a test fails when a page differs from what it would write.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import typer

from mailgate.cli import COMMANDS
from mailgate.config import skeleton
from mailgate.metrics import COUNTERS, GAUGES


def settings_table() -> str:
    """One row for each key of mailgate.toml."""
    rows = ((f"`{s.name}`", s.kind, f"`{s.default}`", s.meaning) for s in skeleton.settings())
    return _table(("setting", "type", "default", "meaning"), rows)


def metrics_table() -> str:
    """One row for each metric of ours."""
    counters = ((f"`mailgate_{name}_total`", "counter", m.label or "", m.text) for name, m in COUNTERS.items())
    gauges = ((f"`mailgate_{name}`", "gauge", "", m.text) for name, m in GAUGES.items())
    return _table(("metric", "kind", "label", "meaning"), [*counters, *gauges])


def commands_table() -> str:
    """One row for each command and verb."""
    return _table(("command", "what it does"), ((f"`mailgate {name}`", text) for name, text in commands()))


def commands() -> Iterator[tuple[str, str]]:
    """Every command with its verbs, and the first line of its help."""
    for name in COMMANDS:
        module = import_module(f"mailgate.cli.{name}")
        group = getattr(module, "app", None)
        if not isinstance(group, typer.Typer):
            yield name, _first_line(getattr(module, name).__doc__)
            continue
        for verb in group.registered_commands:
            function = verb.callback
            assert function is not None
            yield f"{name} {verb.name or function.__name__.replace('_', '-')}", _first_line(function.__doc__)


TABLES = {"settings": settings_table, "metrics": metrics_table, "commands": commands_table}


def filled(page: str) -> str:
    """The page with the text between `<!-- name -->` and `<!-- /name -->` written anew."""
    for name, make in TABLES.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        head, found, rest = page.partition(begin)
        if found:
            page = head + begin + make() + end + rest.partition(end)[2]
    return page


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        place = Path(name)
        place.write_text(filled(place.read_text(encoding="utf-8")), encoding="utf-8")
