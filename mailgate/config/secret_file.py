"""The secrets file: token keys and the smarthost's password, in TOML, for the owner's eyes only.

In: a path. Out: `Secrets`. A file that others can read, and a key that could be guessed, are refused. Values never reach a message
or the log.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets as random_source
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from mailgate.config.document import line_of, parse_toml, read_text, suggest
from mailgate.errors import ConfigError

KEY_BYTES = 32
_LINES = ("smarthost_password", "smarthost_oauth_secret", "smarthost_oauth_refresh_token", "openid_client_secret")
_KEYS = (*_LINES, "token_keys", "token_keys_valid_until")
_EXAMPLES = ("example", "changeme", "change-me", "secret", "password", "default", "mailgate")
_TEMPLATE = """\
# Keys of mailgate. Whoever has this file can forge reply addresses: keep its mode at 0600 and its copies safe.

# Password of outbound.username at the smarthost.
smarthost_password = ""

# With outbound.auth = "xoauth2": the client's secret at the token endpoint, and a refresh token where the provider gives one.
smarthost_oauth_secret = ""
smarthost_oauth_refresh_token = ""

# Our client secret at the OpenID provider of openid.issuer.
openid_client_secret = ""

# Key id (1 to 255) = 32 random bytes in base64. The highest id signs, all verify.
# To rotate: add a key with a higher id, then give the old one a last day below.
[token_keys]
1 = "{key}"

# Key id = last day on which the old key is believed.
[token_keys_valid_until]
# 1 = 2030-12-31
"""


@dataclass(frozen=True)
class Secrets:
    """What is kept apart from the settings. `token_keys`: key id -> secret; `valid_until`: key id -> last day."""

    token_keys: Mapping[int, bytes] = field(repr=False)
    valid_until: Mapping[int, date] = field(default_factory=dict)
    smarthost_password: str = field(default="", repr=False)
    smarthost_oauth_secret: str = field(default="", repr=False)
    smarthost_oauth_refresh_token: str = field(default="", repr=False)
    openid_client_secret: str = field(default="", repr=False)


def is_there(path: Path) -> bool:
    """Whether there is such a file. Raises ConfigError when we may not look."""
    try:
        return path.exists()
    except OSError as error:
        hint = "run mailgate as the user that owns it, or correct secrets.file"
        raise ConfigError(f"cannot be looked at: {error.strerror}", file=str(path), hint=hint) from None


def load(path: Path) -> Secrets:
    """Read and check the file. Raises ConfigError for a mode that lets others read, a weak or example key, anything not understood."""
    text = read_text(path)
    _check_mode(path)
    content = parse_toml(path, text)
    for key in content:
        if key not in _KEYS:
            raise _error(path, text, key, f"unknown key {key}", suggest(key, _KEYS, "keys are"))
    lines = {name: _one_line(path, text, name, content) for name in _LINES}
    keys = _token_keys(path, text, content.get("token_keys", {}))
    return Secrets(keys, _valid_until(path, text, content.get("token_keys_valid_until", {}), keys), **lines)


def _one_line(path: Path, text: str, name: str, content: Mapping[str, Any]) -> str:
    value = content.get(name, "")
    if not isinstance(value, str) or any(ord(c) < 32 for c in value):
        raise _error(path, text, name, f"{name} must be a text without control characters")
    return value


def create(path: Path) -> Secrets:
    """Make the file with one fresh key, mode 0600; when another process is faster, its file is taken. Durable before it is used."""
    unfinished = path.with_name(f".{path.name}.{random_source.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(unfinished, fresh_text())
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, path)
        unfinished.unlink()
    except OSError as error:
        raise ConfigError(
            f"cannot be made: {error.strerror}", file=str(path), hint="make its folder writable or set secrets.file"
        ) from None
    return load(path)


def fresh_text() -> str:
    """The text of a new secrets file."""
    return _TEMPLATE.format(key=base64.b64encode(random_source.token_bytes(KEY_BYTES)).decode())


def passing() -> Secrets:
    """Keys for a command that neither sends nor keeps anything; they end with the process."""
    return Secrets({1: random_source.token_bytes(KEY_BYTES)})


def check_private(path: Path, what: str) -> None:
    """Raise ConfigError when users other than owner and group may read the file."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & stat.S_IROTH:
        raise ConfigError(f"{what} can be read by everyone (mode {mode:04o})", file=str(path), hint=f"chmod o-rwx {path}")


def _check_mode(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ConfigError(f"the secrets can be read by others (mode {mode:04o})", file=str(path), hint=f"chmod 600 {path}")


def _token_keys(path: Path, text: str, table: Any) -> dict[int, bytes]:
    if not isinstance(table, dict) or not table:
        raise _error(path, text, "token_keys", "no token key is given", "run mailgate init in an empty folder for a fresh secrets file")
    return {_key_id(path, text, name): _secret(path, text, name, value) for name, value in table.items()}


def _key_id(path: Path, text: str, name: str) -> int:
    if not name.isascii() or not name.isdigit() or not 1 <= int(name) <= 255:
        raise _error(path, text, "token_keys", f"token key id {name[:20]!r} is not 1 to 255", key=name)
    return int(name)


def _secret(path: Path, text: str, name: str, value: Any) -> bytes:
    hint = "make one with: openssl rand -base64 32"
    try:
        secret = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        secret = b""
    if not secret:
        raise _error(path, text, "token_keys", f"token key {name} is no base64 text", hint, name)
    if len(secret) < KEY_BYTES:
        raise _error(path, text, "token_keys", f"token key {name} is weak: {len(secret)} bytes, it needs {KEY_BYTES}", hint, name)
    readable = secret.decode("ascii", "replace").lower()
    if len(set(secret)) < KEY_BYTES // 2 or any(word in readable for word in _EXAMPLES):
        raise _error(path, text, "token_keys", f"token key {name} is weak: it is an example or repeats itself", hint, name)
    return secret


def _valid_until(path: Path, text: str, table: Any, keys: Mapping[int, bytes]) -> dict[int, date]:
    section = "token_keys_valid_until"
    if not isinstance(table, dict):
        raise _error(path, text, section, f"{section} is a section", f"write [{section}]")
    for name, day in table.items():
        if not name.isdigit() or int(name) not in keys:
            raise _error(path, text, section, f"there is no token key {name[:20]!r}", key=name)
        if type(day) is not date:
            raise _error(path, text, section, f"the last day of token key {name} must be a date", "write it as 2030-12-31", name)
    days = {int(name): day for name, day in table.items()}
    if max(keys) in days:
        raise _error(
            path,
            text,
            section,
            f"token key {max(keys)} signs and cannot have a last day",
            "add a key with a higher id first",
            str(max(keys)),
        )
    return days


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(handle, 0o600)
        file.write(text)
        file.flush()
        os.fsync(handle)


def _error(path: Path, text: str, section: str, what: str, hint: str = "", key: str = "") -> ConfigError:
    return ConfigError(what, file=str(path), line=line_of(text, section, key), hint=hint)
