"""Wakeups on Redis. In: a URL. Out: a Dramatiq broker that counts waiting wakeups and names its driver's errors. See `wakeup`."""

from __future__ import annotations

from typing import Any

import redis
from dramatiq import MessageProxy
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.redis import _RedisConsumer as RedisConsumer
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import Middleware

from mailgate.clock import monotonic_s
from mailgate.errors import TransientFailure
from mailgate.runtime.broker.bounds import QUEUE, SOCKET_TIMEOUT_S

WAIT_S = 0.25  # how long a consumer waits in Redis at most; a process that stops waits for it
SIGN_OF_LIFE_S = 10.0  # Dramatiq takes a consumer that has asked for nothing for a minute for dead


class _WaitingConsumer(RedisConsumer):
    """Waits in Redis until a wakeup is there. Dramatiq's own asks for one every few milliseconds, which was a twelfth of a worker's CPU."""

    _asked_at_s = float("-inf")

    def __next__(self) -> MessageProxy | None:
        if not self.message_cache and self.outstanding_message_count < self.prefetch:
            if not self._wait() and monotonic_s() - self._asked_at_s < SIGN_OF_LIFE_S:
                return None
            self._asked_at_s = monotonic_s()
            self.misses = 0  # whatever it finds: there is nothing to sleep for
        return super().__next__()  # type: ignore[no-untyped-call,no-any-return]

    def _wait(self) -> bool:
        """Until the queue is not empty, or `WAIT_S`; whether it is. An entry is moved to where it is: no change (BLMOVE, Redis 6.2)."""
        queue = f"{self.broker.namespace}:{self.queue_name}"
        try:
            return self.broker.client.blmove(queue, queue, WAIT_S, "LEFT", "LEFT") is not None
        except redis.RedisError as error:  # away, hung or full: Dramatiq asks again after a while
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]


class WaitingRedisBroker(RedisBroker):
    """Redis, with a count of the messages that wait, and consumers that do not poll."""

    driver_errors: tuple[type[Exception], ...] = (redis.RedisError,)

    @property
    def consumer_class(self) -> type[RedisConsumer]:
        """What Dramatiq makes its consumers of."""
        return _WaitingConsumer

    def waiting(self) -> int:
        """Wakeups not yet consumed."""
        return int(self.client.hlen(f"{self.namespace}:{QUEUE}.msgs"))


def open_redis(url: str, middleware: list[Middleware], namespace: str) -> WaitingRedisBroker:
    """The broker for `redis://…` or `rediss://…`. Opens no connection yet."""
    return WaitingRedisBroker(client=_client(url, health_check_interval=30), middleware=middleware, namespace=namespace)  # type: ignore[no-untyped-call]


def evicting(url: str) -> str:
    """The eviction policy of this Redis; "" when it evicts none of our keys. Raises TransientFailure."""
    client = _client(url)
    try:
        found: Any = client.info("memory")
    except redis.RedisError as error:
        raise TransientFailure(type(error).__name__) from error
    finally:
        client.close()
    policy = str(found.get("maxmemory_policy", "noeviction"))
    return policy if policy.startswith("allkeys") else ""


def _client(url: str, **options: int) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=SOCKET_TIMEOUT_S, socket_connect_timeout=SOCKET_TIMEOUT_S, **options)
