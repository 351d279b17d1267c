"""Backup, restore and copy of the database. In: settings, folders, a URL. Out: what was written. Secrets go into a separate folder.

A backup is a folder with one SQLite file, whichever database it came from, and `backup.json`. After a restore nothing that was unfinished
at the time of the backup goes on by itself: the lost gateway may have done it. Everybody logs in again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailgate import __version__
from mailgate.application.access import Action
from mailgate.application.app import Installation
from mailgate.application.audit import audit_row
from mailgate.application.database import upgraded_by
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, guarded, query, use_case
from mailgate.clock import utc_now
from mailgate.config import Settings, without_password
from mailgate.errors import Invalid, NotAllowed
from mailgate.store import copying, migrate
from mailgate.store.database import Database, open_database, placed
from mailgate.store.unit_of_work import Store

DATABASE, MANIFEST = "mailgate.db", "backup.json"


@dataclass(frozen=True, slots=True)
class BackUp:
    """`folder`: where a folder for this backup is made. `secrets`: another folder, for the keys; None to leave them out."""

    folder: Path
    secrets: Path | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is. `keys`: token key id -> the beginning of its SHA-256, so that a restore knows whether the secrets fit."""

    made_at: str
    mailgate: str
    schema: str
    sha256: str
    ledger: Mapping[str, int | bool]
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BackedUp:
    """The folder that was made, and the secret files that were copied."""

    folder: Path
    secrets: tuple[Path, ...]
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Restore:
    """`other_keys`: also when the secrets are not those of the backup; then replies to older notices are not recognised."""

    folder: Path
    other_keys: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """The backup, the ledger now, what waits for a person (by table), and where the database that was there before went.

    `sessions_ended`: all that were open when the backup was made.
    """

    manifest: Manifest
    ledger: Mapping[str, int | bool]
    waiting: Mapping[str, int]
    moved_to: Path | None
    sessions_ended: int = 0


@dataclass(frozen=True, slots=True)
class CopyTo:
    """`url`: of an empty database, as `database.url` takes it."""

    url: str


@dataclass(frozen=True, slots=True)
class Copied:
    """The target without its password, rows by table, and the ledger of both."""

    target: str
    rows: Mapping[str, int]
    ledger: Mapping[str, int | bool]


@dataclass(frozen=True, slots=True)
class DecideOnRestored:
    """`send`: what waits after a restore goes on; else it is dropped."""

    send: bool


@guarded(Action.DATABASE_BACK_UP, writes=True)
def back_up(installation: Installation, principal: Principal, command: BackUp) -> BackedUp:
    """Write a backup, while the gateway runs. Raises Invalid for folders that cannot be used, ConfigError, StoreUnavailable."""
    settings = installation.settings
    settings.require_database()
    _refuse_together(command)
    now = utc_now()
    folder = _made(command.folder / f"mailgate-{now:%Y%m%d-%H%M%S}")
    file = folder / DATABASE
    with _whole_or_gone(folder), _opened(settings.database.url) as database:
        migrate.check(database)
        if database.path is not None:
            copying.copy_file(database.path, file)
        else:
            with _opened(f"sqlite:///{file}", fresh=True) as copy:
                copying.copy_rows(database, copy)
    with _opened(f"sqlite:///{file}") as copy:
        ledger = copying.figures(copy)
    manifest = Manifest(now.isoformat(), __version__, migrate.head(), _sha256(file), ledger, _keys(settings))
    _write(folder / MANIFEST, json.dumps(asdict(manifest), indent=2).encode() + b"\n")
    copied = tuple(_secrets(settings, command.secrets)) if command.secrets else ()
    for path in folder.iterdir():
        path.chmod(0o600)
    with _opened(settings.database.url) as database, Store(database, utc_now).transaction() as uow:
        uow.audit.add([audit_row(principal, Action.DATABASE_BACK_UP.verb, ("backup", str(folder.absolute())), now)])
    return BackedUp(folder, copied, manifest)


@contextmanager
def _whole_or_gone(folder: Path) -> Iterator[None]:
    """Delete the folder when the block fails: half a copy looks like a backup."""
    with ExitStack() as undoing:
        undoing.callback(shutil.rmtree, folder, ignore_errors=True)
        yield
        undoing.pop_all()


@guarded(Action.DATABASE_RESTORE, writes=True)
def restore(installation: Installation, principal: Principal, command: Restore) -> Restored:
    """Put a backup in place. An SQLite file that is there is moved aside; on PostgreSQL the database must be empty.

    Raises Invalid for a folder that is no backup or was changed, NotAllowed for other secrets or a database that is not empty.
    """
    settings = installation.settings
    manifest, file = _read(command.folder)
    if _keys(settings) != manifest.keys and not command.other_keys:
        raise NotAllowed(
            f"the token keys of {settings.secrets.file} are not those of the backup: replies to older notices would not be recognised; "
            "put the secrets file of the backup there (mode 0600), or say --other-keys"
        )
    moved_to = _place(settings, file)
    with _opened(settings.database.url) as database:
        migrate.upgrade(database, upgraded_by(principal))
        with Store(database, utc_now).transaction() as uow:
            now = utc_now()
            waiting = uow.restored.set_aside(f"restored from a backup of {manifest.made_at[:19]}, on {now:%Y-%m-%d %H:%M} UTC")
            ended = uow.restored.end_log_ins()
            verb, place = Action.DATABASE_RESTORE.verb, str(command.folder.absolute())
            uow.audit.add([audit_row(principal, verb, ("backup", place), now)])  # not in the copy itself, which holds people to erase
            uow.audit.add([audit_row(principal, verb, ("outbox", "restored"), now, after=waiting)])
        return Restored(manifest, copying.figures(database), waiting, moved_to, ended)


