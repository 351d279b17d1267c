"""What 200 open live pages of the desk cost: memory of the process that serves them, and accept latency beside them.

Twenty agents, each with ten cases open, as `mailgate run` serves them: every page has a stream of events. Memory is the growth of the
resident bytes of all processes of `run`, from when each agent has seen a page to when all streams are open.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence

import psutil

from bench import servers
from bench.load import Plan, Result
from bench.places import folder
from bench.scale import Scale, main
from bench.seed import planted
from bench.table import Row
from bench.visitors import Visitor, agent_session
from mailgate.clock import utc_now
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from tests.support.processes.gateway import Gateway
from tests.support.waiting import answers, free_port, until

AGENTS, PAGES_EACH = 20, 10
PER_S, MAILS = 100.0, 1500
SETTLED_S = 5.0


def rows(scale: Scale) -> list[Row]:
    """Memory, and the accept latency with and without the pages."""
    with folder("live") as home, servers.gateway(home, f"sqlite:///{home}/mailgate.db") as ours:
        pages = free_port()
        planted(ours, AGENTS * PAGES_EACH)
        part = ours.start("run", MAILGATE_WEB__LISTEN=f"127.0.0.1:{pages}")
        until(lambda: answers(pages), 60.0, "the pages are served", detail=ours.logs)
        plan = Plan(scale.of(MAILS), rate_per_s=PER_S)
        servers.load(part.port, Plan(20))
        alone = servers.load(part.port, plan)
        held_mb, beside = asyncio.run(_beside(ours, pages, psutil.Process(part.process.pid), part.port, plan))
    count = AGENTS * PAGES_EACH
    return [
        Row(f"memory of {count} open live pages", held_mb, 100.0, at_most=True, unit="MB", detail=f"{held_mb / count * 1000:.0f} kB each"),
        Row(
            f"accept latency at 100/s beside {count} live pages, 99 of 100", beside.p99_ms, 50.0, at_most=True, unit="ms",
            detail=f"median {beside.p50_ms:.1f} ms; without them {alone.p50_ms:.1f}, 99 of 100 {alone.p99_ms:.1f}",
        ),
    ]  # fmt: skip


async def _beside(ours: Gateway, pages: int, process: psutil.Process, port: int, plan: Plan) -> tuple[float, Result]:
    tokens = [agent_session(ours.database_url, f"agent{number}") for number in range(AGENTS)]
    keys = _keys(ours, AGENTS * PAGES_EACH)
    for number, token in enumerate(tokens):
        visitor = Visitor(pages, token)
        visitor.ask(f"/desk/cases/{keys[number]}")
        visitor.close()
    before = _resident(process)
    async with contextlib.AsyncExitStack() as streams:
        for number, key in enumerate(keys):
            await streams.enter_async_context(_stream(pages, tokens[number % AGENTS], f"/desk/cases/{key}/live"))
        held, ends_s = _resident(process), time.monotonic() + SETTLED_S
        while time.monotonic() < ends_s:
            await asyncio.sleep(0.2)
            held = max(held, _resident(process))
        beside = await asyncio.to_thread(servers.load, port, plan)
    return (held - before) / 1e6, beside


@contextlib.asynccontextmanager
async def _stream(port: int, token: str, path: str) -> AsyncIterator[None]:
    """An open stream whose events are read and thrown away. Raises AssertionError when it is refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: session={token}\r\n\r\n".encode())
    first = await reader.readline()
    assert b" 200 " in first, f"{path}: {first.decode()}"
    reading = asyncio.create_task(_read_on(reader))
    try:
        yield
    finally:
        reading.cancel()
        writer.close()


async def _read_on(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


def _resident(process: psutil.Process) -> int:
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))


def _keys(ours: Gateway, count: int) -> Sequence[str]:
    database = open_database(ours.database_url)
    with Store(database, utc_now).reading() as uow:
        found = [case.key for case in uow.cases.list(count)]
    database.close()
    return found


if __name__ == "__main__":
    main(__doc__, "Live pages", rows)
