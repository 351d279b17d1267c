"""One process at work: the listener (`mailgate smtp`), the stages (`mailgate worker`), or both (`mailgate run`).

In: settings. Out: a process that serves until it is asked to stop, and then stops its parts in an order that loses no work.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from mailgate import gc_tuning, log, metrics
from mailgate.application import retention, todo
from mailgate.application.app import App
from mailgate.application.cases import unanswered
from mailgate.application.principal import Principal
from mailgate.config import Endpoint, Settings
from mailgate.errors import ConfigError, MailgateError
from mailgate.inbound.guards.sender_gate import Refused
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.runtime import bootstrap, reloading, service_manager
from mailgate.runtime.broker import wakeup
from mailgate.runtime.event_loop import new_event_loop
from mailgate.runtime.probe import Probe
from mailgate.runtime.worker import Stage, StageWorker
from mailgate.store.unit_of_work import Store

CHORES_INTERVAL = timedelta(hours=1)
CHORES = Principal("system", "chores", "mailgate")
DAILY_MAIL_LOOK = timedelta(minutes=1)
SPENT_FOR = timedelta(days=2)
"""How long a used or ended link can still say so, and keys of submissions and limits are kept after their last use."""
GATE_LOOK_S = 0.5
"""How often the listener checks for a new policy version: an activation applies there within a second."""
SWITCH_INTERVAL_S = 0.0005
"""Thread switch interval: how long a stage may keep the interpreter from the listener. The default of 5 ms is paid often per mail."""

_log = log.get("gateway")


class Gateway:
    """The parts of one process. `index` is 0 for one that listens, 1 and up for the processes of a worker: it moves the metrics' port.

    `run` serves until SIGTERM or SIGINT; `running` is the same inside a `with` block, for the demo and for tests.
    """

    def __init__(self, settings: Settings, *, listen: bool, work: bool, index: int = 0) -> None:
        self.settings = settings
        self.store = bootstrap.open_store(settings)
        with contextlib.ExitStack() as otherwise:  # a gateway that cannot be made leaves no database open
            otherwise.callback(self.store.database.close)
            self._make(listen=listen, work=work, index=index)
            otherwise.pop_all()

    def _make(self, *, listen: bool, work: bool, index: int) -> None:
        settings = self.settings
        self._database = Probe(lambda: _answers(self.store))
        self.policies = bootstrap.make_active_policy(settings, self.store)
        self.policies.begin()
        self._broker = wakeup.connect(settings.broker.url)
        self._wakeup = wakeup.Wakeup(self._broker)
        self.journal = GroupCommitJournal(self.store, self.store.clock, self._notify_intake) if listen else None
        self._gate = bootstrap.make_gate(settings, self.store.clock, self.policies.current())
        self.listener = bootstrap.make_listener(settings, self.store, self.journal, self._gate.check) if self.journal else None
        self._gate_task: asyncio.Task[None] | None = None
        self._worker = self._make_worker() if work else None
        self._metrics = self._make_metrics(settings.metrics.listen, index)

    @property
    def app(self) -> App:
        """The use cases on this gateway's store, for other parts of the same process."""
        return App(self.store, self.settings, self.policies, bootstrap.Workshop(self.settings))

    def notify(self, stage: str) -> None:
        """Ask for one run of a stage, soon: in this process if it has stages, else in whatever process has."""
        if self._worker is not None:
            self._worker.wake(stage)
        else:
            self._wakeup.notify(stage)

    def _notify_intake(self) -> None:
        self.notify("intake")

    def _make_worker(self) -> StageWorker:
        stages: Mapping[str, Stage] = bootstrap.make_stages(self.settings, self.store, self.policies, self.notify)
        return StageWorker(self._broker, stages, self.settings.worker.sweep_interval_s, self._chores())

    def _chores(self) -> Callable[[], None]:
        """Retention and reminders, at most once an hour and process; two at once do no harm. The daily mail to the desk."""
        due_at = mail_at = self.store.now()

        def chores() -> None:
            nonlocal due_at, mail_at
            now = self.store.now()
            if now >= due_at:
                due_at = now + CHORES_INTERVAL
                purge(self.settings, self.store)
                if any((expired := retention.sweep(self.app, CHORES, retention.Sweep(daily=True))).values()):
                    _log.info("expired", **expired)
                if any((settled := unanswered.look_after(self.app, CHORES, unanswered.LookAfter())).values()):
                    _log.info("unanswered_cases", **settled)
                    self.notify("notices")
            if self.settings.desk.report_to and now >= mail_at:
                mail_at = now + DAILY_MAIL_LOOK
                if todo.mail_todo(self.app, CHORES, todo.MailTodo(daily=True)):
                    self.notify("notices")

        return chores

    def _make_metrics(self, addresses: tuple[Endpoint, ...], index: int) -> metrics.Server | None:
        if not addresses:
            return None
        address = addresses[0]
        port = address.port + index if address.port else 0
        return metrics.Server(address.host, port, metrics.REGISTRY, lambda: {"process": True}, self._ready)

    def _ready(self) -> Mapping[str, bool]:
        """What must work for this process to be ready."""
        found = {"database": self._database.answers()}
        if self.journal is not None:
            found["journal"] = self.journal.ready
        return found

    async def serve(self, stopping: asyncio.Event, started: Callable[[], None] = lambda: None) -> None:
        """Start all parts, call `started`, wait for `stopping`, stop them in an order that loses no work."""
        watchdog = asyncio.get_running_loop().create_task(service_manager.keep_alive())
        try:
            await self._start()
            started()
            service_manager.tell("READY=1")
            await stopping.wait()
        finally:
            service_manager.tell("STOPPING=1")
            await self._stop()
            watchdog.cancel()
            await asyncio.gather(watchdog, return_exceptions=True)

    async def _start(self) -> None:
        if self.journal is not None and self.listener is not None:
            self.journal.start()
            try:
                await self.listener.start()
            except OSError as error:
                raise ConfigError(f"cannot listen on {error.filename}: {error.strerror or error}", hint=_why_not(error)) from None
            self._gate_task = asyncio.get_running_loop().create_task(self._refresh_gate())
        if self._worker is not None:
            self._worker.start()
        if self._metrics is not None:
            metrics.REGISTRY.gauges_from(lambda: {**gauges(self.store), **self._policy_gauges()})
            self._metrics.start()
        if self.listener is not None:
            _log.info("believed", who=[f"{what}: {whom}" for what, whom in self.settings.believed.items()])
        _log.info("started", listening=self.addresses, metrics_port=self._metrics.port if self._metrics else None)

    def _policy_gauges(self) -> Mapping[str, float]:
        return {"policy_version": self.policies.number, "policy_behind": self.policies.behind}

    async def _refresh_gate(self) -> None:
        """Give the listener the active policy, and write to the database what it refused.

        While the database is unavailable the listener keeps the policy that it has, and the counts wait.
        """
        while True:
            await asyncio.sleep(GATE_LOOK_S)
            with contextlib.suppress(MailgateError):
                self._gate.use(await asyncio.to_thread(self.policies.current))
            await self._save_counts()

    async def _save_counts(self) -> None:
        counts = self._gate.take_counts()
        try:
            if counts:
                await asyncio.to_thread(self._write_counts, counts)
        except MailgateError:
            self._gate.give_back(counts)

    def _write_counts(self, counts: Sequence[Refused]) -> None:
        with self.store.transaction() as uow:
            uow.legacy.add_refused(counts)

    async def _stop(self) -> None:
        if self._gate_task is not None:
            self._gate_task.cancel()
            await asyncio.gather(self._gate_task, return_exceptions=True)
        if self.listener is not None:
            await self.listener.stop()
            await self._save_counts()
        if self.journal is not None:
            await asyncio.to_thread(self.journal.close)
        if self._worker is not None:
            await asyncio.to_thread(self._worker.stop, self.settings.worker.stop_timeout_s)
        self._wakeup.close()
        if self._metrics is not None:
            self._metrics.close()
        self.store.database.close()
        _log.info("stopped")

    @property
    def addresses(self) -> list[str]:
        """What is listened on, as host:port, in the order of the settings."""
        found = self.listener.addresses if self.listener else []
        return [one if isinstance(one, str) else f"{one[0]}:{one[1]}" for one in found]

    def reload(self) -> None:
        """Take in certificates and log level; the gate looks for a new policy all the time. Raises nothing: what is wrong is logged."""
        use = self.listener.use_certificate if self.listener and self.listener.has_tls else None
        reloading.reload(self.settings, ("smtp.tls_cert", "smtp.tls_key"), use)

    def run(self, started: Callable[[], None] = lambda: None, reloaded: Callable[[], None] = lambda: None) -> None:
        """Serve until SIGTERM or SIGINT; `started` is called when all parts listen, `reloaded` after each SIGHUP.

        A second signal does not speed it up: work in progress is finished.
        """

        async def reload() -> None:
            await asyncio.to_thread(self.reload)
            reloaded()

        async def until_signal() -> None:
            stopping = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, stopping.set)
            loop, reloads = asyncio.get_running_loop(), set[asyncio.Task[None]]()

            def begin_reload() -> None:
                task = loop.create_task(reload())
                reloads.add(task)
                task.add_done_callback(reloads.discard)

            loop.add_signal_handler(signal.SIGHUP, begin_reload)
            reloading.ready_to_reload()
            gc_tuning.spare_collector()
            gc_tuning.return_large_blocks()
            if self.listener is not None:
                sys.setswitchinterval(SWITCH_INTERVAL_S)
            await self.serve(stopping, started)

        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(until_signal())

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Serve in a separate thread while the block runs."""
        loop, stopping = new_event_loop(), asyncio.Event()
        started = threading.Event()

        async def until_stopped() -> None:
            try:
                await self._start()
                started.set()
                await stopping.wait()
            finally:
                await self._stop()

        with contextlib.closing(loop), ThreadPoolExecutor(1, "gateway") as thread:
            served = thread.submit(loop.run_until_complete, until_stopped())
            served.add_done_callback(lambda _: started.set())
            started.wait()
            if served.done():
                served.result()
            try:
                yield
            finally:
                loop.call_soon_threadsafe(stopping.set)
                served.result()


def _answers(store: Store) -> bool:
    try:
        store.database.verify()
    except MailgateError:
        return False
    return True


def _why_not(error: OSError) -> str:
    """What to do about an endpoint that cannot be bound."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            "ports below 1024 are for root and for programs with the right: run it by systemd (AmbientCapabilities=CAP_NET_BIND_SERVICE), "
            'or set smtp.listen = ["127.0.0.1:2525"] with a Postfix in front'
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return "this host does not have that address; set smtp.listen to one that it has, or to 0.0.0.0"
    return "another program has the port: find it with ss -ltnp and stop it, or set another smtp.listen"


