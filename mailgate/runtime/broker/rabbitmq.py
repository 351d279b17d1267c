"""Wakeups on RabbitMQ. In: a URL. Out: a Dramatiq broker with a bounded queue that names its driver's errors. See `wakeup`."""

from __future__ import annotations

import pika
import pika.exceptions
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.middleware import Middleware

from mailgate.runtime.broker.bounds import SOCKET_TIMEOUT_S, WAKEUP_MAX_AGE_MS, WAKEUPS_WAITING_MAX


class BoundedRabbitmqBroker(RabbitmqBroker):
    """RabbitMQ with a queue bounded in length and age, so that wakeups that nobody consumes fill nothing."""

    driver_errors: tuple[type[Exception], ...] = (pika.exceptions.AMQPError,)

    def _build_queue_arguments(self, queue_name: str) -> dict[str, object]:
        bounds = {"x-max-length": WAKEUPS_WAITING_MAX, "x-message-ttl": WAKEUP_MAX_AGE_MS}
        return {**super()._build_queue_arguments(queue_name), **bounds}  # type: ignore[no-untyped-call]


def open_rabbit(url: str, middleware: list[Middleware]) -> BoundedRabbitmqBroker:
    """The broker for `amqp://…` or `amqps://…`. Opens no connection yet."""
    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.blocked_connection_timeout = SOCKET_TIMEOUT_S
    broker = BoundedRabbitmqBroker(middleware=middleware)
    broker.parameters = parameters
    return broker
