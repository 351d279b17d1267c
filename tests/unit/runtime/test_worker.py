"""The worker's sweeper is what the guarantees stand on: nothing that a stage fails with may end it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from mailgate.errors import MailgateError, TransientFailure
from mailgate.runtime.broker import wakeup
from mailgate.runtime.worker import Worker


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
    worker = Worker(wakeup.connect("memory://"), {"intake": stage}, sweep_interval_s=0.01)
    worker.start()
    try:
        assert stage.worked.wait(10), "the sweeper did not come again"
    finally:
        worker.stop()
