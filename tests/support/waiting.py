"""Waiting for something to become true, with a deadline and a reason. Tests wait on states, never for a length of time."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
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
"""Not `random` itself, which may be seeded again in a test: the first port would be the same again, while its listener is dead."""
_given: set[int] = set()


@cache
def _claims() -> int:
    """The file in which every process of the tests locks the octet of each port that it was given, until it ends."""
    return os.open(Path(tempfile.gettempdir(), f"mailgate-test-ports-{os.getuid()}"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def free_port() -> int:
    """A loopback port that nobody listens on, below the range that the kernel gives to outgoing connections.

    Each is given once, and to one of the processes that test at the same time: a port is often used long after it was given.
    """
    while True:
        port = _ANY.randint(15_000, 32_000)
        if port not in _given and _is_claimed(port) and _is_free(port):
            return port


def _is_claimed(port: int) -> bool:
    """True when this process now holds the port's octet (fcntl(2): the kernel releases it when the process ends)."""
    try:
        fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _given.add(port)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """True when something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
