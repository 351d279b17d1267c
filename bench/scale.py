"""How much is measured: all, or a short run that only shows that everything works. And the entry of each module that runs alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.table import Row, show


@dataclass(frozen=True, slots=True)
class Scale:
    """`share` of the mails of a whole run, in so many `rounds`."""

    share: float = 1.0
    rounds: int = 5

    def of(self, count: int) -> int:
        """The share of a count that is measured."""
        return max(20, int(count * self.share))


WHOLE = Scale()
SHORT = Scale(0.08, 1)

Rows = Callable[[Scale], Sequence[Row]]


def scale_of(parser: argparse.ArgumentParser) -> Scale:
    """What the command line asks for."""
    parser.add_argument("--short", action="store_true", help="few mails, one round: does it work at all?")
    parser.add_argument("--rounds", type=int, default=WHOLE.rounds)
    given = parser.parse_args()
    return SHORT if given.short else Scale(rounds=given.rounds)


def main(doc: str | None, title: str, rows: Rows) -> None:
    """Run one module's measurement and print its table; exit 1 when a target is missed by a whole run."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    scale = scale_of(parser)
    missed = show(title, rows(scale))
    sys.exit(1 if missed and scale is not SHORT else 0)
