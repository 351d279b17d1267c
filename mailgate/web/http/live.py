"""Live news for open pages (Server-Sent Events, WHATWG HTML section 9.2): one look at the database serves all pages of a process.

Whether a session still has the right to it is also asked once for all its pages.

In: what a page wants to know. Out: a stream that says when it has changed. At most `MOST` streams, and `MOST_OF_ONE` of one session;
each ends after `LASTS_S`, and the browser comes again. It ends within `CHECK_S` of the session or the right that it was opened with.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from starlette.responses import Response, StreamingResponse

from mailgate.web.pages.request import Live

LOOK_S, BEAT_S, CHECK_S, LASTS_S, RETRY_MS = 2.0, 20.0, 6.0, 600.0, 3000
MOST, MOST_OF_ONE = 400, 40

News = Mapping[str, object]
Ask = Callable[[], Awaitable[News]]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Source:
    """`ask` looks at the database; `who` is asked who may be told now, None for nobody, once for all streams with the same `who_key`:
    the session, a blank, the page.

    A stream goes on while that is `opened_by`.
    """

    ask: Ask
    who: Callable[[], Awaitable[object]]
    who_key: str
    opened_by: object


class SharedLooks(Generic[Found]):
    """The last result from the database for each key, for all streams that hold it."""

    def __init__(self) -> None:
        self.wanted: dict[str, int] = {}
        self._looks: dict[str, tuple[float, Found]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    @contextlib.contextmanager
    def held(self, key: str) -> Iterator[None]:
        """Count one more stream with this key while the block runs."""
        self.wanted[key] = self.wanted.get(key, 0) + 1
        try:
            yield
        finally:
            self.wanted[key] -= 1
            if not self.wanted[key]:
                del self.wanted[key]
                self._looks.pop(key, None)
                self._locks.pop(key, None)

    async def look(self, key: str, ask: Callable[[], Awaitable[Found]], every_s: float) -> tuple[float, Found]:
        """The result of `ask` and when it was asked, which is at most once in `every_s` for all streams with the same key."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            last = self._looks.get(key)
            if last is None or time.monotonic() - last[0] >= every_s:
                at = time.monotonic()
                last = self._looks[key] = (at, await ask())
            return last


@dataclass(frozen=True, slots=True)
class Streams:
    """The open streams of one process."""

    news: SharedLooks[News] = field(default_factory=SharedLooks)
    rights: SharedLooks[object] = field(default_factory=SharedLooks)

    @property
    def open(self) -> int:
        """How many streams there are."""
        return sum(self.news.wanted.values())

    def of_session(self, who_key: str) -> int:
        """How many of them belong to the session of this key, whatever their page."""
        session = who_key.partition(" ")[0]
        return sum(count for key, count in self.rights.wanted.items() if key.partition(" ")[0] == session)


def stream(streams: Streams, live: Live, source: Source, headers: Mapping[str, str]) -> Response:
    """The stream of a page: an event for each change, and one at the beginning when the page wants it. 503 when there are too many."""
    if streams.open >= MOST or streams.of_session(source.who_key) >= MOST_OF_ONE:
        return Response("too many open pages\n", 503, {"Retry-After": "60"})
    more = {**headers, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(streams, live, source), media_type="text/event-stream", headers=more)


async def _events(streams: Streams, live: Live, source: Source) -> AsyncIterator[str]:
    begun = beat = checked = time.monotonic()
    last: News | None = None
    with streams.news.held(live.key), streams.rights.held(source.who_key):
        yield f"retry: {RETRY_MS}\n\n"
        while time.monotonic() - begun < LASTS_S:
            if time.monotonic() - checked >= CHECK_S:
                checked, who = await streams.rights.look(source.who_key, source.who, CHECK_S)
                if who != source.opened_by:
                    return
            news = live.shape((await streams.news.look(live.key, source.ask, LOOK_S))[1])
            if news != last and (last is not None or live.at_once):
                yield f"event: {live.event}\ndata: {json.dumps(news, ensure_ascii=False)}\n\n"
                beat = time.monotonic()
            elif time.monotonic() - beat >= BEAT_S:
                yield ": still here\n\n"
                beat = time.monotonic()
            last = news
            await asyncio.sleep(LOOK_S)
