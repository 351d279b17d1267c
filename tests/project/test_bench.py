"""`python -m bench.where` runs and prints a line for everything that it is asked about, in both places."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STAGES = ("accept", "intake", "notices", "send")
OF_A_STAGE = (
    "CPU, ms", "CPU of the reader, ms", "CPU of the database server, ms", "wall time, ms", "statements", "rows written",
    "KB between processes", "statements in a batch of 50",
)  # fmt: skip
PROCESSES = {"embedded": ("run", "reader"), "served": ("smtp", "worker", "reader", "PostgreSQL", "Redis")}


@pytest.mark.slow
@pytest.mark.services
@pytest.mark.packages
@pytest.mark.parametrize("place", sorted(PROCESSES))
def test_given_a_few_mails_when_it_is_asked_where_their_cpu_goes_then_all_lines_are_printed(place: str) -> None:
    command = [sys.executable, "-m", "bench.where", "--places", place, "--mails", "20", "--rounds", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = {cells[1].strip(): float(cells[2]) for line in done.stdout.splitlines() if len(cells := line.split("│")) == 4}
    assert {f"{stage}: {what}" for stage in STAGES for what in OF_A_STAGE} <= set(lines)
    assert {f"all at work: CPU of {process}, ms" for process in PROCESSES[place]} <= set(lines)
    for what in ("accept: statements", "intake: KB between processes", "notices: rows written", "all at work: mails a second"):
        assert lines[what] > 0, what