def gauges(store: Store) -> Mapping[str, float]:
    """What the database says for the metrics at one moment."""
    with store.reading() as uow:
        journal, notices, outbox, held = uow.journal.queue(), uow.notices.queue(), uow.outbox.queue(), uow.todo.held()
        urgent = uow.outbox.oldest_urgent()
    now = store.now()

    def age_s(since: datetime | None) -> float:
        return max(0.0, (now - since).total_seconds()) if since else 0.0

    return {
        "pending": journal.waiting,
        "oldest_pending_age_s": age_s(journal.oldest_at),
        "held": journal.states.get("held", 0),
        "oldest_held_age_s": age_s(held.since),
        "shunted_waiting": journal.states.get("shunted", 0),
        "notices_due": notices.waiting,
        "outbox_due": outbox.waiting,
        "oldest_outbox_age_s": age_s(outbox.oldest_at),
        "oldest_urgent_outbox_age_s": age_s(urgent),
        "outbox_uncertain": outbox.states.get("uncertain", 0),
    }


def purge(settings: Settings, store: Store) -> None:
    """Delete ended sessions and links, and what retention allows, in small transactions."""
    now = store.now()
    with store.transaction() as uow:
        ended = uow.accounts.purge(now, now - SPENT_FOR)
    if ended:
        _log.info("purged", spent=ended)
    keep = timedelta(days=settings.retention.raw_days) if settings.retention.raw_days else None
    while True:
        with store.transaction() as uow:
            gone = uow.retention.purge(store.now(), keep)
        if not any((gone.blobs, gone.submissions, gone.frozen_mails, gone.counters)):
            return
        _log.info("purged", blobs=gone.blobs, submissions=gone.submissions, frozen_mails=gone.frozen_mails)
