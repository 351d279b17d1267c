"""How most commands start: options, settings, the application, the operator. In: options. Out: `Settings`, `App`, `Principal`."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.errors import ConfigError

if TYPE_CHECKING:
    from mailgate.application.app import App, Installation
    from mailgate.application.principal import Principal
    from mailgate.config import Settings

FIRST_PERSON_UID = 1000
NOBODY = "nobody"
DEFAULTS = "# All settings keep their defaults. mailgate init DIR writes a complete, commented file.\n"

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="Settings file. Else MAILGATE_CONFIG, ./mailgate.toml, /etc/mailgate/mailgate.toml."
    ),
]
OperatorOption = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who acts: user name of an operator. Else MAILGATE_OPERATOR, SUDO_USER, the login name."),
]
ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; stays in the audit log.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object per line, nothing else on standard output.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="How many at most, the newest first.")]


def settings_file(config: Path | None, environment: Mapping[str, str], *, optional: bool = False, make_new: bool = False) -> Path | None:
    """The settings file that counts; None when the environment alone says which database is meant, or when it is `optional`.

    `make_new`: without settings a file with the defaults is written here, so that every later command in this folder means the same
    installation. Raises ConfigError when there are no settings at all: an installation made up on the spot would look like an empty one.
    """
    from mailgate import config as reader

    file = config or reader.find(environment, Path.cwd())
    if file is None and make_new and not reader.is_named(environment):
        return _write_defaults(Path.cwd() / reader.FILE_NAME)
    if file is None and not optional and not reader.is_named(environment):
        raise ConfigError(
            f"there are no settings: neither --config nor MAILGATE_CONFIG names a file, and ./{reader.FILE_NAME} and "
            f"{reader.SYSTEM_FILE} are not there",
            hint="go to the folder of the installation, or name its file with --config; mailgate init makes a new one",
        )
    return file


def _write_defaults(file: Path) -> Path:
    try:
        file.write_text(DEFAULTS, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}", hint="start it in a folder that you may write to") from None
    return file


def settings(config: Path | None, *, make_secrets: bool = False, optional: bool = False, make_new: bool = False) -> Settings:
    """The checked settings; the kill point of `MAILGATE_KILL` is armed. Raises ConfigError. `optional`: the defaults will do.

    `make_new`: see `settings_file`.
    """
    from mailgate import config as reader
    from mailgate import killpoint

    os.umask(0o077)  # whatever is made from here on, such as SQLite's file, is for our user alone
    environment = reader.process_environment()
    file = settings_file(config, environment, optional=optional, make_new=make_new)
    found = reader.load(file, environment, make_secrets=make_secrets)
    killpoint.arm(found.kill_spec)
    return found


@contextmanager
def open_app(config: Path | None, *, make_secrets: bool = False, make_new: bool = False) -> Iterator[App]:
    """Settings read, the application opened and closed again: how every command that needs the store begins.

    Raises ConfigError, also when there is no database yet: no operator's command makes one. `make_new`: this one does, and the default
    settings will do for it. Raises SchemaMismatch, StoreUnavailable.
    """
    found = settings(config, make_secrets=make_secrets, make_new=make_new)
    if not make_new:
        found.require_database()
    from mailgate.application.desk_zone import ShowDeskZone, desk_zone
    from mailgate.cli import output
    from mailgate.runtime import bootstrap

    with bootstrap.application(found) as opened:
        output.use_zone(desk_zone(opened, acting(None), ShowDeskZone()))
        yield opened


@contextmanager
def open_app_for_reading(config: Path | None) -> Iterator[App]:
    """The same for commands that work without a database and must not make one."""
    from mailgate.runtime import bootstrap

    with bootstrap.application_for_reading(settings(config, optional=True)) as opened:
        yield opened


def installation(config: Path | None, *, optional: bool = False) -> Installation:
    """The installation without its database, for use cases that open none. Raises ConfigError. `optional`: the defaults will do."""
    from mailgate.runtime import bootstrap

    return bootstrap.installation(settings(config, optional=optional))


def acting(name: str | None) -> Principal:
    """The operator at the command line: `--as`, else MAILGATE_OPERATOR, SUDO_USER, the login name. Raises Invalid for an empty name."""
    from mailgate import config as reader
    from mailgate.application.principal import Principal
    from mailgate.application.words import one_line

    environment = reader.process_environment()
    said = name if name is not None else environment.get("MAILGATE_OPERATOR") or environment.get("SUDO_USER") or None
    who = one_line(_login_name() if said is None else said, "operator", "the operator's name")
    if not _is_service(who):
        return Principal("operator", who, who, claimed="name")
    return Principal("operator", who, who, claimed="login" if said is None else "service")


def _login_name() -> str:
    """Who runs this process, by the system's user table; `nobody` where the user has no name there (as in containers)."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return NOBODY


def _is_service(name: str) -> bool:
    """Whether the system has an account of this name for a program (login.defs: below UID_MIN)."""
    try:
        return pwd.getpwnam(name).pw_uid < FIRST_PERSON_UID or name == NOBODY
    except KeyError:
        return name == NOBODY
