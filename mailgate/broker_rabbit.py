"""The doorbell on RabbitMQ. In: a URL. Out: a Dramatiq broker whose queue is bounded and that names its driver's errors. See `broker`."""

from __future__ import annotations

import pika
import pika.exceptions
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.middleware import Middleware

from mailgate.broker import RING_MAX_AGE_MS, RINGS_WAITING_MAX, SOCKET_TIMEOUT_S


class RabbitBell(RabbitmqBroker):
    """RabbitMQ with a queue that keeps few rings and none for long, so that a bell nobody answers fills nothing."""

    driver_errors: tuple[type[Exception], ...] = (pika.exceptions.AMQPError,)

    def _build_queue_arguments(self, queue_name: str) -> dict[str, object]:
        bounds = {"x-max-length": RINGS_WAITING_MAX, "x-message-ttl": RING_MAX_AGE_MS}
        return {**super()._build_queue_arguments(queue_name), **bounds}  # type: ignore[no-untyped-call]


def open_rabbit(url: str, middleware: list[Middleware]) -> RabbitBell:
    """The bell behind `amqp://…` or `amqps://…`. Opens no connection yet."""
    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.blocked_connection_timeout = SOCKET_TIMEOUT_S
    broker = RabbitBell(middleware=middleware)
    broker.parameters = parameters
    return broker
