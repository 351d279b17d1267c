"""`mailgate db`: the database's schema. SQLite is brought up to date by whatever opens it; on PostgreSQL an operator decides when."""

from __future__ import annotations

import typer

from mailgate.cli.opening import ConfigOption, settings
from mailgate.store import migrate
from mailgate.store.database import Database, open_database

app = typer.Typer(help="The database's schema.", add_completion=False, rich_markup_mode=None)


@app.command()
def upgrade(config: ConfigOption = None) -> None:
    """Bring the schema to this program's. May be run twice, and by several processes at once."""
    database = _open(config)
    try:
        print(f"the schema is {migrate.upgrade(database)}")
    finally:
        database.close()


@app.command()
def check(config: ConfigOption = None) -> None:
    """Say whether the schema is this program's. Exit code 2 when it is older or newer."""
    database = _open(config)
    try:
        migrate.check(database)
    finally:
        database.close()
    print(f"the schema is {migrate.head()}, as this program needs it")


def _open(config: ConfigOption) -> Database:
    found = settings(config).database
    return open_database(found.url, pool_size=found.pool_size)
