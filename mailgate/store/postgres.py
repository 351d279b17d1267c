"""PostgreSQL: what every connection is set to, and what is asserted before a promise is made on it.

In: a URL. Out: an engine whose connections are in UTC, wait for no lock and no statement without end, and live on a server that flushes.
A server with fsync, full_page_writes or synchronous_commit off loses accepted mail on power loss: it is refused.
"""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy import URL, Engine, create_engine, event

from mailgate.errors import ConfigError

CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 5_000
IDLE_TIMEOUT_MS = 60_000
POOL_TIMEOUT_S = 10
SILENCE_MS = 15_000
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


def engine(url: URL, pool_size: int) -> Engine:
    """An engine for `url` (psycopg 3). Opens no connection yet."""
    made = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        pool_use_lifo=True,
        isolation_level="READ COMMITTED",
        connect_args={
            "connect_timeout": int(url.query.get("connect_timeout", CONNECT_TIMEOUT_S)),  # type: ignore[arg-type]
            "application_name": "mailgate",
            "options": " ".join(f"-c {name}={value}" for name, value in SESSION.items()),
            # A host that vanished is noticed, not waited for.
            "keepalives_idle": 15,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": SILENCE_MS,
        },
    )

    @event.listens_for(made, "connect")
    def check(connection: psycopg.Connection[Any], _record: Any) -> None:
        assert_settings(connection)

    return made


def assert_settings(connection: psycopg.Connection[Any]) -> None:
    """Ask the server for what the guarantees stand on, on every connection (a role can have settings of its own). Raises ConfigError."""
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
