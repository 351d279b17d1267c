"""Asks a broker whether it answers, for `mailgate doctor`. In: its URL. Out: its state. Sends nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from mailgate.errors import TransientFailure
from mailgate.runtime.broker.wakeup import eviction_policy

TIMEOUT_S = 5.0


def probe(url: str) -> str:
    """The eviction policy of a Redis that may lose messages, else "". Raises TransientFailure when it does not answer."""
    if urlsplit(url).scheme in ("amqp", "amqps"):
        _ask_rabbit(url)
    return eviction_policy(url)


def _ask_rabbit(url: str) -> None:
    import pika
    import pika.exceptions

    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.blocked_connection_timeout = parameters.stack_timeout = TIMEOUT_S
    try:
        pika.BlockingConnection(parameters).close()
    except (pika.exceptions.AMQPError, OSError) as error:
        raise TransientFailure(type(error).__name__) from _reason(error)


def _reason(error: BaseException) -> BaseException:
    """The error that says why: pika's own for a refused connection says nothing and holds it."""
    inner = next((one for one in (*error.args, getattr(error, "exception", None)) if isinstance(one, BaseException)), None)
    return _reason(inner) if inner else error
