"""A database of an earlier release, for tests of migrations. In: an empty database. Out: its tables as they were at a revision."""

from __future__ import annotations

from alembic import command

from mailgate.store import migrate
from mailgate.store.database import Database


def upgrade_to(database: Database, revision: str) -> None:
    """Bring an empty database up to this revision and no further."""
    config = migrate._config()
    with database.writing.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
