"""Hours under an even load, with one line a minute: what was accepted, what waits, resident memory, and whether the ledger balances.

`python -m bench.soak --hours 8 --rate 50` (`make soak`). Exit 1 when the ledger does not balance.
"""

from __future__ import annotations

import argparse
import sys
import time

import psutil

from bench import servers
from bench.load import Plan
from bench.places import folder
from tests.support.ledger_check import unfinished

LINE_S = 60


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--rate", type=float, default=50.0, metavar="PER_S")
    given = parser.parse_args()
    ends_s = time.monotonic() + given.hours * 3600
    with folder("soak") as home, servers.gateway(home, f"sqlite:///{home}/mailgate.db") as ours:
        part = ours.start("run")
        process = psutil.Process(part.process.pid)
        while time.monotonic() < ends_s:
            seconds = min(LINE_S, max(1.0, ends_s - time.monotonic()))
            found = servers.load(part.port, Plan(max(1, int(seconds * given.rate)), rate_per_s=given.rate))
            ledger = ours.ledger()
            rss_mb = sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 1e6
            waits = unfinished(ours.database_url)
            print(f"accepted {ledger['accepted']}, waiting {waits}, {rss_mb:.0f} MB, 99 of 100 within {found.p99_ms:.0f} ms", flush=True)
        ours.settled()
    sys.exit(0 if ledger["balanced"] else 1)


if __name__ == "__main__":
    main()
