"""What most commands begin with: the settings and the store. In: `--config`. Out: `Settings`, `Store`. Makes no secrets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mailgate.config import Settings
    from mailgate.store.unit_of_work import Store

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="Settings file. Else MAILGATE_CONFIG, else ./mailgate.toml, else the defaults."),
]
OperatorOption = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="The operator's name in the events. Default: the login name.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object per line, nothing else on standard output.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="How many at most, the newest first.")]


def settings(config: Path | None, *, make_secrets: bool = False) -> Settings:
    """The checked settings; the kill point of `MAILGATE_KILL` is armed. Raises ConfigError."""
    from mailgate import config as reader
    from mailgate import killpoint

    os.umask(0o077)  # whatever is made from here on, such as SQLite's file, is for our user alone
    found = reader.load(config or reader.find(os.environ, Path.cwd()), os.environ, make_secrets=make_secrets)
    killpoint.arm(found.kill_spec)
    return found


def store(config: Path | None) -> Store:
    """The store that the settings name. Raises ConfigError, SchemaMismatch, StoreUnavailable."""
    from mailgate.store.opening import open_store

    database = settings(config).database
    return open_store(database.url, pool_size=database.pool_size)
