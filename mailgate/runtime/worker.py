"""Runs the stages: on a wakeup, and every few seconds without one.

In: stages, each a callable that works until nothing is due. Out: nothing of its own. A wakeup is a hint; the guarantees
rest on the sweeper (the broker may be flushed at any time). A stage runs at most once at a time in a process; a wakeup during its run makes
it run again, so that no row waits for the sweeper while the broker works. What one stage leaves to the next of the same process goes
by no broker: `wake` ends the sweeper's wait.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

import dramatiq
from dramatiq.worker import Worker as DramatiqWorker

from mailgate import log, metrics
from mailgate.errors import TransientFailure, underlying
from mailgate.runtime.broker import bounds, wakeup

POLL_MS = 200  # how long an idle thread of Dramatiq sleeps at most; a process that stops waits for it
WOKEN_INTERVAL_S = 0.01  # between two runs of a stage that is woken again and again: what comes in between is one batch

_log = log.get("worker")


class Stage(Protocol):
    """One stage of a mail's path. `run` does all that is due and returns how many rows it took; it stops early when `stopping()`."""

    def run(self, stopping: Callable[[], bool]) -> int:
        """Work until nothing is due. Raises TransientFailure when the store is away; the sweeper comes back."""
        ...

    def close(self) -> None:
        """Close what is kept open between runs. Called once, after the last run."""
        ...


class Runner:
    """One stage of one process: never twice at a time; a wakeup during a run causes one more run."""

    def __init__(self, name: str, stage: Stage, stopping: Callable[[], bool]) -> None:
        self._name, self._stage, self._stopping = name, stage, stopping
        self._wanted = threading.Event()
        self._running = threading.Lock()

    def __call__(self) -> None:
        """Run the stage now, or make the run that is in progress look again. Never raises: the sweeper must come again."""
        self._wanted.set()
        while self._wanted.is_set() and not self._stopping():
            if not self._running.acquire(blocking=False):
                return
            try:
                self._wanted.clear()
                self._stage.run(self._beating())
                metrics.beat("heartbeat_at_s", self._name)
            except TransientFailure as error:
                _log.warning("stage_paused", stage=self._name, error=str(error), cause=underlying(error))
                return
            except Exception as error:  # noqa: BLE001 - outermost handler of a stage, per run: its rows become due again, attempt counted
                metrics.count("faults", self._name)
                _log.error("stage_failed", stage=self._name, error=type(error).__name__, exc_info=error)
                return
            finally:
                self._running.release()

    def _beating(self) -> Callable[[], bool]:
        """`stopping` for one run, with a heartbeat for each call except the first: then the stage has made progress.

        A long run is alive so, one that hangs is not, and neither is one that fails before it has done anything.
        """
        is_under_way = False

        def stopping() -> bool:
            nonlocal is_under_way
            if is_under_way:
                metrics.beat("heartbeat_at_s", self._name)
            is_under_way = True
            return self._stopping()

        return stopping


class StageWorker:
    """The stages of one process on one broker, with their sweeper. `start`, then `stop` once; `stop` lets work in progress finish."""

    def __init__(
        self, broker: dramatiq.Broker, stages: Mapping[str, Stage], sweep_interval_s: float, chores: Callable[[], None] | None = None
    ) -> None:
        self._stopping = threading.Event()
        self._sweep_interval_s = sweep_interval_s
        self._do_chores = chores or (lambda: None)
        self._stages = tuple(stages.values())
        self._runners = {name: Runner(name, stage, self._stopping.is_set) for name, stage in stages.items()}
        wakeup.declare(broker, self._runners)
        self._dramatiq = DramatiqWorker(broker, queues={bounds.QUEUE}, worker_timeout=POLL_MS, worker_threads=len(stages))
        jobs: dict[str, Callable[[], None]] = {**self._runners, **({"chores": self._chores} if chores else {})}
        self._woken = {name: threading.Event() for name in jobs}
        self._sweepers = [
            threading.Thread(target=self._sweep, args=(job, self._woken[name]), name=f"sweep-{name}", daemon=True)
            for name, job in jobs.items()
        ]

    def start(self) -> None:
        """Begin to consume wakeups and to sweep. The first sweep runs at once and finds what was due before the start."""
        self._dramatiq.start()
        for sweeper in self._sweepers:
            sweeper.start()

    def wake(self, stage: str) -> None:
        """Run a stage soon. Returns at once; from any thread."""
        self._woken[stage].set()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Finish the batch in progress, claim nothing new. Rows of a batch that is cut short are due again when their lease ends."""
        self._stopping.set()
        for woken in self._woken.values():
            woken.set()
        self._dramatiq.stop(timeout=int(timeout_s * 1000))
        for sweeper in self._sweepers:
            if sweeper.ident is not None:  # a process whose port was taken stops before it has started all
                sweeper.join(timeout_s)
        for stage in self._stages:
            stage.close()

    def _sweep(self, job: Callable[[], None], woken: threading.Event) -> None:
        while not self._stopping.is_set():
            job()
            self._stopping.wait(WOKEN_INTERVAL_S)
            # Jitter, so that many workers do not ask the database in step.
            woken.wait(self._sweep_interval_s * random.uniform(0.7, 1.3))
            woken.clear()

    def _chores(self) -> None:
        try:
            self._do_chores()
        except TransientFailure as error:
            _log.warning("chores_paused", error=str(error), cause=underlying(error))
