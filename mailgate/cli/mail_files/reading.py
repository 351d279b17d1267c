"""Where the commands that take mail find it. In: PATH arguments. Out: (label, raw bytes) one at a time. Reads files, writes nothing.

A PATH is an .eml file, a folder of them (with its folders, in order of name), an mbox with `--mbox`, or `-` for standard input.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from mailgate.cli.terminal import bare
from mailgate.errors import UsageError

PathsArgument = Annotated[
    list[str], typer.Argument(metavar="PATH", help="An .eml file, a folder of them, an mbox with --mbox, or - for standard input.")
]
MboxOption = Annotated[bool, typer.Option("--mbox", help="The paths are mbox files.")]
ReversePathOption = Annotated[
    str | None,
    typer.Option("--reverse-path", metavar="ADDRESS", help="Envelope sender; <> for none. Default: Return-Path of the mail, else From."),
]
RecipientOption = Annotated[
    list[str] | None,
    typer.Option(
        "--recipient",
        metavar="ADDRESS",
        help="Envelope recipient. Default: those of Delivered-To, X-Original-To, To and Cc that the listener takes, "
        "else the support address.",
    ),
]

_FROM_LINE = re.compile(rb"From \S{1,320}[ \t].{0,80}\d\d:\d\d")
"""RFC 4155: sender and date. A line of prose that begins with `From` has no clock in it."""


def read_mails(path: str, mbox: bool) -> Iterator[tuple[str, bytes]]:
    """Each mail behind one PATH, labelled with where it stands (`file`, or `file#3` in an mbox). Raises UsageError in one line."""
    if path == "-":
        yield from _split("-", sys.stdin.buffer) if mbox else iter([("-", sys.stdin.buffer.read())])
        return
    place = Path(path)
    try:
        if place.is_dir():
            yield from _folder(place, mbox)
        elif mbox:
            with place.open("rb") as file:
                yield from _split(path, file)
        else:
            yield path, place.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror or error}); give an .eml file, a folder, an mbox with --mbox, or -"
        ) from error


def _folder(place: Path, mbox: bool) -> Iterator[tuple[str, bytes]]:
    """All files of the folder that are named like mail; a maildir's `cur` and `new` too, whose files have no suffix."""
    files = sorted(one for one in place.rglob("*") if one.is_file() and _is_mail(one))
    if not files:
        raise UsageError(f"{place}: no mail in this folder; files must end in .eml, or lie in a maildir")
    for one in files:
        yield from read_mails(str(one), mbox)


def _is_mail(file: Path) -> bool:
    return file.suffix.lower() == ".eml" or file.parent.name in ("cur", "new")


def _split(label: str, lines: BinaryIO | Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """RFC 4155: a line `From ` after an empty line (or first of all) begins the next mail. One mail is held in memory at a time."""
    current: list[bytes] = []
    blank, number = True, 0
    for line in lines:
        if blank and line.startswith(b"From ") and (not number or _FROM_LINE.match(line)):
            if number:
                yield f"{label}#{number}", b"".join(current)
            current, number = [], number + 1
        else:
            current.append(line)
        blank = not line.strip()
    if number:
        yield f"{label}#{number}", b"".join(current)
    elif current:
        raise UsageError(f"{label}: not an mbox, its first line does not begin with 'From '; leave --mbox away for a single mail")


def counted(mails: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The mails, counted on the screen when standard error is a terminal and nothing else is written there."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from mails
        return
    from rich.console import Console  # a tenth of a second that scripts need not wait for
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed} mails"))
    console = Console(file=bare(sys.stderr))
    with Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as progress:
        yield from progress.track(mails, total=None)
