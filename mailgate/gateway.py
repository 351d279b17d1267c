"""One process at work: the listener (`mailgate smtp`), the stages (`mailgate worker`), or both (`mailgate run`).

In: settings. Out: a process that serves until it is told to stop, and then stops in the order that loses no work.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

from mailgate import bootstrap, broker, log, memory, metrics
from mailgate.config import Endpoint, Settings
from mailgate.errors import ConfigError, MailgateError
from mailgate.inbound.journal import Journal
from mailgate.inbound.sender_gate import Refused
from mailgate.store.unit_of_work import Store
from mailgate.worker import Stage, Worker

CHORES_INTERVAL = timedelta(hours=1)
GATE_LOOK_S = 0.5
"""How often the listener looks whether the policy has changed: what an operator activates holds there within a second, too."""
SWITCH_INTERVAL_S = 0.0005
"""For how long a stage may keep the interpreter from the listener; Python's 5 ms are paid several times for one mail."""

_log = log.get("gateway")


class Gateway:
    """The parts of one process. `index` is 0 for one that listens, 1 and up for the processes of a worker: it moves the metrics' port.

    `run` serves until SIGTERM or SIGINT; `running` is the same inside a `with` block, for the demo and for tests.
    """

    def __init__(self, settings: Settings, *, listen: bool, work: bool, index: int = 0) -> None:
        self.settings = settings
        self.store = bootstrap.open_store(settings)
        self.policies = bootstrap.policy_in_force(settings, self.store)
        self.policies.begin()
        self._broker = broker.connect(settings.broker.url)
        self._bell = broker.Bell(self._broker)
        self.journal = Journal(self.store, self.store.clock, self._ring_intake) if listen else None
        self._gate = bootstrap.make_gate(settings, self.store.clock, self.policies.current())
        self.listener = bootstrap.make_listener(settings, self.store, self.journal, self._gate.check) if self.journal else None
        self._gate_keeper: asyncio.Task[None] | None = None
        self._worker = self._make_worker() if work else None
        self._metrics = self._make_metrics(settings.metrics.listen, index)

    def ring(self, stage: str) -> None:
        """Ask for one run of a stage, soon, in whatever process."""
        self._bell.ring(stage)

    def _ring_intake(self) -> None:
        self._bell.ring("intake")

    def _make_worker(self) -> Worker:
        stages: Mapping[str, Stage] = bootstrap.make_stages(self.settings, self.store, self.policies, self._bell.ring)
        return Worker(self._broker, stages, self.settings.worker.sweep_interval_s, self._chores())

    def _chores(self) -> Callable[[], None]:
        """Retention, at most once an hour and process; the store sees to it that two at once do no harm."""
        due_at = self.store.now()

        def chores() -> None:
            nonlocal due_at
            now = self.store.now()
            if now >= due_at:
                due_at = now + CHORES_INTERVAL
                purge(self.settings, self.store)

        return chores

    def _make_metrics(self, addresses: tuple[Endpoint, ...], index: int) -> metrics.Server | None:
        if not addresses:
            return None
        address = addresses[0]
        port = address.port + index if address.port else 0
        return metrics.Server(address.host, port, metrics.REGISTRY, lambda: {"process": True}, self._ready)

    def _ready(self) -> Mapping[str, bool]:
        """What must work for this process to do its part."""
        found = {"database": _answers(self.store)}
        if self.journal is not None:
            found["journal"] = self.journal.healthy
        return found

    async def serve(self, stopping: asyncio.Event, started: Callable[[], None] = lambda: None) -> None:
        """Start all parts, call `started`, wait for `stopping`, stop them in the order that loses no work."""
        try:
            await self._start()
            started()
            await stopping.wait()
        finally:
            await self._stop()

    async def _start(self) -> None:
        if self.journal is not None and self.listener is not None:
            self.journal.start()
            try:
                await self.listener.start()
            except OSError as error:
                raise ConfigError(f"cannot listen: {error.strerror or error}", hint="is another process using the port?") from None
            self._gate_keeper = asyncio.get_running_loop().create_task(self._keep_gate())
        if self._worker is not None:
            self._worker.start()
        if self._metrics is not None:
            metrics.REGISTRY.gauges_from(lambda: {**gauges(self.store), **self._policy_gauges()})
            self._metrics.start()
        _log.info("started", listening=self.addresses, metrics_port=self._metrics.port if self._metrics else None)

    def _policy_gauges(self) -> Mapping[str, float]:
        return {"policy_version": self.policies.number, "policy_behind": self.policies.behind}

    async def _keep_gate(self) -> None:
        """Bring the listener the policy that is in force, and the database what was refused.

        A database that is away leaves the listener with the policy that it has, and the counts wait.
        """
        while True:
            await asyncio.sleep(GATE_LOOK_S)
            with contextlib.suppress(MailgateError):
                self._gate.use(await asyncio.to_thread(self.policies.current))
            await self._keep_counts()

    async def _keep_counts(self) -> None:
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
        if self._gate_keeper is not None:
            self._gate_keeper.cancel()
            await asyncio.gather(self._gate_keeper, return_exceptions=True)
        if self.listener is not None:
            await self.listener.stop()
            await self._keep_counts()
        if self.journal is not None:
            await asyncio.to_thread(self.journal.close)
        if self._worker is not None:
            await asyncio.to_thread(self._worker.stop, self.settings.worker.stop_timeout_s)
        self._bell.close()
        if self._metrics is not None:
            self._metrics.close()
        self.store.database.close()
        _log.info("stopped")

    @property
    def addresses(self) -> list[str]:
        """What is listened on, as host:port, in the order of the settings."""
        found = self.listener.addresses if self.listener else []
        return [one if isinstance(one, str) else f"{one[0]}:{one[1]}" for one in found]

    def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Serve until SIGTERM or SIGINT; `started` is called when all parts listen.

        A second signal does not hurry it: what is in hand is finished.
        """

        async def until_signal() -> None:
            stopping = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, stopping.set)
            memory.spare_collector()
            memory.return_large_blocks()
            if self.listener is not None:
                sys.setswitchinterval(SWITCH_INTERVAL_S)
            await self.serve(stopping, started)

        asyncio.run(until_signal())

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Serve in a thread of its own while the block runs."""
        loop, stopping = asyncio.new_event_loop(), asyncio.Event()
        started = threading.Event()
        failed: list[BaseException] = []

        async def until_told() -> None:
            try:
                await self._start()
                started.set()
                await stopping.wait()
            except BaseException as error:
                failed.append(error)
                raise
            finally:
                started.set()
                await self._stop()

        thread = threading.Thread(target=lambda: loop.run_until_complete(until_told()), name="gateway", daemon=True)
        thread.start()
        started.wait()
        if failed:
            raise failed[0]
        try:
            yield
        finally:
            loop.call_soon_threadsafe(stopping.set)
            thread.join()
            loop.close()


