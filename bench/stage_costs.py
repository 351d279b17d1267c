"""What the stages and the processes cost for each mail of one run of the mix, as JSON: the half of `bench.where` that runs in a tree.

    python -P bench/stage_costs.py embedded|served --mails 400        (PYTHONPATH names the tree that is measured, maybe an old one)

In turn: every stage alone in this process, on a full queue; then all processes at work, fed over SMTP. Each reply goes to a case of its own
and is notified of once, signed with RSA-2048 and Ed25519. CPU seconds are those of the kernel's accounting for each process.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sqlite3
import sqlite3.dbapi2
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
import psycopg

PATIENCE_S = 300.0
WARM = 20
"""Mails before the measured ones: what is started, compiled or loaded once is there."""
WRITES = ("INSERT", "UPDATE", "DELETE")


def _first(*names: str) -> Any:
    """The first of these modules that there is: an old tree has some under another name."""
    for name in names:
        with contextlib.suppress(ModuleNotFoundError):
            return import_module(name)
    raise ModuleNotFoundError(f"none of {names}")


def _attribute(module: Any, *names: str) -> Any:
    return next(getattr(module, name) for name in names if hasattr(module, name))


BOOTSTRAP = _first("mailgate.runtime.bootstrap", "mailgate.bootstrap")
JOURNAL = _first("mailgate.inbound.smtp.journal", "mailgate.inbound.journal")
SUBMISSION = _first("mailgate.inbound.smtp.submission", "mailgate.inbound.submission")
COLLECTOR = _first("mailgate.gc_tuning", "mailgate.memory")
SERVERS = _first("tests.support.processes.servers", "tests.support.servers", "tests.servers")
SINK = _first("tests.support.processes.sink", "tests.support.sink", "tests.sink")
WAITING, LEDGER = _first("tests.support.waiting", "tests.waiting"), _first("tests.support.ledger_check", "tests.ledger_check")
BENCH_SERVERS, LOAD, MAILS, SEED = (import_module(f"bench.{name}") for name in ("servers", "load", "mails", "seed"))
BUILD = import_module("bench.places").BUILD


@dataclass(slots=True)
class Statements:
    """What this process has asked of its database, whichever layer asked. A row of `executemany` is a statement of its own."""

    count: int = 0
    written: int = 0
    files: list[sqlite3.Connection] = field(default_factory=list)

    def watch(self) -> None:
        """Count from now on, on connections that are not open yet."""
        self._watch_sqlite()
        for name in ("execute", "executemany"):
            self._watch_psycopg(name)

    def _watch_sqlite(self) -> None:
        """By classes of our own. `set_trace_callback` would write out every value, which costs a tenth of all CPU."""
        statements = self

        class Counting:
            def execute(self, *arguments: Any) -> Any:
                statements.count += 1
                return super().execute(*arguments)  # type: ignore[misc]

            def executemany(self, text: str, rows: Any) -> Any:
                statements.count += len(rows)
                return super().executemany(text, rows)  # type: ignore[misc]

        class Cursor(Counting, sqlite3.Cursor):  # type: ignore[misc]
            pass

        class Connection(Counting, sqlite3.Connection):  # type: ignore[misc]
            def cursor(self, *_: object) -> Any:
                return super().cursor(Cursor)

            def commit(self) -> None:
                statements.count += 1
                super().commit()

            def close(self) -> None:
                statements.files.remove(self)
                statements.written += self.total_changes
                super().close()

        def connect(*arguments: Any, **more: Any) -> sqlite3.Connection:
            made = original(*arguments, **more, factory=Connection)
            statements.files.append(made)
            return made

        original = sqlite3.dbapi2.connect
        sqlite3.dbapi2.connect = connect  # type: ignore[assignment]

    def _watch_psycopg(self, name: str) -> None:
        original = getattr(psycopg.Cursor, name)

        def counted(cursor: Any, query: Any, values: Any = None, **more: Any) -> Any:
            self.count += len(values) if name == "executemany" else 1
            found = original(cursor, query, values, **more)
            if (cursor.statusmessage or "").startswith(WRITES):
                self.written += max(0, cursor.rowcount)
            return found

        setattr(psycopg.Cursor, name, counted)

    def rows(self) -> int:
        """Rows written so far, those of triggers included on SQLite."""
        return self.written + sum(one.total_changes for one in self.files)


@dataclass(slots=True)
class Meter:
    """Reads what has been spent: by this process, its readers and the server. `not_ours`: child processes that are no part of us."""

    statements: Statements
    server: psutil.Process | None
    not_ours: set[int]

    def look(self) -> dict[str, float]:
        """Everything that a stage is charged with, as totals since the start."""
        readers = [child for child in psutil.Process().children(recursive=True) if child.pid not in self.not_ours]
        io = [reader.io_counters() for reader in readers]
        return {
            "CPU, ms": time.process_time() * 1e3,
            "CPU of the reader, ms": sum(map(_cpu_ms, readers)),
            "CPU of the database server, ms": _family_ms(self.server) if self.server else 0.0,
            "wall time, ms": time.perf_counter() * 1e3,
            "statements": float(self.statements.count),
            "rows written": float(self.statements.rows()),
            "KB between processes": sum(one.read_chars + one.write_chars for one in io) / 1e3,
        }

    def measured(self, work: Callable[[], object], mails: int) -> dict[str, float]:
        """What `work` costs for each mail."""
        before = self.look()
        work()
        return {name: (value - before[name]) / mails for name, value in self.look().items()}


def _cpu_ms(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system) * 1e3
    return 0.0


def _family_ms(process: psutil.Process) -> float:
    """Of a process and its children, those that have ended included."""
    times = process.cpu_times()
    ended_ms = (times.children_user + times.children_system) * 1e3
    return _cpu_ms(process) + ended_ms + sum(map(_cpu_ms, process.children(recursive=True)))


@dataclass(frozen=True, slots=True)
class Servers:
    """Where one run works. `postgres` and `redis` are the processes of its servers; None where it is embedded."""

    folder: Path
    url: str
    broker_url: str = "memory://"
    postgres: psutil.Process | None = None
    redis: psutil.Process | None = None


@contextlib.contextmanager
def embedded() -> Iterator[Servers]:
    """SQLite, and everything in `mailgate run`."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="where-", dir=BUILD) as folder:
        yield Servers(Path(folder), f"sqlite:///{folder}/mailgate.db")


