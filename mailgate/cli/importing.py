"""`mailgate customer|contact import`: what became of each line of a CSV file. In: a path. Out: lines. Exit code 1 when one is wrong."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mailgate.application.customers.import_csv import Imported
from mailgate.cli import output
from mailgate.errors import NotAllowed, UsageError

MAX_BYTES = 20_000_000
COLUMNS = ("line", "outcome", "name", "problem")

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A CSV file whose first line names the columns; - reads standard input.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would become of each line; nothing changes.")]


def text_of(file: Path) -> str:
    """The text of the file. Raises UsageError for one that cannot be read, or is not UTF-8."""
    try:
        content = sys.stdin.buffer.read(MAX_BYTES + 1) if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise UsageError(f"{file} has more than {MAX_BYTES // 1_000_000} MB; import it in parts")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{file}: line {line} is not UTF-8; in Excel, save it as CSV UTF-8") from None


def show(done: Imported, dry_run: bool, as_json: bool) -> None:
    """The lines that are not as they were, and how many are what. Raises NotAllowed when one is wrong."""
    shown = done.lines if as_json else [one for one in done.lines if one.outcome != "unchanged"]
    if shown:
        output.show([asdict(one) for one in shown], COLUMNS, as_json)
    counts = Counter(one.outcome for one in done.lines)
    words = ", ".join(f"{counts[outcome]} {outcome}" for outcome in ("added", "changed", "unchanged", "wrong") if counts[outcome])
    if counts["wrong"]:
        raise NotAllowed(f"{words}; nothing has changed: mend the lines that are wrong, then import the whole file again")
    output.note(f"{words or 'the file has no lines'}{'; nothing has changed: this was a dry run' if dry_run else ''}")
