"""Where the CPU of a mail goes: by process with all at work, and by stage alone. Statements, rows, copied bytes, wall time, too.

    python -m bench.where [--against REV] [--places embedded,served] [--mails 400] [--rounds 3]

`embedded` is `mailgate run` on SQLite; `served` is `mailgate smtp` and `mailgate worker` on PostgreSQL and Redis. With `--against` the same
is measured in a checkout of an older commit, by turns in the same run and with the same libraries; only the ratio may be quoted, since
other work on the machine raises CPU times. The measuring itself is `bench.stage_costs`, which knows the names of old trees, too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.places import BUILD, ROOT

PLACES = ("embedded", "served")
BATCH = 50
"""Mails in a batch of intake and of notices, unless a setting says otherwise."""
PATIENCE_S = 900.0

Figures = dict[str, float]
"""What was measured -> how much of it one mail costs."""


@contextlib.contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """The tree of an older commit, taken away afterwards."""
    BUILD.mkdir(parents=True, exist_ok=True)
    tree = BUILD / f"revision-{revision}-{os.getpid()}"
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(tree), revision], cwd=ROOT, check=True)
    try:
        templates = tree / "mailgate" / "templates"
        if not templates.exists():  # a mapped package: without it that of this tree would be taken
            templates.symlink_to(tree / "templates")
        yield tree
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)


def measured(tree: Path, place: str, mails: int) -> Figures:
    """One run of `bench.stage_costs` in a tree."""
    command = [sys.executable, "-P", str(ROOT / "bench" / "stage_costs.py"), place, "--mails", str(mails)]
    surroundings = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(command, cwd=tree, env=surroundings, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return _flat(json.loads(done.stdout.splitlines()[-1]))


def _flat(found: Mapping[str, Mapping[str, object]]) -> Figures:
    figures: Figures = {f"all at work: {name}": float(str(value)) for name, value in found["processes"].items()}
    for stage, costs in found["stages"].items():
        assert isinstance(costs, dict)
        figures |= {f"{stage}: {name}": value for name, value in costs.items()}
        figures[f"{stage}: statements in a batch of {BATCH}"] = costs["statements"] * BATCH
    return figures


def by_turns(trees: Mapping[str, Path], place: str, mails: int, rounds: int) -> dict[str, Figures]:
    """The median of each figure for each tree. Every second round goes the other way round."""
    runs: dict[str, list[Figures]] = {name: [] for name in trees}
    for number in range(rounds):
        for name in list(trees)[:: -1 if number % 2 else 1]:
            runs[name].append(measured(trees[name], place, mails))
    return {name: {what: statistics.median(run.get(what, 0.0) for run in found) for what in found[0]} for name, found in runs.items()}


def table(title: str, sides: Mapping[str, Figures]) -> Table:
    """One line for each figure; with two sides, the new one divided by the old one."""
    made = Table(title=title, title_justify="left")
    made.add_column("for each mail")
    for name in (*sides, *(("ratio",) if len(sides) > 1 else ())):
        made.add_column(name, justify="right")
    old, new = next(iter(sides.values())), list(sides.values())[-1]
    for what in dict.fromkeys((*new, *old)):
        ratio = [f"{new.get(what, 0.0) / old[what]:.2f}" if old.get(what) else ""] if len(sides) > 1 else []
        made.add_row(what, *(f"{figures[what]:.3g}" if what in figures else "" for figures in sides.values()), *ratio)
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="bench.where", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", metavar="REV", help="an older commit, measured beside this tree")
    parser.add_argument("--places", default=",".join(PLACES))
    parser.add_argument("--mails", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        old = {given.against: stack.enter_context(checkout(given.against))} if given.against else {}
        for place in given.places.split(","):
            found = by_turns({**old, "this tree": ROOT}, place, given.mails, given.rounds)
            Console(width=150).print(table(f"{place}: {given.mails} mails of the mix, median of {given.rounds}", found))


if __name__ == "__main__":
    main()
