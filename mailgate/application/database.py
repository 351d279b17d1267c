"""The database's schema. In: settings. Out: the revision, and an audit row when it changed.

SQLite is upgraded when it is opened, PostgreSQL when an operator says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.app import Installation
from mailgate.application.audit import audit_row
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded
from mailgate.clock import utc_now
from mailgate.config import Settings
from mailgate.store import migrate
from mailgate.store.database import Database, open_database, placed
from mailgate.store.rows import AuditRow
from mailgate.store.unit_of_work import Store


@dataclass(frozen=True, slots=True)
class OwnSchema:
    """The schema of this program's release."""


@guarded(Action.SCHEMA_UPGRADE, writes=True)
def upgrade_schema(installation: Installation, principal: Principal, _command: OwnSchema) -> str:
    """Bring the schema to this program's revision. May run twice, and in several processes at once. Raises StoreUnavailable."""
    with _opened(installation.settings) as database:
        return migrate.upgrade(database, upgraded_by(principal))


def upgraded_by(principal: Principal) -> migrate.Recorded:
    """What makes the audit row of an upgrade."""

    def recorded(before: str, after: str) -> AuditRow:
        return audit_row(
            principal, Action.SCHEMA_UPGRADE.verb, ("database", "schema"), utc_now(), before={"revision": before}, after={"revision": after}
        )

    return recorded


@guarded(Action.DOCTOR_READ)
def check_schema(installation: Installation, _principal: Principal, _command: OwnSchema) -> str:
    """Show the revision that this program needs. Raises SchemaMismatch when the schema is another, ConfigError without a database."""
    installation.settings.require_database()
    with _opened(installation.settings) as database:
        migrate.check(database)
    return migrate.head()


@contextmanager
def database_there_is(settings: Settings) -> Iterator[Store | None]:
    """The installation's database, None while there is none or it has no tables. Raises SchemaMismatch, StoreUnavailable."""
    if settings.lacks_database:
        yield None
        return
    with _opened(settings) as database:
        if migrate.revision(database) is None:
            yield None
            return
        migrate.check(database)
        yield Store(database, utc_now)


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    with placed(settings.database.url), closing(open_database(settings.database.url, pool_size=settings.database.pool_size)) as database:
        yield database
