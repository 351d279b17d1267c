"""Open pages: what many of them ask the database for, and that each ends with the session that opened it."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack

import pytest

from mailgate.web.http import live
from mailgate.web.pages.request import Live

PAGES = 30


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"LOOK_S": 0.01, "CHECK_S": 0.1, "LASTS_S": 1.0}.items():
        monkeypatch.setattr(live, name, seconds)


class Rights:
    """Who may be told, per session; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.ended: set[str] = set()

    def source(self, session: str) -> live.Source:
        async def who() -> object:
            self.asked.append(session)
            return None if session in self.ended else "Ola"

        async def ask() -> live.News:
            return {}

        return live.Source(ask, who, session, "Ola")


async def _read(streams: live.Streams, source: live.Source) -> float:
    """Seconds until the stream ends."""
    begun_s = time.monotonic()
    async for _ in live._events(streams, Live("queue", "queue", dict), source):
        pass
    return time.monotonic() - begun_s


def test_given_many_pages_of_one_session_when_they_lie_open_then_its_rights_are_asked_for_once_for_all() -> None:
    rights, streams = Rights(), live.Streams()

    async def all_pages() -> list[float]:
        return await asyncio.gather(*(_read(streams, rights.source("ola")) for _ in range(PAGES)))

    took_s = max(asyncio.run(all_pages()))
    assert 1 <= len(rights.asked) <= took_s / live.CHECK_S + 1
    assert (streams.open, streams.rights.wanted) == (0, {})


def test_given_two_sessions_when_one_ends_then_its_pages_end_and_the_other_goes_on() -> None:
    rights, streams = Rights(), live.Streams()

    async def both() -> list[float]:
        pages = [asyncio.create_task(_read(streams, rights.source(who))) for who in ("ola", "eva")]
        while not {"ola", "eva"} <= set(rights.asked):
            await asyncio.sleep(0)
        rights.ended.add("ola")
        return await asyncio.gather(*pages)

    ola_s, eva_s = asyncio.run(both())
    assert ola_s < 2 * live.CHECK_S + 0.5
    assert eva_s >= live.LASTS_S


def test_given_a_session_with_many_open_pages_when_it_opens_more_then_it_is_refused_and_others_are_not() -> None:
    streams, source = live.Streams(), Rights().source
    page = Live("queue", "queue", dict)
    with ExitStack() as held:
        for number in range(live.MOST_OF_ONE):
            held.enter_context(streams.rights.held(f"ola /desk/{number % 2}"))
        assert live.stream(streams, page, source("ola /desk/1"), {}).status_code == 503
        assert live.stream(streams, page, source("kari /desk/1"), {}).status_code == 200
    assert live.stream(streams, page, source("ola /desk/1"), {}).status_code == 200
