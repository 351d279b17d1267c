"""What a backtest costs: stored mail of the mix decided by two policies, through the command line, on SQLite and on PostgreSQL.

A tenth of the mails are strangers', the others replies to cases of ten mails each. The figure is what 100,000 would take at the pace of
those that were run, and the start of the program and its readers once. `--mails` runs so many in one round, 100,000 to see it really.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import past, servers
from bench.end_to_end import database
from bench.places import BUILD, ROOT, folder
from bench.scale import Scale
from bench.table import Row, show
from mailgate.runtime.active_policy import shipped
from tests.support.processes.gateway import PROGRAM, Gateway
from tests.support.processes.servers import PrivatePostgres

MAILS, OF = 4000, 100_000
MOST_S = 300.0
_DRAFT = shipped().replace(
    "\nrules:\n", "\nrules:\n  - {name: some_customers, when: {author.address: {matches: '[0-4]@'}}, then: hold}\n", 1
)


def rows(scale: Scale) -> list[Row]:
    """Both databases."""
    return rows_of(scale.of(MAILS))


def rows_of(mails: int) -> list[Row]:
    """The same with so many mails."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (
        folder("backtest") as home,
        PrivatePostgres(Path(tempfile.mkdtemp(prefix="mailgate-pg-"))) as postgres,
        database(postgres) as url,
    ):
        return [_row("SQLite", home / "lite", f"sqlite:///{home}/lite/mailgate.db", mails), _row("PostgreSQL", home / "pg", url, mails)]


def _row(name: str, home: Path, url: str, mails: int) -> Row:
    with servers.gateway(home, url) as installed:
        past.write(installed, mails)
        start_s, start_cpu_s, _ = _run(installed, 1)
        wall_s, cpu_s, ran = _run(installed, 2 * OF)
    detail = f"{ran:,} mails in {wall_s:.1f} s, {start_s:.1f} s of them the start; CPU {(cpu_s - start_cpu_s) / ran * 1e3:.2f} ms a mail"
    return Row(f"backtest, 100,000 mails, {name}", start_s + (wall_s - start_s) / ran * OF, MOST_S, at_most=True, unit="s", detail=detail)


def _run(installed: Gateway, limit: int) -> tuple[float, float, int]:
    """Wall and CPU seconds of one backtest with its readers, and how many mails it ran."""
    draft = installed.folder / "draft.yaml"
    draft.write_text(_DRAFT, encoding="utf-8")
    command = [*PROGRAM, "policy", "backtest", str(draft), "--config", str(installed.config), "--limit", str(limit), "--json"]
    before, began_s = _children_s(), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    wall_s, cpu_s = time.perf_counter() - began_s, _children_s() - before
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["changed"] > 0 or limit == 1, "a draft that changes nothing"
    return wall_s, cpu_s, summary["ran"]


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=MAILS)
    sys.exit(1 if show("Backtest", rows_of(parser.parse_args().mails)) else 0)


if __name__ == "__main__":
    main()
