"""The doorbell on Redis. In: a URL. Out: a Dramatiq broker that counts its rings and names its driver's errors. See `broker`."""

from __future__ import annotations

from typing import Any

import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import Middleware

from mailgate.broker import QUEUE, SOCKET_TIMEOUT_S
from mailgate.errors import TransientFailure


class RedisBell(RedisBroker):
    """Redis as the bell."""

    driver_errors: tuple[type[Exception], ...] = (redis.RedisError,)

    def waiting(self) -> int:
        """Rings not yet taken."""
        return int(self.client.hlen(f"{self.namespace}:{QUEUE}.msgs"))


def open_redis(url: str, middleware: list[Middleware], namespace: str) -> RedisBell:
    """The bell behind `redis://…` or `rediss://…`. Opens no connection yet."""
    return RedisBell(client=_client(url, health_check_interval=30), middleware=middleware, namespace=namespace)  # type: ignore[no-untyped-call]


def evicting(url: str) -> str:
    """The policy by which this Redis throws keys away when it is full; "" when it throws away none of ours. Raises TransientFailure."""
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
