"""Ids: UUID version 7 (RFC 9562 section 5.7), made by the writer, ordered by time. In: the time. Out: canonical lower-case text.

Inserts of many hosts land at the end of an index, and tables can be cut by month. Ids are never secrets and carry no right.
"""

from __future__ import annotations

import os
import re
import threading
from datetime import UTC, datetime, timedelta

_FORM = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TAIL_BITS = 74
_FIRST_TAIL_OCTETS, _STEP_OCTETS = 9, 5
_POOL_OCTETS = 4096
_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_LOW_62 = (1 << 62) - 1


class _Source:
    """The last time and tail given out. RFC 9562 section 6.2, method 2: within one millisecond the tail grows by a random step."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ms = -1
        self._tail = 0
        self._pool = memoryview(b"")

    def next(self, now_ms: int) -> int:
        with self._lock:
            if now_ms > self._last_ms:
                self._last_ms, self._tail = now_ms, self._random(_FIRST_TAIL_OCTETS)
            else:  # same millisecond, or the clock was set back: keep the order, not the time
                self._tail += 1 + self._random(_STEP_OCTETS)
            if self._tail >> _TAIL_BITS:
                self._last_ms, self._tail = self._last_ms + 1, self._random(_FIRST_TAIL_OCTETS)
            return self._assemble()

    def _random(self, octets: int) -> int:
        """From the kernel, which is asked for many at a time: asking costs more than all the rest of an id."""
        if len(self._pool) < octets:
            self._pool = memoryview(os.urandom(_POOL_OCTETS))
        taken, self._pool = self._pool[:octets], self._pool[octets:]
        return int.from_bytes(taken)

    def _assemble(self) -> int:
        high = self._tail >> 62
        return self._last_ms << 80 | _VERSION_7 | high << 64 | _VARIANT | (self._tail & _LOW_62)


_source = _Source()


def _start_afresh() -> None:
    """A forked child must not go on from its parent's tail: both would give out nearby ids."""
    global _source
    _source = _Source()


os.register_at_fork(after_in_child=_start_afresh)


def new_id(now: datetime) -> str:
    """A new id for the aware time `now`, greater as text than every id this process gave out before, even when the clock was set back.

    Raises ValueError for a time before 1970 and TypeError for a naive one.
    """
    now_ms = (now - _EPOCH) // _MILLISECOND
    if now_ms < 0:
        raise ValueError("an id cannot be made for a time before 1970")
    text = f"{_source.next(now_ms):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: str) -> bool:
    """Whether a text that came from outside has the form of an id. PostgreSQL refuses to compare anything else with one."""
    return _FORM.fullmatch(text) is not None


def made_at(id_text: str) -> datetime:
    """The time that an id carries, aware UTC, to the millisecond. Raises ValueError when it is no UUIDv7."""
    return _EPOCH + timedelta(milliseconds=int.from_bytes(octets_of(id_text)[:6]))


def octets_of(id_text: str) -> bytes:
    """The 16 octets of an id. Raises ValueError when it is no UUIDv7."""
    octets = bytes.fromhex(id_text.replace("-", "")) if is_id(id_text) else b""
    if not octets or octets[6] >> 4 != 7 or octets[8] >> 6 != 0b10:
        raise ValueError(f"{id_text!r} is no UUID version 7")
    return octets
