"""All benchmarks, one table: `python -m bench` (`make bench`), `python -m bench --short` (few mails: does everything still work?).

The peers are measured in the same run as ours, by turns. What takes longer runs alone: `python -m bench.growth` (`make bench-growth`).
Exit 1 when a whole run misses a target.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from bench import accept, backtest, cpu, end_to_end, flush, latency, live, memory, rules
from bench.places import folder
from bench.scale import SHORT, Scale, scale_of
from bench.table import Row, show

PARTS: tuple[Callable[[Scale], Sequence[Row]], ...] = (
    accept.rows,
    flush.rows,
    end_to_end.rows,
    cpu.rows,
    rules.rows,
    backtest.rows,
    latency.rows,
    live.rows,
    memory.rows,
)


def flush_ms() -> float:
    """What one flush of 8 KB costs on the disk that is measured on, the median of many."""
    with folder("disk") as home, (home / "file").open("wb", buffering=0) as file:
        found = []
        for _ in range(100):
            file.write(bytes(8192))
            began_s = time.perf_counter()
            os.fdatasync(file.fileno())
            found.append(time.perf_counter() - began_s)
    return statistics.median(found) * 1e3


def machine() -> str:
    """What the figures were measured on, and what else it was doing."""
    busy = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, a flush costs {flush_ms():.2f} ms, "
        f"load of others at the start {busy:.1f}"
    )


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    scale = scale_of(parser)
    title = machine()
    found = [row for part in PARTS for row in part(scale)]
    missed = show(title, found)
    sys.exit(1 if missed and scale is not SHORT else 0)


if __name__ == "__main__":
    main()
