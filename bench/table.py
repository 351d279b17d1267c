"""How a figure is measured and shown: runs of ours and of the peer in turn, the median of each, their ratio against a target.

The machine is shared and noisy. Taking turns lets both sides meet the same noise; a ratio of medians of one run is what may be quoted.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

Measure = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `measured` is held against `target`: at least it, or with `at_most` no more than it. No target: for information."""

    what: str
    measured: float
    target: float | None = None
    at_most: bool = False
    unit: str = "x"
    detail: str = ""

    @property
    def missed(self) -> bool:
        """True when there is a target and it is not met."""
        if self.target is None:
            return False
        return self.measured > self.target if self.at_most else self.measured < self.target

    @property
    def verdict(self) -> str:
        """ok, MISS, or nothing."""
        return "" if self.target is None else "MISS" if self.missed else "ok"


def in_turn(sides: Mapping[str, Measure], rounds: int) -> dict[str, float]:
    """The median of each side's figures. Every round runs all sides, every second one in the opposite order."""
    figures: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides)[:: -1 if number % 2 else 1]:
            figures[name].append(sides[name]())
    return {name: statistics.median(found) for name, found in figures.items()}


def show(title: str, rows: Sequence[Row]) -> int:
    """Print one table; how many rows miss their target."""
    table = Table(title=title, title_justify="left")
    for name in ("what", "target", "measured", "", "figures"):
        table.add_column(name, justify="right" if name in ("target", "measured") else "left", overflow="fold")
    for row in rows:
        sign = "" if row.target is None else "<= " if row.at_most else ">= "
        target = "" if row.target is None else f"{sign}{row.target:g} {row.unit}"
        table.add_row(
            row.what,
            target,
            f"{row.measured:.3g} {row.unit}" if row.measured < 100 else f"{row.measured:.0f} {row.unit}",
            row.verdict,
            row.detail,
        )
    Console(width=150).print(table)
    return sum(row.missed for row in rows)
