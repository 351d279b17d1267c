"""`mailgate worker`: intake, notices and sending, in one process or several. Any number may run, on any number of hosts.

With several processes this one only watches: it starts them, starts one again that died, and passes a stop on. They end when it is gone,
also when it is killed: the ones that are left would keep the ports of those that are started next.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType
from typing import Annotated, NoReturn

import typer

from mailgate import killpoint, log
from mailgate.cli.opening import ConfigOption
from mailgate.cli.processes.serving import prepare, stop_at_end_of
from mailgate.clock import monotonic_s
from mailgate.config import Settings
from mailgate.errors import MailgateError
from mailgate.runtime import bootstrap
from mailgate.runtime.gateway import Gateway
from mailgate.runtime.reloading import ready_to_reload

RESTART_MIN_S, RESTART_MAX_S = 0.5, 10.0
LOOK_EVERY_S = 0.1
SIGNALS = (signal.SIGTERM, signal.SIGINT)
STEADY_S = 60.0

_log = log.get("worker")


def worker(
    processes: Annotated[int, typer.Option("--processes", min=0, max=64, help="Number of processes; 0: as worker.processes says.")] = 0,
    config: ConfigOption = None,
) -> None:
    """Process accepted mail, compose notices and send what is due, until SIGTERM or SIGINT."""
    settings = prepare(config, processes=processes, split=True)
    if settings.worker.processes == 1:
        Gateway(settings, listen=False, work=True).run()
        return
    _begin(settings)
    raise typer.Exit(Watch(settings).run())


def _begin(settings: Settings) -> None:
    """What is wrong with the database or the first policy is said once, before there are processes."""
    store = bootstrap.open_store(settings)
    try:
        bootstrap.make_active_policy(settings, store).begin()
    finally:
        store.database.close()


class Watch:
    """Keeps `worker.processes` processes running. The n-th serves its metrics on the n-th port."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._running: dict[int, tuple[int, float]] = {}
        self._stopping = self._reloaded = False
        self._pause_s = RESTART_MIN_S
        self._parent_alive, self._parent_end = os.pipe()

    def run(self) -> int:
        """Watch until stopped; the exit code: 0, or that of a process whose settings were refused."""
        for number in SIGNALS:
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._pass_on)
        for index in range(self._settings.worker.processes):
            self._start(index)
        ready_to_reload()
        worst = 0
        while self._running:
            pid, status = os.waitpid(-1, 0)
            worst = max(worst, self._ended(pid, os.waitstatus_to_exitcode(status)))
        return worst

    def _start(self, index: int) -> None:
        """Fork. Signals wait meanwhile: one that came between would be lost in the child, or pass by a child that is not listed yet."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [*SIGNALS, signal.SIGHUP])
        pid = 0 if self._stopping else os.fork()
        if pid:
            self._running[pid] = (index, monotonic_s())
        elif not self._stopping:
            os.close(self._parent_end)
            _live(self._settings, index, self._parent_alive, reload=self._reloaded)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _ended(self, pid: int, code: int) -> int:
        index, started_s = self._running.pop(pid, (0, 0.0))
        if self._stopping or code == 0:
            return 0
        if code == 2:
            self._stop(signal.SIGTERM, None)
            return 2
        _log.error("worker_died", index=index, pid=pid, code=code)
        killpoint.arm(None)
        self._pause_s = RESTART_MIN_S if monotonic_s() - started_s > STEADY_S else min(RESTART_MAX_S, self._pause_s * 2)
        due_s = monotonic_s() + self._pause_s
        while monotonic_s() < due_s and not self._stopping:
            time.sleep(LOOK_EVERY_S)
        self._start(index)
        return 0

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        """A process that is started again later must not fall back behind those that reload now."""
        self._reloaded = True
        for pid in list(self._running):
            os.kill(pid, number)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for pid in self._running:
            os.kill(pid, signal.SIGTERM)


def _live(settings: Settings, index: int, parent_alive: int, *, reload: bool) -> NoReturn:
    """The life of a child. It ends here: nothing of the parent's stack may run twice. `parent_alive`: a pipe that closes with it."""
    code = 1
    try:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # SIGHUP waits until the gateway takes it: the parent's children are not ours
        stop_at_end_of(parent_alive)
        gateway = Gateway(settings, listen=False, work=True, index=index)
        if reload:
            gateway.reload()
        gateway.run()
        code = 0
    except MailgateError as error:
        print(f"mailgate: {error}", file=sys.stderr)
        code = 2
    finally:
        unforeseen = sys.exception()
        if unforeseen is not None:
            sys.excepthook(type(unforeseen), unforeseen, unforeseen.__traceback__)
        sys.stderr.flush()
        os._exit(code)
