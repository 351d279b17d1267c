"""PostgreSQL: what every connection is set to, and what is asserted before a promise is made on it.

In: a URL. Out: an engine whose connections are in UTC, wait for no lock and no statement without end, and live on a server that flushes.
A server with fsync, full_page_writes or synchronous_commit off loses accepted mail on power loss: it is refused.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.types.string import TextLoader
from sqlalchemy import URL, Connection, Engine, create_engine, event

from mailgate import log
from mailgate.errors import ConfigError
from mailgate.store.large_values import close_after_large

CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 5_000
IDLE_TIMEOUT_MS = 60_000
POOL_TIMEOUT_S = 10
SILENCE_MS = 15_000
ANSWER_LIMIT_S = 35.0
"""Seconds to wait for any answer of the server, a little over STATEMENT_TIMEOUT_MS: what takes longer comes from no living server."""
PRIORITY_ANSWER_LIMIT_S = 8.0
"""The same while a client waits for a commit: over LOCK_TIMEOUT_MS, and well below what the client waits."""
OLDEST_SERVER = 130_000

SESSION = {
    "timezone": "UTC",
    "statement_timeout": STATEMENT_TIMEOUT_MS,
    "lock_timeout": LOCK_TIMEOUT_MS,
    "idle_in_transaction_session_timeout": IDLE_TIMEOUT_MS,
    "client_encoding": "UTF8",
    # Plans that know the values cost a planning per call and gain nothing on statements that find rows by key.
    "plan_cache_mode": "auto",
    "jit": "off",
}

_END_BACKEND = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s"

_log = log.get("database")
T = TypeVar("T")


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that does not wait for ever: a server, pooler or network that stays silent past `answer_limit_s` is given up.

    The connection is closed then, so the pool replaces it. statement_timeout cannot do this (the server keeps it), nor can keepalives (the
    other side's kernel answers them).
    """

    answer_limit_s: float | None = PRIORITY_ANSWER_LIMIT_S
    """None: without end."""
    backend: tuple[int, datetime] | None = None
    """Process id and start time at the server."""
    given_up = False

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """See psycopg. Raises psycopg.OperationalError when the server is silent for too long."""
        try:
            return super().wait(gen, interval, self.answer_limit_s if timeout is None else timeout)
        except psycopg.OperationalError as error:
            answered = error.sqlstate is not None  # in a pipeline the statements behind it are in progress still
            if timeout is None and not answered and self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.given_up = True
                self.pgconn.finish()
                raise psycopg.OperationalError("the database server did not answer in time; the connection was given up") from None
            raise


class Abandoned:
    """Server processes whose connections were given up. They may still hold locks, so the next connection ends them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._backends: set[tuple[int, datetime]] = set()

    def add(self, connection: BoundedConnection) -> None:
        """Remember the server process of a connection that was given up."""
        if connection.backend is not None:
            with self._lock:
                self._backends.add(connection.backend)

    def end_all(self, connection: psycopg.Connection[Any]) -> None:
        """Terminate them. The start time makes sure that no reused process id is hit."""
        with self._lock:
            backends, self._backends = self._backends, set()
        for pid, started_at in backends:
            _log.warning("connection_ended", pid=pid)
            connection.execute(_END_BACKEND, (pid, started_at))


def wait_at_most(connection: Connection, *, priority: bool) -> None:
    """How long statements of this transaction may take. `priority`: a client waits for it."""
    given = connection.connection.dbapi_connection
    if isinstance(given, BoundedConnection):
        given.answer_limit_s = PRIORITY_ANSWER_LIMIT_S if priority else ANSWER_LIMIT_S


@contextmanager
def without_limits(connection: Connection) -> Iterator[None]:
    """Inside, statements of the current transaction may take as long as they need. A host that vanished is still noticed."""
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        connection.exec_driver_sql(f"SET LOCAL {name} = 0")
    given = connection.connection.dbapi_connection
    if not isinstance(given, BoundedConnection):
        yield
        return
    usual, given.answer_limit_s = given.answer_limit_s, None
    try:
        yield
    finally:
        given.answer_limit_s = usual


def engine(url: URL, pool_size: int) -> Engine:
    """An engine for `url` (psycopg 3). Opens no connection yet."""
    made = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        pool_use_lifo=True,
        pool_reset_on_return=None,  # a unit of work always ends its transaction itself
        isolation_level="READ COMMITTED",
        connect_args=_connect_arguments(url),
    )
    _watch(made)
    close_after_large(made)
    return made


def _connect_arguments(url: URL) -> dict[str, str | int]:
    """Parameters of libpq. With the keepalives, a host that vanished is noticed and not waited for."""
    return {
        "connect_timeout": int(url.query.get("connect_timeout", CONNECT_TIMEOUT_S)),  # type: ignore[arg-type]
        "application_name": "mailgate",
        "options": " ".join(f"-c {name}={value}" for name, value in SESSION.items()),
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": SILENCE_MS,
    }


def _watch(made: Engine) -> None:
    """Have its connections bounded and checked when they open; the server processes of those that were given up are ended."""
    abandoned = Abandoned()

    @event.listens_for(made, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: list[Any], named: dict[str, Any]) -> BoundedConnection:
        return BoundedConnection.connect(*arguments, **named)

    @event.listens_for(made, "connect")
    def check(connection: BoundedConnection, _record: Any) -> None:
        assert_settings(connection)
        connection.adapters.register_loader("uuid", TextLoader)  # ids are text outside: an object of each costs ten times as much
        connection.backend = _backend(connection)
        abandoned.end_all(connection)
        connection.commit()

    @event.listens_for(made, "invalidate")
    def invalidated(connection: BoundedConnection, _record: Any, error: BaseException | None) -> None:
        if error is not None and connection.given_up:
            _log.warning("connection_given_up", pid=connection.backend[0] if connection.backend else 0)
            abandoned.add(connection)


def _backend(connection: psycopg.Connection[Any]) -> tuple[int, datetime] | None:
    row = connection.execute("SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()").fetchone()
    return None if row is None or row[1] is None else (row[0], row[1])


def assert_settings(connection: psycopg.Connection[Any]) -> None:
    """Check the server settings that the guarantees need, on every connection (a role can have other settings). Raises ConfigError."""
    names = ("fsync", "full_page_writes", "synchronous_commit", "server_version_num", "server_encoding")
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
        row = cursor.fetchone()
    connection.commit()
    found = dict(zip(names, row or (), strict=True))
    for name in names[:3]:
        if found[name] == "off":
            raise ConfigError(f"PostgreSQL runs with {name} = off", hint=f"accepted mail would be lost on power loss; set {name} = on")
    if int(found["server_version_num"]) < OLDEST_SERVER:
        raise ConfigError("PostgreSQL is too old", hint="13 or newer is needed")
    if found["server_encoding"] != "UTF8":
        raise ConfigError(f"the database has the encoding {found['server_encoding']}", hint="create it with ENCODING 'UTF8'")
