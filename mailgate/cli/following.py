"""`--follow`: what is there, then what comes or changes, until it is interrupted. In: a way to read. Out: each row once."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import typer

LOOK_EVERY_S = 1.0
Row = TypeVar("Row")

FollowOption = Annotated[bool, typer.Option("--follow", "-f", help="Go on, and show what comes or changes, until Ctrl-C.")]


def pause() -> None:
    """Wait for the next look."""
    time.sleep(LOOK_EVERY_S)


def follow(read: Callable[[], Sequence[Row]], name: Callable[[Row], str], show: Callable[[Row], None]) -> None:
    """Show every row of `read`, in its order, once for each `name`. Ends with KeyboardInterrupt alone."""
    known: set[str] = set()
    while True:
        for row in read():
            if (named := name(row)) not in known:
                known.add(named)
                show(row)
        sys.stdout.flush()
        pause()