@guarded(Action.DATABASE_COPY, writes=True)
def copy_database(installation: Installation, _principal: Principal, command: CopyTo) -> Copied:
    """Copy all rows into an empty database, and compare the ledgers. Changes neither settings nor source.

    Raises ConfigError, NotAllowed, Invalid.
    """
    settings, url = installation.settings, command.url
    settings.require_database()
    if url == settings.database.url:
        raise Invalid("url", "same", "--to names the database that is copied; name another one")
    with _opened(settings.database.url) as source:
        migrate.check(source)
        with _opened(url, fresh=True) as target:
            rows = copying.copy_rows(source, target)
            return Copied(without_password(url), rows, copying.figures(target))


@dataclass(frozen=True, slots=True)
class ShowRestored:
    """All that waits since a restore."""


@query(Action.OUTBOX_READ)
def show_restored(act: Act, _command: ShowRestored) -> Mapping[str, int]:
    """How much still waits since a restore, by table."""
    return act.uow.restored.counts()


@use_case(Action.OUTBOX_RETRY)
def decide_on_restored(act: Act, command: DecideOnRestored) -> Mapping[str, int]:
    """Let go on, or drop, what waits since a restore."""
    expires_at = act.now + timedelta(seconds=act.app.settings.outbound.expires_after_s)
    done = act.uow.restored.let_go(act.now, expires_at) if command.send else act.uow.restored.drop()
    if any(done.values()):
        act.record(("outbox", "restored"), done, {"state": "pending" if command.send else "dropped"})
    else:
        act.unchanged()
    return done


def _place(settings: Settings, file: Path) -> Path | None:
    """The rows of the backup where the settings look for them."""
    there = settings.sqlite_file
    if there is None:
        with _opened(f"sqlite:///{file}") as backup, _opened(settings.database.url, fresh=True) as target:
            migrate.check(backup)
            copying.copy_rows(backup, target)
        return None
    there.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if there.exists() and copying.is_in_use(there):
        raise NotAllowed(f"another process uses {there}: stop the gateway first; nothing has changed")
    copied = there.with_name(f".{there.name}.restored-{os.getpid()}")
    copying.copy_file(file, copied)  # complete before anything is moved: the old database stays when the disk is full
    moved_to = _moved_aside(there, utc_now())
    copied.rename(there)
    return moved_to


def _moved_aside(file: Path, now: datetime) -> Path | None:
    """The database that is there gets another name, its log beside it too."""
    if not file.exists():
        return None
    kept = file.with_name(f"{file.name}.before-restore-{now:%Y%m%d-%H%M%S}")
    for ending in ("", "-wal", "-shm"):
        if Path(f"{file}{ending}").exists():
            Path(f"{file}{ending}").rename(f"{kept}{ending}")
    return kept


@contextmanager
def _opened(url: str, *, fresh: bool = False) -> Iterator[Database]:
    """`fresh`: make the tables, too."""
    with placed(url), closing(open_database(url, pool_size=2)) as database:
        if fresh:
            migrate.upgrade(database)
        yield database


def _read(folder: Path) -> tuple[Manifest, Path]:
    file = folder / DATABASE
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text()))
        found = _sha256(file)
    except (OSError, ValueError, TypeError):
        text = f"{folder} is no backup: it needs {DATABASE} and {MANIFEST}, as mailgate backup makes them"
        raise Invalid("folder", "no_backup", text) from None
    if found != manifest.sha256:
        text = f"{file} is not as it was written: its SHA-256 is not the one in {MANIFEST}; take another backup"
        raise Invalid("folder", "changed", text)
    return manifest, file


def _refuse_together(command: BackUp) -> None:
    if command.secrets is not None and command.secrets.absolute() == command.folder.absolute():
        text = "the secrets would lie beside the database: whoever gets one would have both; name another folder with --secrets"
        raise Invalid("secrets", "together", text)


def _secrets(settings: Settings, folder: Path) -> Iterator[Path]:
    target = folder if folder.is_dir() else _made(folder)
    for file in (settings.secrets.file, settings.dkim.rsa_key, settings.dkim.ed25519_key):
        if file is not None and file.exists():
            _write(target / file.name, file.read_bytes())
            yield target / file.name


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise Invalid("folder", "unusable", f"{folder} cannot be made: {error.strerror}; name a folder that you may write to") from None
    return folder


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as stream:
        os.fchmod(handle, 0o600)
        stream.write(content)


def _keys(settings: Settings) -> dict[str, str]:
    return {str(id_): hashlib.sha256(secret).hexdigest()[:16] for id_, secret in settings.vault.token_keys.items()}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
