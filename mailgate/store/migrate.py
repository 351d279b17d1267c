"""Brings the database to the schema of this program, and refuses to run on another one.

In: an open database. Out: tables, or SchemaMismatch with what to do. Two processes may upgrade at once: the second waits and finds
nothing to do. A migration runs in one transaction on both databases, so that a kill in the middle leaves the schema as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from mailgate.errors import SchemaMismatch
from mailgate.store.database import Database
from mailgate.store.failures import translated
from mailgate.store.repositories.audit import AuditRepository
from mailgate.store.rows import AuditRow

if TYPE_CHECKING:
    from alembic.config import Config

Recorded = Callable[[str, str], AuditRow]
"""Makes the audit row of an upgrade from the revisions before and after."""
LOCK = 0x6D61696C67617465  # "mailgate", for pg_advisory_xact_lock


def upgrade(database: Database, recorded: Recorded | None = None) -> str:
    """Bring the schema to this program's and return its revision. Safe to call from several processes.

    `recorded`: leaves an audit row in the same transaction, unless the database is new. Raises SchemaMismatch when the schema is newer.
    """
    with translated(), database.reading.connect() as connection:
        if _revision(connection) == head():
            return head()
    with translated(), database.writing.begin() as connection, database.without_limits(connection):
        if not database.is_sqlite:  # SQLite's writer holds the only lock there is since BEGIN IMMEDIATE
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        found = _revision(connection)
        if found is not None and found not in _known():
            raise SchemaMismatch(_newer(found))
        _run_migrations(connection)
        if recorded is not None and found not in (None, head()):
            AuditRepository(connection).add([recorded(found, head())])
    return head()


def revision(database: Database) -> str | None:
    """The revision that the database has; None before there are tables."""
    with translated(), database.reading.connect() as connection:
        return _revision(connection)


def check(database: Database) -> None:
    """Raises SchemaMismatch unless the schema is exactly this program's."""
    check_revision(revision(database))


def check_revision(found: str | None) -> None:
    """The same for a revision that was read already."""
    if found == head():
        return
    if found is None:
        raise SchemaMismatch("the database has no tables yet; run `mailgate db upgrade`")
    if found not in _known():
        raise SchemaMismatch(_newer(found))
    raise SchemaMismatch(f"the database has the older schema {found}, this program needs {head()}; run `mailgate db upgrade`")


@lru_cache(maxsize=1)
def head() -> str:
    """The revision of this program: the number of its newest migration. Alembic is loaded only where a database has another one."""
    versions = files("mailgate.store") / "migrations" / "versions"
    return max(one.name.partition("_")[0] for one in versions.iterdir() if one.name[:1].isdigit())


def _newer(found: str) -> str:
    return f"the database has the schema {found}, which this program does not know; run the newer mailgate that made it"


def _revision(connection: Connection) -> str | None:
    """What Alembic has noted in the database; None where it never ran."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _run_migrations(connection: Connection) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@lru_cache(maxsize=1)
def _known() -> tuple[str, ...]:
    """All revisions, newest first."""
    from alembic.script import ScriptDirectory

    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "mailgate.store:migrations")
    return config
