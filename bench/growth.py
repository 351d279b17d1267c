"""The cost of one more mail with 1,000,000 cases and 5,000,000 journal rows, against 1,000 of each. Takes minutes and some GB of disk.

For each database two installations, a small and a large one, are given the same mails (mix) by turns: accepted, then taken in, each to a
case of its own. Measured is the wall time of the intake stage. `--cases` and `--journal` set the size of the large one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import servers
from bench.end_to_end import database
from bench.history import History, write
from bench.mails import templates
from bench.places import BUILD, folder
from bench.seed import planted
from bench.table import Row, in_turn, show
from mailgate import log
from mailgate.clock import utc_now
from mailgate.config import load
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.inbound.smtp.submission import Submission
from mailgate.mail.model import Envelope
from mailgate.runtime import bootstrap
from mailgate.store import migrate
from mailgate.store.database import open_database
from tests.support.processes.gateway import Gateway
from tests.support.processes.servers import PrivatePostgres

MAILS = 500
ROUNDS = 5
SMALL = History(1000, 1000)


@dataclass(frozen=True, slots=True)
class _Place:
    """One installation with its history, at work in this process."""

    ours: Gateway

    def intake_s(self) -> float:
        """Seconds to take in one round's mails."""
        people = planted(self.ours, MAILS)
        settings = load(self.ours.config, self.ours.environment)
        store = bootstrap.open_store(settings)
        mixed = templates()
        mails = (
            Submission(
                Envelope(to.author, (to.address,)),
                mixed[n % len(mixed)].content(to, f"{time.time_ns()}"),
                "192.0.2.1",
                "mx",
                "smtp",
                True,
                False,
            )
            for n, to in enumerate(people)
        )
        GroupCommitJournal(store, utc_now, lambda: None).append_many(mails)
        intake = bootstrap.make_intake(settings, store, lambda _: None, reads_aside=False)
        began_s = time.perf_counter()
        taken = intake.run(lambda: False)
        spent_s = time.perf_counter() - began_s
        assert taken == MAILS, f"{taken} of {MAILS}"
        store.database.close()
        return spent_s


def rows(large: History, rounds: int) -> list[Row]:
    """The ratio on each database."""
    log.configure("warning", "json")
    return [_on_sqlite(large, rounds), _on_postgres(large, rounds)]


def _on_sqlite(large: History, rounds: int) -> Row:
    with folder("growth") as home, ExitStack() as stack:
        places = {
            name: _made(stack, home / name, f"sqlite:///{home}/{name}/mailgate.db", history)
            for name, history in (("small", SMALL), ("large", large))
        }
        return _row("SQLite", places, large, rounds)


def _on_postgres(large: History, rounds: int) -> Row:
    shared = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
    with folder("growth") as home, ExitStack() as stack:
        server = stack.enter_context(PrivatePostgres(Path(tempfile.mkdtemp(prefix="bench-pg-", dir=BUILD)), shared))
        places = {
            name: _made(stack, home / name, stack.enter_context(database(server)), history)
            for name, history in (("small", SMALL), ("large", large))
        }
        return _row("PostgreSQL", places, large, rounds)


def _made(stack: ExitStack, home: Path, url: str, history: History) -> _Place:
    ours = stack.enter_context(servers.gateway(home, url))
    opened = open_database(url)
    migrate.upgrade(opened)
    write(opened, history)
    opened.close()
    return _Place(ours)


def _row(name: str, places: dict[str, _Place], large: History, rounds: int) -> Row:
    for place in places.values():
        place.intake_s()  # caches fill
    found = in_turn({size: partial(place.intake_s) for size, place in places.items()}, rounds)
    small_ms, large_ms = (found[size] / MAILS * 1e3 for size in ("small", "large"))
    detail = f"{small_ms:.2f} ms a mail with 1,000; {large_ms:.2f} ms with {large.cases:,} cases and {large.journal:,} journal rows"
    return Row(f"intake with history ÷ without, {name}", large_ms / small_ms, 1.2, at_most=True, detail=detail)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--journal", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    sys.exit(1 if show("Cost of one more", rows(History(given.cases, given.journal), given.rounds)) else 0)


if __name__ == "__main__":
    main()
