"""`--follow`: what is there, then what comes or changes, until it is interrupted. In: a look at what is new. Out: each row once."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Annotated, NoReturn, TypeVar

import typer

LOOK_EVERY_S = 1.0
Row = TypeVar("Row")

FollowOption = Annotated[bool, typer.Option("--follow", "-f", help="Go on, and show what comes or changes, until Ctrl-C.")]


def pause() -> None:
    """Wait for the next look."""
    time.sleep(LOOK_EVERY_S)


def follow(look: Callable[[], Sequence[Row]], show: Callable[[Row], None]) -> NoReturn:
    """Show every row of each look, in its order. Ends with KeyboardInterrupt alone."""
    while True:
        for row in look():
            show(row)
        sys.stdout.flush()
        pause()


def unseen(read: Callable[[], Sequence[Row]], name: Callable[[Row], str]) -> Callable[[], Sequence[Row]]:
    """A look at the rows of `read` whose name no look before has had."""
    known: set[str] = set()

    def look() -> Sequence[Row]:
        fresh = {named: row for row in read() if (named := name(row)) not in known}
        known.update(fresh)
        return list(fresh.values())

    return look
