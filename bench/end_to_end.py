"""End to end: a reply over SMTP becomes a comment and a status on its case, and a notification that a sink has accepted. Against Roundup.

Ours is measured from the first MAIL to the last 250 of the sink, with listener, worker, database, broker, load and sink on this machine:
once as one process with SQLite (embedded), once as a listener and worker processes with PostgreSQL and Redis. Every reply goes to a case
of its own, so that no two changes share a notification. Roundup's gateway runs in process, is handed each mail as bytes (no SMTP, no
acceptance), and sends its notification to the same sink. rt-mailgate is not measured: RT needs a web server and some hundred Perl modules.
Our notifications are signed with RSA-2048 and Ed25519 (DKIM); Roundup's are not signed, so ours are measured unsigned, too.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg

from bench import servers
from bench.load import Plan
from bench.mails import Correspondent, templates
from bench.places import BUILD, ROOT, folder
from bench.scale import Scale, main
from bench.seed import planted
from bench.table import Row, in_turn
from tests.support.ledger_check import unfinished
from tests.support.processes.gateway import Gateway
from tests.support.processes.servers import PrivatePostgres, PrivateRedis
from tests.support.processes.sink import Sink
from tests.support.waiting import until

ROUNDUP = BUILD / "roundup"
ROUNDUP_VERSION = "2.6.0"
MAILS = 3000
ROUNDUP_MAILS = 200
PATIENCE_S = 300.0
WORKERS = 1
_numbers = itertools.count(1)


def rows(scale: Scale) -> list[Row]:
    """Ours on PostgreSQL against Roundup, signed and not, and ours on both databases against each other."""
    prepare_roundup()
    with (
        folder("end") as home,
        PrivatePostgres(Path(tempfile.mkdtemp(prefix="bench-pg-", dir=_open_to_all()))) as postgres,
        PrivateRedis(home / "redis") as redis,
    ):
        sides: dict[str, Callable[[], float]] = {
            "served": partial(_served, home, scale.of(MAILS), postgres, redis),
            "unsigned": partial(_served, home, scale.of(MAILS), postgres, redis, signed=False),
            "embedded": partial(_embedded, home, scale.of(MAILS)),
            "roundup": partial(_roundup, home, scale.of(ROUNDUP_MAILS)),
        }
        rates = in_turn(sides, min(3, scale.rounds))
    served, unsigned, peer = rates["served"], rates["unsigned"], rates["roundup"]
    compared = "end to end on PostgreSQL + Redis, mix ÷ Roundup in process"
    return [
        Row(f"{compared}: ours signed", served / peer, 7.0, detail=f"ours {served:.0f}/s, Roundup {peer:.1f}/s"),
        Row(f"{compared}: nobody signs", unsigned / peer, 9.0, detail=f"ours {unsigned:.0f}/s"),
        Row("end to end, embedded ÷ PostgreSQL + Redis", rates["embedded"] / served, 0.9, detail=f"embedded {rates['embedded']:.0f}/s"),
    ]


def prepare_roundup() -> None:
    """The peer's virtual environment, made once."""
    if (ROUNDUP / "bin" / "roundup-mailgw").exists():
        return
    subprocess.run(["python3", "-m", "venv", str(ROUNDUP)], check=True)
    subprocess.run([str(ROUNDUP / "bin" / "pip"), "install", "--quiet", f"roundup=={ROUNDUP_VERSION}"], check=True)


def _open_to_all() -> Path:
    """PostgreSQL runs as a user of its own, who must get through."""
    BUILD.mkdir(parents=True, exist_ok=True)
    return BUILD


def _embedded(home: Path, mails: int) -> float:
    place = home / f"embedded-{next(_numbers)}"
    place.mkdir()
    with (
        Sink(keep=False) as sink,
        servers.gateway(place, f"sqlite:///{place}/mailgate.db", smarthost=f"smtp://127.0.0.1:{sink.port}") as ours,
    ):
        servers.sign(ours, place)
        people = servers.write_people(place / "people", planted(ours, mails))
        return _run(ours, sink, people, mails, lambda: ours.start("run").port)


def _served(home: Path, mails: int, postgres: PrivatePostgres, redis: PrivateRedis, *, signed: bool = True) -> float:
    place = home / f"served-{next(_numbers)}"
    with contextlib.ExitStack() as stack:
        sink, url = stack.enter_context(Sink(keep=False)), stack.enter_context(database(postgres))
        ours = stack.enter_context(servers.gateway(place, url, broker_url=redis.url, smarthost=f"smtp://127.0.0.1:{sink.port}"))
        if signed:
            servers.sign(ours, place)
        people = servers.write_people(place / "people", planted(ours, mails))

        def start() -> int:
            ours.start("worker", processes=WORKERS)
            return ours.start("smtp").port

        return _run(ours, sink, people, mails, start)


@contextlib.contextmanager
def database(postgres: PrivatePostgres) -> Iterator[str]:
    """The URL of a new database on a server."""
    name = f"bench{next(_numbers)}"
    with psycopg.connect(postgres.url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    yield postgres.url.rpartition("/")[0] + f"/{name}"


def _run(ours: Gateway, sink: Sink, people: Path, mails: int, start: Callable[[], int]) -> float:
    """Mails per second from the first MAIL to the sink's last 250."""
    port = start()
    began_s = servers.load(port, Plan(mails), people).began_s
    until(
        lambda: sink.count >= mails,
        PATIENCE_S,
        "every reply is notified",
        poll_s=0.01,
        detail=lambda: f"{sink.count} of {mails}\n{ours.logs()}",
    )
    ended_s = time.monotonic()
    until(lambda: unfinished(ours.database_url) == 0, PATIENCE_S, "all work is done", poll_s=0.05)
    assert ours.ledger()["commented"] == mails, ours.ledger()
    for part in ours.parts:
        part.stop()
    return mails / (ended_s - began_s)


def _roundup(home: Path, mails: int) -> float:
    place = home / f"roundup-{next(_numbers)}"
    (place / "mails").mkdir(parents=True)
    mixed = templates()
    for n in range(mails):
        to = Correspondent(f"person{n % 200}@kunde.example", "support@firma.test", f"issue{n + 1}")
        (place / "mails" / str(n)).write_bytes(mixed[n % len(mixed)].content(to, str(n)).replace(b"\r\n", b"\n"))
    with Sink(keep=False) as sink:
        command = [
            str(ROUNDUP / "bin" / "python"),
            str(ROOT / "bench" / "roundup_peer.py"),
            str(place / "tracker"),
            str(sink.port),
            str(place / "mails"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
        assert sink.count == mails, f"Roundup notified of {sink.count} of {mails} mails"
    return mails / float(json.loads(done.stdout.splitlines()[-1])["seconds"])


if __name__ == "__main__":
    main(__doc__, "End to end, mix", rows)
