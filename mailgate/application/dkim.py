"""Keys that sign our mail, and the DNS records that publish them. In: settings. Out: records; key files with mode 0600.

Of new keys an audit row tells, if there is a database already: keys are often made before it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailgate.application.access import Action
from mailgate.application.app import Installation
from mailgate.application.audit import audit_row
from mailgate.application.database import database_there_is
from mailgate.application.operators import identified
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded
from mailgate.clock import utc_now
from mailgate.config import Settings
from mailgate.errors import Invalid
from mailgate.mail.auth.dkim_key import record_text
from mailgate.mail.auth.dkim_sign import PrivateKey, SigningKey
from mailgate.outbound.signing import signing_keys
from mailgate.store.rows import AuditRow

RSA_BITS = 2048
FILES: Mapping[str, str] = {"rsa_key": "dkim-rsa.pem", "ed25519_key": "dkim-ed25519.pem"}


@dataclass(frozen=True, slots=True)
class TxtRecord:
    """One TXT record: its name without the final dot, and its value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Published:
    """The records to publish. `made`: setting -> file, for keys that are new and not named by the settings yet."""

    records: Sequence[TxtRecord]
    made: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class SigningRecords:
    """`folder`: where new keys go, None for beside the secrets file."""

    folder: Path | None = None


@guarded(Action.DKIM_MAKE, writes=True)
def signing_records(installation: Installation, principal: Principal, command: SigningRecords) -> Published:
    """Show the records of the keys that sign our mail; make keys when the settings name none.

    Existing files are never overwritten. Raises Invalid when a key file exists already or cannot be written, StoreUnavailable and
    SchemaMismatch when there is a database that cannot keep the audit row.
    """
    settings = installation.settings
    if keys := signing_keys(settings):
        return Published([_record(settings, key) for key in keys], {})
    place = command.folder or (settings.secrets.file or Path("var/secrets.toml")).parent
    made = {setting: place / name for setting, name in FILES.items()}
    with database_there_is(settings) as store, store.transaction() if store else nullcontext() as uow:
        keys = _make(settings, made)
        if uow is not None:
            uow.audit.add([_made_by(identified(uow, principal, Action.DKIM_MAKE, settings.service.company), settings, made)])
    return Published([_record(settings, key) for key in keys], made)


def _made_by(principal: Principal, settings: Settings, made: Mapping[str, Path]) -> AuditRow:
    files = {setting: str(path.absolute()) for setting, path in made.items()}
    return audit_row(principal, Action.DKIM_MAKE.verb, ("key", settings.signing_domain), utc_now(), after=files)


def _record(settings: Settings, key: SigningKey) -> TxtRecord:
    return TxtRecord(f"{key.selector}._domainkey.{settings.signing_domain}", record_text(key.private.public_key()))


def _make(settings: Settings, made: Mapping[str, Path]) -> tuple[SigningKey, ...]:
    existing = [str(path) for path in made.values() if path.exists() or path.is_symlink()]
    if existing:
        named = ", ".join(f'{setting} = "{path.absolute()}"' for setting, path in made.items())
        text = f"{existing[0]} exists already; set {named} in [dkim] and ask again for its records, or give another folder with --folder"
        raise Invalid("folder", "taken", text)
    rsa, ed25519 = generate_private_key(65537, RSA_BITS), Ed25519PrivateKey.generate()
    try:
        _write(made["rsa_key"], rsa)
        _write(made["ed25519_key"], ed25519)
    except OSError as error:
        text = f"{error.filename} cannot be written: {error.strerror}; give a folder that you may write to"
        raise Invalid("folder", "unwritable", text) from None
    return SigningKey(settings.dkim.selector, rsa), SigningKey(settings.dkim.ed25519_selector, ed25519)


def _write(path: Path, key: PrivateKey) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(handle)
