"""A load generator for SMTP listeners on this machine: how fast, and after how long, comes the 250 that follows the final dot?

In: a port and a `Plan`. Out: a `Result`. Each session is one connection at a time and sends its commands one by one, as most clients do;
each mail has a Message-ID of its own. Loopback only. As a program, so that it has an interpreter of its own:

    python -m bench.load PORT --messages 4000 --sessions 10 --per-connection 1000 --kinds text [--rate 100] [--people FILE]

FILE holds lines of `author reply-address case`, taken in turn. The last line printed is the result as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.mails import KINDS, Correspondent, Template, templates

People = tuple[Correspondent, ...]
STRANGERS: People = tuple(Correspondent(f"person{n}@kunde{n % 40}.example", "support@firma.test") for n in range(400))


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send. `rate_per_s` 0 is as fast as the answers come. `people` are taken in turn."""

    messages: int = 4000
    sessions: int = 10
    per_connection: int = 1000
    kinds: tuple[str, ...] = KINDS
    rate_per_s: float = 0.0
    people: People = STRANGERS


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it. Latency is from MAIL to the last 250. `began_s` is on the machine's monotonic clock, which processes share."""

    began_s: float
    accepted: int
    refused: int
    seconds: float
    rate: float
    p50_ms: float
    p99_ms: float
    client_cpu_ms: float


@dataclass(slots=True)
class Load:
    """The run's state, shared by all sessions."""

    plan: Plan
    mails: list[Template]
    started_s: float = 0.0
    sent: int = 0
    refused: int = 0
    latencies_s: list[float] = field(default_factory=list)
    tag: str = field(default_factory=lambda: f"{os.getpid()}.{time.time_ns()}")

    @property
    def over(self) -> bool:
        """True when all mails have been handed out."""
        return self.sent >= self.plan.messages

    def take(self) -> tuple[int, Correspondent, bytes]:
        """The next mail: its number, envelope and content."""
        number, self.sent = self.sent, self.sent + 1
        to = self.plan.people[number % len(self.plan.people)]
        return number, to, self.mails[number % len(self.mails)].filled(to, f"{self.tag}.{number}")


class _Session(asyncio.Protocol):
    """One connection. `ended` is set when it is closed."""

    def __init__(self, load: Load, ended: asyncio.Future[None]) -> None:
        self._load, self._ended = load, ended
        self._unread = b""
        self._left = load.plan.per_connection
        self._next = self._hello
        self._quitting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]

    def connection_lost(self, error: Exception | None) -> None:
        if not self._quitting:
            self._load.refused += 1
        if not self._ended.done():
            self._ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        lines = (self._unread + data).split(b"\r\n")
        self._unread = lines.pop()
        for line in lines:
            if line[3:4] != b"-":
                self._answered(line)

    def _answered(self, line: bytes) -> None:
        if line[:1] not in (b"2", b"3"):
            self._refused(line)
        elif self._quitting:
            self._transport.close()
        else:
            self._next()

    def _refused(self, line: bytes) -> None:
        self._load.refused += 1
        if self._load.refused <= 3:
            print(f"refused: {line.decode('ascii', 'replace')}", file=sys.stderr)
        self._quitting = True
        self._transport.close()

    def _hello(self) -> None:
        self._next = self._another
        self._transport.write(b"EHLO load.example\r\n")

    def _another(self) -> None:
        load = self._load
        if load.over or not self._left:
            self._quit()
            return
        self._left -= 1
        self._number, self._to, self._bytes = load.take()
        due_s = load.started_s + self._number / load.plan.rate_per_s if load.plan.rate_per_s else 0.0
        wait_s = due_s - time.perf_counter()
        if wait_s > 0:
            asyncio.get_running_loop().call_later(wait_s, self._mail)
        else:
            self._mail()

    def _mail(self) -> None:
        self._began_s, self._next = time.perf_counter(), self._rcpt
        self._transport.write(b"MAIL FROM:<%b>\r\n" % self._to.author.encode())

    def _rcpt(self) -> None:
        self._next = self._data
        self._transport.write(b"RCPT TO:<%b>\r\n" % self._to.address.encode())

    def _data(self) -> None:
        self._next = self._content
        self._transport.write(b"DATA\r\n")

    def _content(self) -> None:
        self._next = self._done
        self._transport.write(self._bytes)

    def _done(self) -> None:
        self._load.latencies_s.append(time.perf_counter() - self._began_s)
        self._another()

    def _quit(self) -> None:
        self._quitting = True
        self._transport.write(b"QUIT\r\n")


async def _one_after_another(load: Load, port: int) -> None:
    loop = asyncio.get_running_loop()
    while not load.over and load.refused < 10:
        ended = loop.create_future()
        await loop.create_connection(lambda ended=ended: _Session(load, ended), "127.0.0.1", port)
        await ended


async def run(port: int, plan: Plan) -> Result:
    """Send all that the plan says to the listener at `port`."""
    load = Load(plan, templates(plan.kinds))
    cpu_s, began_s, load.started_s = time.process_time(), time.monotonic(), time.perf_counter()
    await asyncio.gather(*(_one_after_another(load, port) for _ in range(plan.sessions)))
    seconds, found = time.perf_counter() - load.started_s, sorted(load.latencies_s) or [0.0]
    return Result(
        began_s, len(load.latencies_s), load.refused, seconds, len(load.latencies_s) / seconds, found[len(found) // 2] * 1e3,
        found[int(len(found) * 0.99)] * 1e3, (time.process_time() - cpu_s) / len(found) * 1e3,
    )  # fmt: skip


def people_of(path: Path) -> People:
    """What `servers.write_people` has kept."""
    return tuple(Correspondent(*line.split()) for line in path.read_text().splitlines())


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--messages", type=int, default=4000)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--per-connection", type=int, default=1000)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--rate", type=float, default=0.0, metavar="PER_S")
    parser.add_argument("--people", type=Path)
    given = parser.parse_args()
    plan = Plan(
        given.messages, given.sessions, given.per_connection, tuple(given.kinds.split(",")), given.rate,
        people_of(given.people) if given.people else STRANGERS,
    )  # fmt: skip
    result = asyncio.run(run(given.port, plan))
    print(json.dumps(asdict(result)))
    sys.exit(1 if result.refused else 0)


if __name__ == "__main__":
    main()
