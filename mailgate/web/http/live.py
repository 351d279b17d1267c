"""Live news for open pages (Server-Sent Events, WHATWG HTML section 9.2): one look at the database serves all pages of a process.

In: what a page wants to know. Out: a stream that says when it has changed. At most `MOST` streams; each ends after `LASTS_S`, and the
browser comes again. It ends within `CHECK_S` of the session or the right that it was opened with.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from starlette.responses import Response, StreamingResponse

from mailgate.web.pages.request import Live

LOOK_S, BEAT_S, CHECK_S, LASTS_S, RETRY_MS = 2.0, 20.0, 6.0, 600.0, 3000
MOST = 400

News = Mapping[str, object]
Ask = Callable[[], Awaitable[News]]


@dataclass(frozen=True, slots=True)
class Source:
    """`ask` looks at the database; `may_go_on` says whether who asked may still be told."""

    ask: Ask
    may_go_on: Callable[[], Awaitable[bool]]


class Streams:
    """The open streams of one process, and the last result from the database for each key."""

    def __init__(self) -> None:
        self.wanted: dict[str, int] = {}
        self._looks: dict[str, tuple[float, News]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    @property
    def open(self) -> int:
        """How many streams there are."""
        return sum(self.wanted.values())

    @contextlib.contextmanager
    def one(self, key: str) -> Iterator[None]:
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

    async def look(self, key: str, ask: Ask) -> News:
        """The result of `ask`, called at most once in LOOK_S for all streams with the same key."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            at, news = self._looks.get(key, (-LOOK_S, {}))
            if time.monotonic() - at >= LOOK_S:
                news = await ask()
                self._looks[key] = (time.monotonic(), news)
            return news


def stream(streams: Streams, live: Live, source: Source, headers: Mapping[str, str]) -> Response:
    """The stream of a page: an event for each change, and one at the beginning when the page wants it. 503 when there are too many."""
    if streams.open >= MOST:
        return Response("too many open pages\n", 503, {"Retry-After": "60"})
    more = {**headers, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(streams, live, source), media_type="text/event-stream", headers=more)


async def _events(streams: Streams, live: Live, source: Source) -> AsyncIterator[str]:
    begun = beat = checked = time.monotonic()
    last: News | None = None
    with streams.one(live.key):
        yield f"retry: {RETRY_MS}\n\n"
        while time.monotonic() - begun < LASTS_S:
            if time.monotonic() - checked >= CHECK_S:
                if not await source.may_go_on():
                    return
                checked = time.monotonic()
            news = live.shape(await streams.look(live.key, source.ask))
            if news != last and (last is not None or live.at_once):
                yield f"event: {live.event}\ndata: {json.dumps(news, ensure_ascii=False)}\n\n"
                beat = time.monotonic()
            elif time.monotonic() - beat >= BEAT_S:
                yield ": still here\n\n"
                beat = time.monotonic()
            last = news
            await asyncio.sleep(LOOK_S)
