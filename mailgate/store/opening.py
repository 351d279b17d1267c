"""Opens the store for use: checked to keep its promises and to have this program's schema. In: a URL. Out: a `Store`."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path

from mailgate.cases.ids import new_id
from mailgate.clock import Clock, utc_now
from mailgate.store import copying, migrate
from mailgate.store.database import open_database, placed
from mailgate.store.rows import AuditRow
from mailgate.store.unit_of_work import Store


def open_store(url: str, *, pool_size: int = 10, clock: Clock = utc_now) -> Store:
    """The store behind `url`. SQLite migrates itself; PostgreSQL is only checked. Raises ConfigError, SchemaMismatch, StoreUnavailable."""
    with placed(url), contextlib.ExitStack() as otherwise:
        database = open_database(url, pool_size=pool_size)
        otherwise.callback(database.close)
        found = migrate.revision(database)
        if found != migrate.head() and database.path is not None:
            _keep_before_migrating(database.path, found)
            found = migrate.upgrade(database, lambda before, after: _upgraded(clock(), before, after))
        migrate.check_revision(found)
        otherwise.pop_all()
    return Store(database, clock)


def _upgraded(now: datetime, before: str, after: str) -> AuditRow:
    """The audit row of an upgrade that the program makes by itself."""
    return AuditRow(
        new_id(now), now, "system", "mailgate", "mailgate", "upgrade", "database", "schema", "", {"revision": before}, {"revision": after}
    )


def _keep_before_migrating(path: Path, found: str | None) -> None:
    """A copy beside the file, before a newer program changes its schema `found`."""
    kept = path.with_name(f"{path.name}.before-{migrate.head()}-from-{found}")
    if found is not None and found < migrate.head() and not kept.exists():
        with contextlib.suppress(FileExistsError):  # another process is making it
            copying.copy_file(path, kept)
