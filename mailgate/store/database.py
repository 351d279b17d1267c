"""Opens the database that a URL names and says what can be relied on. The only place that chooses between SQLite and PostgreSQL.

In: `sqlite:///path` or `postgresql+psycopg://…`. Out: a `Database` with an engine for writing and one for reading. Raises ConfigError for
what no retry can mend (wrong URL, unsafe settings) and StoreUnavailable when the server cannot be reached.
"""

from __future__ import annotations

import contextlib
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from mailgate.errors import ConfigError, SchemaMismatch, StoreUnavailable
from mailgate.store import sqlite
from mailgate.store.failures import translated
from mailgate.store.write_lock import WriteLock

KNOWN = "use sqlite:///path/to/file or postgresql+psycopg://user@host/name"


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. `writing` and `reading` are the same engine on PostgreSQL. `path` is the file on SQLite, else None."""

    writing: Engine
    reading: Engine
    path: Path | None = None
    _write_lock: WriteLock = field(default_factory=WriteLock)
    _closed: threading.Event = field(default_factory=threading.Event)

    def __del__(self) -> None:
        """Say so when nobody closed it, as files do; Python 3.11 does not for the connections themselves."""
        if not self._closed.is_set():
            warnings.warn(f"unclosed database {self.writing.url.render_as_string()}", ResourceWarning, source=self, stacklevel=2)

    def write_lock(self, *, priority: bool) -> contextlib.AbstractContextManager[None]:
        """Inside it this thread may write; on SQLite one thread at a time. Raises StoreUnavailable when the lock is not free in time."""
        if self.path is None:
            return contextlib.nullcontext()
        return self._write_lock.hold(priority=priority, timeout_s=sqlite.BUSY_TIMEOUT_MS / 1000)

    def wait_at_most(self, connection: Connection, *, priority: bool) -> None:
        """Limit how long a server may take to answer in this transaction. Nothing on SQLite, which has no server."""
        if self.path is None:
            from mailgate.store import postgres  # as below: commands on SQLite do not wait for psycopg

            postgres.wait_at_most(connection, priority=priority)

    def without_limits(self, connection: Connection) -> contextlib.AbstractContextManager[None]:
        """For an upgrade or a copy, which may take longer than any statement of a running gateway. SQLite has no limits."""
        if self.path is not None:
            return contextlib.nullcontext()
        from mailgate.store import postgres

        return postgres.without_limits(connection)

    @property
    def is_sqlite(self) -> bool:
        """True for SQLite."""
        return self.path is not None

    def verify(self) -> None:
        """Connect, assert the settings the guarantees need, and get an answer. Raises ConfigError or StoreUnavailable."""
        if self.path is not None:
            _may_be_written(self.path)
        for engine in {id(e): e for e in (self.writing, self.reading)}.values():
            with translated(), engine.connect() as connection:
                self.wait_at_most(connection, priority=True)
                connection.exec_driver_sql("SELECT 1")

    def folds_letters(self) -> bool:
        """Whether `lower` of this database knows letters beyond ASCII; a PostgreSQL of the locale C does not. Raises StoreUnavailable."""
        with translated(), self.reading.connect() as connection:
            return bool(connection.exec_driver_sql("SELECT lower('Å')").scalar_one() == "å")

    def tend(self) -> None:
        """Keep the write-ahead log of SQLite bounded. Does nothing on PostgreSQL."""
        if self.path is not None:
            with translated():
                sqlite.tend_wal(self.writing, self.path)

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._closed.set()
        self.reading.dispose()
        self.writing.dispose()


def open_database(url: str, *, pool_size: int = 10) -> Database:
    """Open and verify the database of `url`. Makes the file and its folder on SQLite; never makes or changes tables."""
    with contextlib.ExitStack() as otherwise:
        otherwise.enter_context(placed(url))
        database = _opened(url, pool_size)
        otherwise.callback(database.close)
        database.verify()
        otherwise.pop_all()
    return database


@contextlib.contextmanager
def placed(url: str) -> Iterator[None]:
    """Tell errors of the block which database it was, without its password."""
    try:
        yield
    except (SchemaMismatch, StoreUnavailable) as error:
        error.place = error.place or make_url(url).render_as_string()
        raise


def _opened(url: str, pool_size: int) -> Database:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError("database.url cannot be understood", hint=KNOWN) from error
    opener: dict[str, Callable[[], Database]] = {
        "sqlite": lambda: _on_sqlite(parsed.database, pool_size),
        "postgresql": lambda: _on_postgres(url, pool_size),
    }
    if parsed.get_backend_name() not in opener or parsed.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise ConfigError(f"database.url names the unknown kind {parsed.drivername!r}", hint=KNOWN)
    return opener[parsed.get_backend_name()]()


def _on_sqlite(name: str | None, pool_size: int) -> Database:
    if not name or name == ":memory:":
        raise ConfigError("database.url names no file", hint="mail that was accepted must survive the process: sqlite:///path/to/file")
    path = Path(name).absolute()
    writing, reading = sqlite.engines(path, pool_size)
    return Database(writing, reading, path)


def _on_postgres(url: str, pool_size: int) -> Database:
    from mailgate.store import postgres

    engine = postgres.engine(make_url(url).set(drivername="postgresql+psycopg"), pool_size)
    return Database(engine, engine)


def _may_be_written(path: Path) -> None:
    """Raise StoreUnavailable for a file that is there and cannot be opened: SQLite says less, or opens it and fails at the first write."""
    try:
        path.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreUnavailable(f"the database cannot be opened: {error.strerror}") from None
    if not os.access(path, os.W_OK):
        raise StoreUnavailable("the database cannot be written: its disk is read-only, or the file is not ours")
