"""Wakeups on Redis. In: a URL. Out: a Dramatiq broker that counts waiting wakeups and names its driver's errors. See `wakeup`."""

from __future__ import annotations

from typing import Any

import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import Middleware

from mailgate.errors import TransientFailure
from mailgate.runtime.broker.bounds import QUEUE, SOCKET_TIMEOUT_S


class CountedRedisBroker(RedisBroker):
    """Redis, with a count of the messages that wait."""

    driver_errors: tuple[type[Exception], ...] = (redis.RedisError,)

    def waiting(self) -> int:
        """Wakeups not yet consumed."""
        return int(self.client.hlen(f"{self.namespace}:{QUEUE}.msgs"))


def open_redis(url: str, middleware: list[Middleware], namespace: str) -> CountedRedisBroker:
    """The broker for `redis://…` or `rediss://…`. Opens no connection yet."""
    return CountedRedisBroker(client=_client(url, health_check_interval=30), middleware=middleware, namespace=namespace)  # type: ignore[no-untyped-call]


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
