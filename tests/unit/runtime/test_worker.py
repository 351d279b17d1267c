"""The worker's sweeper is what the guarantees stand on: nothing that a stage fails with may end it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from mailgate import metrics
from mailgate.errors import MailgateError, TransientFailure
from mailgate.runtime.broker import wakeup
from mailgate.runtime.worker import Runner, StageWorker


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
