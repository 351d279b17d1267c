"""What memory 5,000 idle sessions take, and how much a worker holds at most while it reads mails of 25 MiB.

Sessions: growth of the listener's resident memory from before the first connection to after the last has its EHLO answered. Worker: the
highest resident memory of the worker and of its reader, together, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import base64
import os
import resource
import tempfile
import time
from pathlib import Path

import psutil

from bench import servers
from bench.end_to_end import database
from bench.places import folder
from bench.scale import Scale, main
from bench.table import Row
from mailgate.clock import utc_now
from mailgate.config import load
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.inbound.smtp.submission import Submission
from mailgate.mail.model import Envelope
from mailgate.runtime import bootstrap
from tests.support.ledger_check import unfinished
from tests.support.processes.gateway import Gateway, Part
from tests.support.processes.servers import PrivatePostgres

SESSIONS = 5000
MIB = 1024 * 1024
LARGE_BYTES = 25 * MIB
LARGE_MAILS = 4
AT_ONCE = 200
LOOK_S = 0.02


def rows(scale: Scale) -> list[Row]:
    """All three."""
    count, large = scale.of(SESSIONS), min(LARGE_MAILS, scale.of(LARGE_MAILS))
    sessions_mb = _idle_sessions_mb(count)
    with PrivatePostgres(Path(tempfile.mkdtemp(prefix="bench-pg-"))) as postgres, database(postgres) as url:
        on_sqlite_mb, on_postgres_mb = _worker_mb(large), _worker_mb(large, url)
    return [
        Row(
            f"memory of {count} idle sessions",
            sessions_mb,
            100.0,
            at_most=True,
            unit="MB",
            detail=f"{sessions_mb / count * 1000:.1f} kB each",
        ),
        Row("worker and reader while reading 25 MiB mails", on_sqlite_mb, 250.0, at_most=True, unit="MB"),
        Row("the same on PostgreSQL", on_postgres_mb, 250.0, at_most=True, unit="MB"),
    ]


def _idle_sessions_mb(count: int) -> float:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with folder("memory") as home, servers.gateway(home, f"sqlite:///{home}/mailgate.db") as ours:
        ours.write(smtp={"max_connections": 2 * count})
        part = ours.start("smtp")
        process = psutil.Process(part.process.pid)
        before = process.memory_info().rss
        held = asyncio.run(_held(part.port, count, process))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return (held - before) / 1e6


async def _held(port: int, count: int, process: psutil.Process) -> int:
    """Resident bytes of the process while that many sessions wait for a command."""
    gate = asyncio.Semaphore(AT_ONCE)
    writers = await asyncio.gather(*(_greeted_one(port, gate) for _ in range(count)))
    held = int(process.memory_info().rss)
    for writer in writers:
        writer.close()
    return held


async def _greeted_one(port: int, gate: asyncio.Semaphore) -> asyncio.StreamWriter:
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        writer.write(b"EHLO idle.example\r\n")
        while not (await reader.readline()).startswith(b"250 "):
            pass
        return writer


def _worker_mb(count: int, url: str = "") -> float:
    with folder("memory") as home, servers.gateway(home, url or f"sqlite:///{home}/mailgate.db") as ours:
        _journalled(ours, count)
        part = ours.start("worker")
        return _peak_bytes(part, ours) / 1e6


def _journalled(ours: Gateway, count: int) -> None:
    store = bootstrap.open_store(load(ours.config, ours.environment))
    journal = GroupCommitJournal(store, utc_now, lambda: None)
    envelope = Envelope("kari@kunde.example", ("support@firma.test",))
    for number in range(count):
        journal.append_many([Submission(envelope, _large(number), "192.0.2.1", "mx.example", "smtp", True, False)])
    store.database.close()


def _large(number: int) -> bytes:
    """A text and one attachment, base64, just under the limit."""
    head = (
        "From: kari@kunde.example\r\nTo: support@firma.test\r\nSubject: Stor fil\r\n"
        f"Message-ID: <large-{number}@kunde.example>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nHei, se vedlegg.\r\n"
        "--b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=a.zip\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    file = base64.encodebytes(os.urandom(LARGE_BYTES * 73 // 100)).replace(b"\n", b"\r\n")
    return head.encode() + file + b"--b--\r\n"


def _peak_bytes(part: Part, ours: Gateway) -> int:
    """The most that the worker and its children had resident at one look, until nothing is due."""
    process, peak = psutil.Process(part.process.pid), 0
    deadline_s, looked = time.monotonic() + 120.0, 0
    while time.monotonic() < deadline_s:
        peak = max(peak, sum(_resident(one) for one in (process, *_programs_below(process))))
        looked += 1
        if looked % 25 == 0 and unfinished(ours.database_url) == 0:
            return peak
        time.sleep(LOOK_S)
    raise AssertionError(f"the large mails were not read:\n{ours.logs()}")


def _programs_below(process: psutil.Process) -> list[psutil.Process]:
    """Its children but for one that is about to become another program: until then it shares the memory of the process (vfork)."""
    return [one for one in process.children(recursive=True) if _command(one) not in ([], process.cmdline())]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


if __name__ == "__main__":
    main(__doc__, "Memory", rows)
