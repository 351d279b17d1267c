"""`mailgate dkim`: keys that sign our mail, and the DNS records that publish them. In: settings. Out: key files (mode 0600), records.

Keys that are there are never written over. What is printed can be pasted into a zone file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, settings
from mailgate.config import Settings
from mailgate.errors import UsageError
from mailgate.mail.dkim_key import record_text
from mailgate.mail.dkim_sign import PrivateKey, SigningKey
from mailgate.outbound.signing import signing_keys

RSA_BITS = 2048
STRING_CHARS = 250
"""A string of a TXT record holds 255 bytes (RFC 1035 section 3.3.14)."""
FILES = {"rsa_key": "dkim-rsa.pem", "ed25519_key": "dkim-ed25519.pem"}


def dkim(
    config: ConfigOption = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="Where new keys go; else beside the secrets file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the DNS records of the keys that sign our mail; make keys when the settings name none."""
    found = settings(config)
    keys = signing_keys(found)
    if keys:
        _print(found, keys, as_json)
        return
    place = folder or (found.secrets.file or Path("var/secrets.toml")).parent
    made = {setting: place / name for setting, name in FILES.items()}
    _print(found, _make(found, made), as_json)
    if not as_json:
        print("; when they are published, add to the settings:\n; [dkim]")
        for setting, path in made.items():
            print(f'; {setting} = "{path.absolute()}"')


def _make(found: Settings, made: dict[str, Path]) -> tuple[SigningKey, ...]:
    there = [str(path) for path in made.values() if path.exists() or path.is_symlink()]
    if there:
        raise UsageError(f"{there[0]} is there already; name it in [dkim], or give another place with --folder")
    rsa, ed25519 = generate_private_key(65537, RSA_BITS), Ed25519PrivateKey.generate()
    try:
        _write(made["rsa_key"], rsa)
        _write(made["ed25519_key"], ed25519)
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written: {error.strerror}; give a folder that you may write to") from None
    return SigningKey(found.dkim.selector, rsa), SigningKey(found.dkim.ed25519_selector, ed25519)


def _write(path: Path, key: PrivateKey) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(handle)


def _print(found: Settings, keys: tuple[SigningKey, ...], as_json: bool) -> None:
    for key in keys:
        name, text = f"{key.selector}._domainkey.{found.signing_domain}", record_text(key.private.public_key())
        if as_json:
            print(output.json_line({"name": name, "type": "TXT", "value": text}))
            continue
        strings = " ".join(f'"{text[at : at + STRING_CHARS]}"' for at in range(0, len(text), STRING_CHARS))
        print(f"{name}. 3600 IN TXT ( {strings} )")
