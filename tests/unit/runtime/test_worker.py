"""The worker's sweeper is what the guarantees stand on: nothing that a stage fails with may end it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import redis

from mailgate import metrics
from mailgate.errors import MailgateError, TransientFailure
from mailgate.runtime.broker import wakeup
from mailgate.runtime.worker import Runner, StageWorker
from tests.support.processes.servers import PrivateRedis


class _Stage:
    """Fails the first time it is run, and works from then on."""

    def __init__(self, failure: Exception) -> None:
        self._failure: Exception | None = failure
        self.worked = threading.Event()

    def run(self, stopping: Callable[[], bool]) -> int:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        self.worked.set()
        return 1

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("failure", [TransientFailure("away"), MailgateError("refused"), AttributeError("unforeseen")])
def test_given_a_stage_that_fails_when_it_is_due_again_then_the_sweeper_runs_it(failure: Exception) -> None:
    stage = _Stage(failure)
    worker = StageWorker(wakeup.connect("memory://"), {"intake": stage}, sweep_interval_s=0.01)
    worker.start()
    try:
        assert stage.worked.wait(10), "the sweeper did not come again"
    finally:
        worker.stop()


class _Batches:
    """Works on batches; between two of them it asks whether to stop, and the test looks at its heart."""

    def __init__(self, name: str, batches: int, failure: Exception | None = None) -> None:
        self._name, self._batches, self._failure = name, batches, failure
        self.beats: list[bool] = []

    def run(self, stopping: Callable[[], bool]) -> int:
        for _ in range(self._batches):
            stopping()
            self.beats.append(_has_beaten(self._name))
        if self._failure:
            raise self._failure
        return self._batches

    def close(self) -> None:
        """Nothing is open."""


def _has_beaten(stage: str) -> bool:
    return f'mailgate_heartbeat_at_s{{stage="{stage}"}}' in metrics.REGISTRY.text().decode()


def test_given_a_long_run_when_a_batch_is_done_then_the_heart_has_beaten_before_the_run_ends() -> None:
    stage = _Batches("long", 3)
    Runner("long", stage, lambda: False)()
    assert stage.beats == [False, True, True]


def test_given_a_run_that_hangs_in_its_first_batch_or_fails_there_then_the_heart_does_not_beat() -> None:
    Runner("hung", _Batches("hung", 1, TransientFailure("away")), lambda: False)()
    assert not _has_beaten("hung")


class _Counted:
    """Counts its runs, and stays in each until the test lets it go."""

    def __init__(self) -> None:
        self.begun, self.released = threading.Semaphore(0), threading.Semaphore(0)

    def run(self, stopping: Callable[[], bool]) -> int:
        self.begun.release()
        assert self.released.acquire(timeout=10)
        return 1

    def close(self) -> None:
        """Nothing is open."""


def test_given_an_idle_stage_when_it_is_woken_then_it_runs_long_before_the_next_sweep_and_again_if_woken_meanwhile() -> None:
    stage = _Counted()
    worker = StageWorker(wakeup.connect("memory://"), {"intake": stage}, sweep_interval_s=300)
    worker.start()
    try:
        assert stage.begun.acquire(timeout=10), "the first sweep"
        for _ in range(3):
            worker.wake("intake")
        stage.released.release()
        assert stage.begun.acquire(timeout=10), "woken during a run"
        stage.released.release()
        assert not stage.begun.acquire(timeout=0.1), "three wakeups are one run"
        worker.wake("intake")
        assert stage.begun.acquire(timeout=10), "woken while idle"
    finally:
        stage.released.release(10)
        worker.stop()


@pytest.mark.services
def test_given_redis_when_nothing_is_due_then_consumers_wait_instead_of_asking_and_take_a_wakeup_at_once(
    private_redis: PrivateRedis,
) -> None:
    stage = _Counted()
    stage.released.release(10)
    worker = StageWorker(wakeup.connect(private_redis.url), {"intake": stage}, sweep_interval_s=300)
    sender = wakeup.Wakeup(wakeup.connect(private_redis.url))
    worker.start()
    try:
        assert stage.begun.acquire(timeout=10), "the first sweep"
        asked = _times_asked(private_redis.url)
        assert not stage.begun.acquire(timeout=1.0)
        assert _times_asked(private_redis.url) - asked <= 15
        sender.notify("intake")
        assert stage.begun.acquire(timeout=10), "the wakeup"
    finally:
        sender.close()
        worker.stop()


def _times_asked(url: str) -> int:
    """How often somebody looked for a wakeup."""
    with redis.Redis.from_url(url) as client:
        found: Any = client.info("commandstats")
    return int(found.get("cmdstat_lpop", {}).get("calls", 0))
