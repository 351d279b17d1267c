"""`mailgate db`: the database's schema, and copies. SQLite is upgraded by whatever opens it; on PostgreSQL an operator decides when."""

from __future__ import annotations

from typing import Annotated

import typer

from mailgate.application.backup import CopyTo, copy_database
from mailgate.application.database import OwnSchema, check_schema, upgrade_schema
from mailgate.cli import output
from mailgate.cli.groups import noun
from mailgate.cli.opening import ConfigOption, acting, installation

app = noun("The database: its schema, and copies of it.")


@app.command()
def upgrade(config: ConfigOption = None) -> None:
    """Bring the schema to this program's revision. May be run twice, and by several processes at once."""
    print(f"the schema is {upgrade_schema(installation(config), acting(None), OwnSchema())}")


@app.command()
def check(config: ConfigOption = None) -> None:
    """Say whether the schema is this program's. Exit code 2 when it is older or newer."""
    print(f"the schema is {check_schema(installation(config), acting(None), OwnSchema())}, as this program needs it")


@app.command()
def copy(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="An empty database, as database.url takes it.")],
    config: ConfigOption = None,
) -> None:
    """Copy everything into another database, from SQLite to PostgreSQL or back, and compare the ledgers. Stop the gateway first."""
    done = copy_database(installation(config), acting(None), CopyTo(to))
    for table, rows in done.rows.items():
        print(f"{table:<24} {rows}")
    accepted = output.counted(done.ledger["accepted"], "mail")
    print(f"copied to {done.target}; the ledgers are the same: {accepted}, balanced: {done.ledger['balanced']}")
    output.note("set database.url to it, then start the gateway; mail that came in meanwhile is not in the copy")
