"""Waiting for something to become true, with a deadline and a reason. Tests wait on states, never for a length of time."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S = 0.02


class TooLateError(AssertionError):
    """What was waited for did not come."""


def until(true: Callable[[], T], timeout_s: float, what: str, poll_s: float = POLL_S, detail: Callable[[], object] = lambda: "") -> T:
    """The first truthy answer of `true`. Raises TooLateError with `what` and what `detail` returns at the end."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = true()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TooLateError(f"not within {timeout_s:g} s: {what}\n{detail()}")
        time.sleep(poll_s)


_ANY = random.SystemRandom()
"""Not `random` itself, which may be seeded anew in a test: the first port would be the same again, while its listener is dead."""
_given: set[int] = set()


def free_port() -> int:
    """A loopback port that nobody listens on, below the range that the kernel gives to outgoing connections; each is given once."""
    while True:
        port = _ANY.randint(15_000, 32_000)
        if port in _given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(port)
            return port


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """True when something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