def _answers(store: Store) -> bool:
    try:
        store.database.verify()
    except MailgateError:
        return False
    return True


def gauges(store: Store) -> Mapping[str, float]:
    """What the database says for the metrics at one moment."""
    with store.reading() as uow:
        journal, notices, outbox = uow.journal.queue(), uow.notices.queue(), uow.outbox.queue()
    now = store.now()

    def age_s(queue: object) -> float:
        since = getattr(queue, "oldest_due_at", None)
        return max(0.0, (now - since).total_seconds()) if since else 0.0

    return {
        "pending": journal.waiting,
        "oldest_pending_age_s": age_s(journal),
        "held": journal.states.get("held", 0),
        "shunted_waiting": journal.states.get("shunted", 0),
        "notices_due": notices.waiting,
        "outbox_due": outbox.waiting,
        "oldest_outbox_age_s": age_s(outbox),
        "outbox_uncertain": outbox.states.get("uncertain", 0),
    }


def purge(settings: Settings, store: Store) -> None:
    """Take away what retention allows to go, in bites, so that no transaction gets long."""
    keep = timedelta(days=settings.retention.raw_days) if settings.retention.raw_days else None
    while True:
        with store.transaction() as uow:
            gone = uow.retention.purge(store.now(), keep)
        if not any((gone.blobs, gone.submissions, gone.frozen_mails, gone.counters)):
            return
        _log.info("purged", blobs=gone.blobs, submissions=gone.submissions, frozen_mails=gone.frozen_mails)
