"""Opens the database that a URL names and says what can be relied on. The only place that chooses between SQLite and PostgreSQL.

In: `sqlite:///path` or `postgresql+psycopg://…`. Out: a `Database` with an engine for writing and one for reading. Raises ConfigError for
what no retry can mend (wrong URL, unsafe settings) and StoreUnavailable when the server cannot be reached.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError

from mailgate.errors import ConfigError, StoreUnavailable
from mailgate.store import postgres, sqlite
from mailgate.store.failures import translated
from mailgate.store.turns import Turns

KNOWN = "use sqlite:///path/to/file or postgresql+psycopg://user@host/name"


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. `writing` and `reading` are the same engine on PostgreSQL. `path` is the file on SQLite, else None."""

    writing: Engine
    reading: Engine
    path: Path | None = None
    _turns: Turns = field(default_factory=Turns)

    def turn(self, *, urgent: bool) -> contextlib.AbstractContextManager[None]:
        """Inside it this thread may write: on SQLite one at a time. Raises StoreUnavailable when its turn does not come in time."""
        if self.path is None:
            return contextlib.nullcontext()
        return self._turns.turn(urgent=urgent, timeout_s=sqlite.BUSY_TIMEOUT_MS / 1000)

    @property
    def is_sqlite(self) -> bool:
        """True for SQLite."""
        return self.path is not None

    def verify(self) -> None:
        """Connect and assert the settings the guarantees need. Raises ConfigError or StoreUnavailable."""
        if self.path is not None and self.path.exists() and not os.access(self.path, os.W_OK):
            # SQLite itself opens such a file for reading and fails at the first write.
            raise StoreUnavailable(f"the database {self.path} cannot be written: its disk is read-only, or the file is not ours")
        for engine in {id(e): e for e in (self.writing, self.reading)}.values():
            with translated(), engine.connect():
                pass

    def tend(self) -> None:
        """Keep the write-ahead log of SQLite bounded. Does nothing on PostgreSQL."""
        if self.path is not None:
            with translated():
                sqlite.tend_wal(self.writing, self.path)

    def close(self) -> None:
        """Close all connections that are not in use."""
        self.reading.dispose()
        self.writing.dispose()


def open_database(url: str, *, pool_size: int = 10) -> Database:
    """Open and verify the database of `url`. Makes the file and its folder on SQLite; never makes or changes tables."""
    database = _opened(url, pool_size)
    database.verify()
    return database


def _opened(url: str, pool_size: int) -> Database:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError("database.url cannot be understood", hint=KNOWN) from error
    opener: dict[str, Callable[[], Database]] = {
        "sqlite": lambda: _sqlite(parsed.database, pool_size),
        "postgresql": lambda: _postgres(url, pool_size),
    }
    if parsed.get_backend_name() not in opener or parsed.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise ConfigError(f"database.url names the unknown kind {parsed.drivername!r}", hint=KNOWN)
    return opener[parsed.get_backend_name()]()


def _sqlite(name: str | None, pool_size: int) -> Database:
    if not name or name == ":memory:":
        raise ConfigError("database.url names no file", hint="mail that was accepted must survive the process: sqlite:///path/to/file")
    path = Path(name).absolute()
    writing, reading = sqlite.engines(path, pool_size)
    return Database(writing, reading, path)


def _postgres(url: str, pool_size: int) -> Database:
    engine = postgres.engine(make_url(url).set(drivername="postgresql+psycopg"), pool_size)
    return Database(engine, engine)