@contextlib.contextmanager
def served() -> Iterator[Servers]:
    """PostgreSQL and Redis of its own; `mailgate smtp` and `mailgate worker`."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="where-", dir=BUILD) as folder,
        SERVERS.PrivatePostgres(Path(tempfile.mkdtemp(prefix="where-pg-"))) as postgres,  # its own user need not reach the checkout
        SERVERS.PrivateRedis(Path(folder) / "redis") as redis,
    ):
        yield Servers(Path(folder), postgres.url, redis.url, psutil.Process(postgres.pid), psutil.Process(redis.pid))


@contextlib.contextmanager
def _installation(place: Servers, sink_port: int) -> Iterator[Any]:
    """An installation that signs, its database empty."""
    more = {"broker_url": place.broker_url, "smarthost": f"smtp://127.0.0.1:{sink_port}"}
    with BENCH_SERVERS.gateway(place.folder, place.url, **more) as ours:
        keys = place.folder / "dkim"
        ours.cli("dkim", "--folder", str(keys))
        ours.write(dkim={"rsa_key": str(keys / "dkim-rsa.pem"), "ed25519_key": str(keys / "dkim-ed25519.pem")})
        yield ours


def stages_alone(place: Servers, mails: int) -> dict[str, dict[str, float]]:
    """Stage -> what it costs for each mail when nothing else runs."""
    statements = Statements()
    statements.watch()
    with _sink_apart() as sink, _installation(place, sink.port) as ours:
        people = SEED.planted(ours, mails + WARM)
        settings = import_module("mailgate.config").load(ours.config, ours.environment)
        store = BOOTSTRAP.open_store(settings)
        policies = _attribute(BOOTSTRAP, "make_active_policy", "policy_in_force")(settings, store)
        policies.begin()
        stages = BOOTSTRAP.make_stages(settings, store, policies, lambda _: None)
        journal = _attribute(JOURNAL, "GroupCommitJournal", "Journal")(store, import_module("mailgate.clock").utc_now, lambda: None)
        submissions = list(_submissions(people))
        journal.append_many(submissions[:WARM])
        for name in ("intake", "notices", "send"):
            _drain(stages[name], WARM)
        COLLECTOR.spare_collector()
        meter = Meter(statements, place.postgres, {sink.pid, *_pids(place.postgres), *_pids(place.redis)})
        found = {"accept": meter.measured(lambda: _accept(journal, submissions[WARM:]), mails)}
        for name in ("intake", "notices", "send"):
            found[name] = meter.measured(partial(_drain, stages[name], mails), mails)
        stages["intake"].close()
        stages["send"].close()
        store.database.close()
    return found


@dataclass(frozen=True, slots=True)
class _SinkApart:
    port: int
    pid: int


@contextlib.contextmanager
def _sink_apart() -> Iterator[_SinkApart]:
    """A sink whose CPU is not ours."""
    port = WAITING.free_port()
    process = subprocess.Popen([sys.executable, "-m", SINK.__name__, str(port)], stdout=subprocess.DEVNULL)
    try:
        WAITING.until(lambda: WAITING.answers(port), 20.0, "the sink listens")
        yield _SinkApart(port, process.pid)
    finally:
        process.kill()
        process.wait()


def _pids(server: psutil.Process | None) -> list[int]:
    return [server.pid, *(child.pid for child in server.children(recursive=True))] if server else []


def _submissions(people: Any) -> Iterator[Any]:
    envelope, mixed = import_module("mailgate.mail.model").Envelope, MAILS.templates()
    for number, to in enumerate(people):
        raw = mixed[number % len(mixed)].content(to, str(number))
        yield SUBMISSION.Submission(envelope(to.author, (to.address,)), raw, "192.0.2.1", "mx.example", "smtp", True, False)


def _accept(journal: Any, submissions: list[Any], group: int = 10) -> None:
    """In groups, as ten sessions bring them."""
    for start in range(0, len(submissions), group):
        journal.append_many(submissions[start : start + group])


def _drain(stage: Any, mails: int) -> None:
    taken = stage.run(lambda: False)
    assert taken >= mails, f"{taken} of {mails}"


def all_at_work(place: Servers, mails: int) -> dict[str, float]:
    """Process -> CPU milliseconds for each mail, from the first MAIL until nothing is due; and mails a second to the sink's last 250."""
    with SINK.Sink(keep=False) as sink, _installation(place, sink.port) as ours:
        people = BENCH_SERVERS.write_people(place.folder / "people", SEED.planted(ours, mails + WARM))
        parts = [ours.start("run")] if place.postgres is None else [ours.start("worker", processes=1), ours.start("smtp")]
        families = {part.name: psutil.Process(part.process.pid) for part in parts}
        BENCH_SERVERS.load(parts[-1].port, LOAD.Plan(WARM), people)
        WAITING.until(lambda: LEDGER.unfinished(ours.database_url) == 0, PATIENCE_S, "the first are done")
        before, begun = _by_process(families, place), sink.count
        rest = BENCH_SERVERS.write_people(place.folder / "rest", list(LOAD.people_of(people)[WARM:]))
        began_s = BENCH_SERVERS.load(parts[-1].port, LOAD.Plan(mails), rest).began_s
        WAITING.until(lambda: sink.count >= begun + mails, PATIENCE_S, "every reply is notified", poll_s=0.05)
        took_s = time.monotonic() - began_s
        WAITING.until(lambda: LEDGER.unfinished(ours.database_url) == 0, PATIENCE_S, "all work is done", poll_s=0.5)
        spent = {name: (ms - before.get(name, 0.0)) / mails for name, ms in _by_process(families, place).items()}
        for part in ours.parts:
            part.stop()
    return {**{f"CPU of {name}, ms": ms for name, ms in sorted(spent.items())}, "mails a second": mails / took_s}


def _by_process(families: Mapping[str, psutil.Process], place: Servers) -> dict[str, float]:
    found = {name: _cpu_ms(process) for name, process in families.items()}
    for process in families.values():
        for child in process.children(recursive=True):
            name = _role(child)
            found[name] = found.get(name, 0.0) + _cpu_ms(child)
    servers = {"PostgreSQL": place.postgres, "Redis": place.redis}
    return found | {name: _family_ms(server) for name, server in servers.items() if server}


def _role(child: psutil.Process) -> str:
    """What a child process of ours does, by its command line."""
    words = " ".join(child.cmdline())
    return "reader" if "read" in words else next((name for name in ("stages", "pages", "web") if name in words), "others")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", choices=("embedded", "served"))
    parser.add_argument("--mails", type=int, default=400)
    given = parser.parse_args()
    import_module("mailgate.log").configure("error", "json")
    where = embedded if given.place == "embedded" else served
    with where() as place:
        stages = stages_alone(place, given.mails)
    with where() as place:
        processes = all_at_work(place, given.mails)
    print(json.dumps({"stages": stages, "processes": processes}))


if __name__ == "__main__":
    main()
