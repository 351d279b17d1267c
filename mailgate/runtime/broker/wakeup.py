"""Wakeups: messages to other processes' workers that rows are due, through Redis or RabbitMQ. They carry no data and may be lost.

In: `Wakeup.notify(stage)` from any thread, after a commit. Out: at most one Dramatiq message per stage and interval.
It must never block the caller or raise: a broker that is down, full or hangs costs only delay, since the sweeper of `worker`
finds due rows in the database. Nothing but the name of a stage is ever put into the broker.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import dramatiq
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import BrokerError
from dramatiq.middleware import AgeLimit, Middleware

from mailgate import log
from mailgate.errors import ConfigError
from mailgate.runtime.broker.bounds import QUEUE, SOCKET_TIMEOUT_S, WAKEUP_MAX_AGE_MS, WAKEUPS_WAITING_MAX

STAGES: tuple[str, ...] = ("intake", "notices", "send")
WAKEUP_INTERVAL_S = 0.05
"""A wakeup costs a worker about a millisecond, and mails that came meanwhile are one batch. The first after a pause goes at once."""


_log = log.get("broker")


class _InProcess(StubBroker):
    """A broker inside the process."""

    driver_errors: tuple[type[Exception], ...] = ()

    def waiting(self) -> int:
        """Wakeups not yet consumed."""
        return int(self.queues[QUEUE].qsize())


def connect(url: str, namespace: str = "mailgate") -> dramatiq.Broker:
    """A Dramatiq broker for `memory://`, `redis://…`, `rediss://…` or `amqp://…`. Opens no connection yet. Raises ConfigError.

    Only the driver that is asked for is loaded: together they are a quarter of what a program that starts has to load.
    """
    scheme = urlsplit(url).scheme
    # No Retries and no TimeLimit: attempts are counted in the database (trap F12).
    middleware: list[Middleware] = [AgeLimit(max_age=WAKEUP_MAX_AGE_MS)]
    if scheme == "memory":
        return _InProcess(middleware=middleware)
    if scheme in ("redis", "rediss"):
        from mailgate.runtime.broker.redis import open_redis

        return open_redis(url, middleware, namespace)
    if scheme in ("amqp", "amqps"):
        from mailgate.runtime.broker.rabbitmq import open_rabbit

        return open_rabbit(url, middleware)
    raise ConfigError(
        f"broker.url has the unknown scheme {scheme!r}", hint="use memory://, redis://host:port/db or amqp://user:password@host:port"
    )


def eviction_policy(url: str) -> str:
    """The eviction policy of a Redis; "" when it evicts none of our keys. Raises TransientFailure."""
    if urlsplit(url).scheme not in ("redis", "rediss"):
        return ""
    from mailgate.runtime.broker.redis import evicting

    return evicting(url)


def declare(broker: dramatiq.Broker, stages: Mapping[str, Callable[[], None]]) -> None:
    """Register each stage as an actor. Call before a worker is started on the broker."""
    for name, run in stages.items():
        dramatiq.actor(actor_name=name, queue_name=QUEUE, broker=broker)(run)


class Wakeup:
    """Sends wakeups from a separate thread, at most one per stage and `interval_s`; one requested in between is sent after the interval."""

    def __init__(self, broker: dramatiq.Broker, interval_s: float = WAKEUP_INTERVAL_S) -> None:
        self._broker, self._interval_s = broker, interval_s
        self._errors = (BrokerError, OSError, *getattr(broker, "driver_errors", ()))
        self._wanted: set[str] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._silent = False
        self._thread = threading.Thread(target=self._run, name="wakeup", daemon=True)
        self._thread.start()

    def notify(self, stage: str) -> None:
        """Ask for one run of `stage` soon. Returns at once, whatever the broker does."""
        if stage in self._wanted:
            return
        with self._changed:
            self._wanted.add(stage)
            self._changed.notify()

    def close(self) -> None:
        """Send what is still wanted, then stop. Waits no longer than one socket timeout."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(SOCKET_TIMEOUT_S + 1)

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            with self._changed:
                while not self._wanted and not self._closed:
                    self._changed.wait()
                stages, self._wanted = self._wanted, set()
                closed = self._closed
            for stage in stages:
                self._send(stage)
            if closed:
                return
            pause.wait(self._interval_s)

    def _send(self, stage: str) -> None:
        message: dramatiq.Message[None] = dramatiq.Message(queue_name=QUEUE, actor_name=stage, args=(), kwargs={}, options={})
        try:
            self._broker.declare_queue(QUEUE)
            if self._wakeups_waiting() < WAKEUPS_WAITING_MAX:
                self._broker.enqueue(message)
        except self._errors as error:
            if not self._silent:
                _log.warning("broker_unreachable", stage=stage, error=type(error).__name__)
            self._silent = True
        else:
            if self._silent:
                _log.info("broker_back", stage=stage)
            self._silent = False

    def _wakeups_waiting(self) -> int:
        """Wakeups that no worker has consumed. RabbitMQ bounds its queue itself."""
        count: Callable[[], int] | None = getattr(self._broker, "waiting", None)
        return count() if count else 0
