"""`mailgate worker --processes`: one that dies is started again, a stop reaches all, none outlives the one that watches."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.processes.gateway import Gateway, Part
from tests.support.waiting import until


@pytest.fixture
def pool(tmp_path: Path, redis_url: str) -> Iterator[Callable[[], Part]]:
    """Starts a watched pool of two on an installation of its own."""
    with Gateway(tmp_path / "gate", f"sqlite:///{tmp_path}/m.db", redis_url, preloaded=True) as gateway:
        yield lambda: gateway.start("worker", processes=2)


def _children(part: Part) -> list[int]:
    return sorted(child.pid for child in psutil.Process(part.process.pid).children())


def test_given_a_pool_when_told_to_stop_then_all_end_and_it_is_0(pool: Callable[[], Part]) -> None:
    part = pool()
    until(lambda: len(_children(part)) == 2, 10, "two processes run", detail=part.log)
    assert part.stop() == 0


def test_given_a_process_that_is_killed_when_watched_then_another_takes_its_place_and_port(pool: Callable[[], Part]) -> None:
    part = pool()
    until(lambda: len(_children(part)) == 2, 10, "two processes run", detail=part.log)
    before = _children(part)
    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(_children(part)) == 2 and _children(part) != before, 20, "it is started again", detail=part.log)
    until(part.ready, 20, "it serves its health again", detail=part.log)
    assert "worker_died" in part.log()
    assert part.stop() == 0


def test_given_a_watcher_that_is_killed_when_its_pipe_closes_then_its_processes_end_and_their_ports_are_free(
    pool: Callable[[], Part],
) -> None:
    part = pool()
    until(lambda: len(_children(part)) == 2, 10, "two processes run", detail=part.log)
    until(part.ready, 20, "it serves its health", detail=part.log)
    children = [psutil.Process(pid) for pid in _children(part)]
    os.kill(part.process.pid, signal.SIGKILL)
    gone, left = psutil.wait_procs(children, timeout=20)
    assert (len(gone), left) == (2, []), part.log()
