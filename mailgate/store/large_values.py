"""Connections that have carried a large value are closed after their transaction, and the pool opens others when it needs them.

In: an engine, then the sizes of values. Out: nothing. The driver's memory goes with the connection: libpq never makes its buffers smaller,
and SQLite keeps the pages and the values of a statement until it runs again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event

from mailgate.gc_tuning import LARGE_BYTES

_CARRIED = "carried a large value"


def carried(connection: Connection, size_bytes: int) -> None:
    """So many bytes have gone over this connection in one value, either way."""
    if size_bytes >= LARGE_BYTES:
        connection.info[_CARRIED] = True


def close_after_large(engine: Engine) -> None:
    """Have the pool of this engine close such connections when they come back."""

    @event.listens_for(engine, "checkin")
    def checkin(connection: Any, record: Any) -> None:
        if connection is not None and _CARRIED in record.info:
            record.invalidate()
