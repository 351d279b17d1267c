"""How fast pages come with 1,000,000 cases and 5,000,000 journal rows: the list, a search, a case, queues, on both databases.

A customer with 200 cases asks `mailgate web`, a process of its own, over HTTP; half a desk's work is the search over all cases, which is
called as the use case. 95 of 100 answers count. `--cases` sets how many cases there are (the journal has five times as many), `--on` one of
the databases. Takes minutes and some GB of disk.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import psycopg
from sqlalchemy import make_url, text

from bench import servers
from bench.end_to_end import database
from bench.history import FIRST_NUMBER, History, write
from bench.places import BUILD, folder
from bench.table import Row, show
from bench.visitors import p95_ms, pages_of, session_of
from mailgate import log
from mailgate.application.cases.read import ListCases, list_cases
from mailgate.application.desk.queues import QUEUES, ShowQueue, show_queue
from mailgate.application.principal import operator
from mailgate.config import load
from mailgate.runtime import bootstrap
from mailgate.store import migrate
from mailgate.store.database import Database, open_database
from tests.support.processes.gateway import Gateway
from tests.support.processes.servers import PrivatePostgres

ASKED = 200
OWN_CASES = 200
PAGE_MS, SEARCH_MS = 50.0, 200.0
QUERIES = ("faktura", "skriver treg", "gammel", "lisens", "fakt", f"SUP-{FIRST_NUMBER + 777}", f"{FIRST_NUMBER + 12345}", "finnesikke")
"""What is searched: a word of many cases, two words, a word of all, a rare one, a beginning, a key, a number, nothing."""


def _on_sqlite(cases: int) -> list[Row]:
    with folder("pages") as home, ExitStack() as stack:
        return _measured("SQLite", stack, home, f"sqlite:///{home}/mailgate.db", cases)


def _on_postgres(cases: int) -> list[Row]:
    shared = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
    with folder("pages") as home, ExitStack() as stack:
        server = stack.enter_context(PrivatePostgres(Path(tempfile.mkdtemp(prefix="bench-pg-", dir=BUILD)), shared))
        return _measured("PostgreSQL", stack, home, stack.enter_context(database(server)), cases)


def _measured(name: str, stack: ExitStack, home: Path, url: str, cases: int) -> list[Row]:
    ours = stack.enter_context(servers.gateway(home, url))
    opened = open_database(url)
    migrate.upgrade(opened)
    write(opened, History(cases, 5 * cases))
    contact = _customer(opened, cases)
    opened.close()
    token = session_of(url, contact)
    pages = {
        "case list": ("/cases", "/cases?status=closed"),
        "search": tuple(f"/cases?text={quote(query)}" for query in QUERIES),
        "case": tuple(f"/browse/SUP-{FIRST_NUMBER + number}" for number in range(0, OWN_CASES, 7)),
    }
    found = []
    with pages_of(ours) as port:
        for page, paths in pages.items():
            p95, median = p95_ms(port, token, paths, ASKED)
            most = SEARCH_MS if page == "search" else PAGE_MS
            detail = f"median {median:.1f} ms; {cases:,} cases, {OWN_CASES} of them one's own"
            found.append(Row(f"{page}, 95 of 100, {name}", p95, most, at_most=True, unit="ms", detail=detail))
    return [*found, _over_all(name, ours), _queues(name, ours, url)]


def _over_all(name: str, ours: Gateway) -> Row:
    """The search of an agent, who may see every case."""
    spent, slowest = [], ("", 0.0)
    with bootstrap.application(load(ours.config, ours.environment)) as app:
        for number in range(ASKED // 2):
            query = QUERIES[number % len(QUERIES)]
            began_s = time.perf_counter()
            list_cases(app, operator("bench"), ListCases(text=query))
            took_ms = (time.perf_counter() - began_s) * 1e3
            spent.append(took_ms)
            slowest = max(slowest, (query, took_ms), key=lambda one: one[1])
    p95 = statistics.quantiles(spent, n=20)[-1]
    detail = f"median {statistics.median(spent):.1f} ms; slowest {slowest[0]!r} {slowest[1]:.0f} ms"
    return Row(f"search over all cases, 95 of 100, {name}", p95, SEARCH_MS, at_most=True, unit="ms", detail=detail)


def _queues(name: str, ours: Gateway, url: str) -> Row:
    """The queues of an agent, with cases in all statuses, given to 50 agents and to nobody, due over a month."""
    opened = open_database(url)
    with opened.writing.begin() as connection, opened.without_limits(connection):
        connection.execute(text(_AT_WORK if opened.is_sqlite else _AT_WORK.replace("END\n", "END::timestamptz\n")))
    if not opened.is_sqlite:
        _vacuum(url)
    opened.close()
    spent, slowest = [], ("", 0.0)
    with bootstrap.application(load(ours.config, ours.environment)) as app:
        for number in range(ASKED // 2):
            queue = QUEUES[number % len(QUEUES)]
            began_s = time.perf_counter()
            show_queue(app, operator("agent 7"), ShowQueue(queue))
            took_ms = (time.perf_counter() - began_s) * 1e3
            spent.append(took_ms)
            slowest = max(slowest, (queue, took_ms), key=lambda one: one[1])
    p95 = statistics.quantiles(spent, n=20)[-1]
    detail = f"median {statistics.median(spent):.1f} ms; slowest {slowest[0]} {slowest[1]:.0f} ms"
    return Row(f"queues of the desk, 95 of 100, {name}", p95, PAGE_MS, at_most=True, unit="ms", detail=detail)


def _vacuum(url: str) -> None:
    """What autovacuum does within minutes: every case was just written again, and half of the table is dead rows."""
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True) as server:
        server.execute("VACUUM ANALYZE cases")


_AT_WORK = """
    UPDATE cases SET
        status = CASE number % 10 WHEN 0 THEN 'open' WHEN 1 THEN 'in_progress' WHEN 2 THEN 'waiting_customer' WHEN 3 THEN 'proposed'
            WHEN 4 THEN 'on_hold' WHEN 5 THEN 'reopened' ELSE 'closed' END,
        assignee = CASE number % 4 WHEN 0 THEN '' ELSE 'agent ' || (number % 50) END,
        due_at = CASE number % 20 WHEN 0 THEN '2026-11-' || (10 + number % 20) || 'T12:00:00.000000+00:00'
            ELSE '9999-12-31T00:00:00.000000+00:00' END
"""


def _customer(opened: Database, cases: int) -> str:
    """Somebody who takes part in so many cases; their contact's id."""
    with opened.writing.begin() as connection:
        found = connection.execute(text("SELECT id FROM contacts WHERE number = :number"), {"number": FIRST_NUMBER}).scalar_one()
        last = FIRST_NUMBER + min(cases, OWN_CASES)
        rest = text(
            "INSERT INTO participants (case_id, contact_id, role, approved) SELECT id, :who, 'participant', true FROM cases "
            "WHERE number < :last AND reporter_id <> :who"
        )
        if not opened.is_sqlite:
            rest = text(str(rest).replace(":who", "CAST(:who AS uuid)"))
        connection.execute(rest, {"who": str(found), "last": last})
    return str(found)


ON: Mapping[str, Callable[[int], list[Row]]] = {"sqlite": _on_sqlite, "postgresql": _on_postgres}


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--on", choices=[*ON], action="append", help="one of the databases; both when it is not given")
    given = parser.parse_args()
    log.configure("warning", "json")
    missed = sum(show(f"Pages, {name}", ON[name](given.cases)) for name in given.on or ON)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
