"""`mailgate init`: a folder with a complete settings file and fresh secrets. In: a folder. Out: three files, or none."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from mailgate import config as settings
from mailgate.config import skeleton
from mailgate.errors import ConfigError, UsageError
from mailgate.policy_in_force import shipped

SHOWN = (
    "service.company",
    "service.domain",
    "service.portal_url",
    "database.url",
    "broker.url",
    "smtp.listen",
    "outbound.delivery",
    "outbound.smarthost",
)


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder to write to; made when it is missing.")] = Path(),
    domain: Annotated[str, typer.Option(help="Mail domain of the support address.")] = "",
    company: Annotated[str, typer.Option(help="Name of the company, as it stands in mails.")] = "",
    portal_url: Annotated[str, typer.Option(help="Address of the case system's web portal.")] = "",
) -> None:
    """Write mailgate.toml and policy.yaml, complete and commented, and var/secrets.toml with a fresh key."""
    file, secrets = folder / settings.FILE_NAME, folder / "var" / "secrets.toml"
    policy = folder / "policy.yaml"
    for path in (file, secrets, policy):
        if path.exists() or path.is_symlink():
            raise UsageError(f"{path} is there already; give another folder, or move it away")
    given = {"service.domain": domain, "service.company": company, "service.portal_url": portal_url}
    given = {name: value for name, value in given.items() if value}
    _check(given)
    chosen = {setting.name: setting.default for setting in skeleton.settings() if setting.name in SHOWN}
    text = skeleton.toml_text(_values(chosen) | {"policy.file": policy.name} | given)
    try:
        _write(folder, file, text)
        _write(folder, policy, shipped())
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}; give a folder that you may write to") from None
    settings.load(file, {})  # makes the secrets, too
    print(f"{file}\n{secrets}\n{policy}")
    print(f"next: look through {file}, then run: mailgate doctor --config {file}")


def _values(defaults: dict[str, str]) -> dict[str, object]:
    return {name: tomllib.loads(f"value = {text}")["value"] for name, text in defaults.items()}


def _write(folder: Path, file: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)


def _check(given: dict[str, str]) -> None:
    """Refuse bad values before anything is written."""
    for name, value in given.items():
        section, _, key = name.partition(".")
        try:
            settings.load(None, {f"MAILGATE_{section}__{key}".upper(): value}, make_secrets=False)
        except ConfigError as error:
            raise UsageError(f"--{key.replace('_', '-')}: {error.what}" + (f"; {error.hint}" if error.hint else "")) from None
