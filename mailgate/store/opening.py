"""Opens the store for use: checked to keep its promises and to have this program's schema. In: a URL. Out: a `Store`."""

from __future__ import annotations

import contextlib

from mailgate.clock import Clock, utc_now
from mailgate.store import migrate
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store


def open_store(url: str, *, pool_size: int = 10, clock: Clock = utc_now) -> Store:
    """The store behind `url`. SQLite migrates itself; PostgreSQL is only checked. Raises ConfigError, SchemaMismatch, StoreUnavailable."""
    with contextlib.ExitStack() as otherwise:
        database = open_database(url, pool_size=pool_size)
        otherwise.callback(database.close)
        if database.is_sqlite:
            migrate.upgrade(database)
        migrate.check(database)
        otherwise.pop_all()
    return Store(database, clock)
