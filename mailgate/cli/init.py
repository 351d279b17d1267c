"""`mailgate init`: a folder with a complete settings file, fresh secrets and a certificate. In: a folder. Out: six files, or none; and the
invitation for the first administrator.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from mailgate import config as settings
from mailgate.application.database import OwnSchema, upgrade_schema
from mailgate.application.policies.documents import SCHEMA, SCHEMA_FILE
from mailgate.cli.opening import acting, installation, open_app
from mailgate.config import secret_file, self_signed, skeleton
from mailgate.config.sections import EXAMPLE_DOMAIN
from mailgate.errors import ConfigError, MailgateError, UsageError
from mailgate.runtime.active_policy import shipped_for_editors

SHOWN = (
    "service.company",
    "service.domain",
    "service.portal_url",
    "database.url",
    "broker.url",
    "smtp.listen",
    "smtp.trusted_from",
    "intake.authentication",
    "outbound.delivery",
    "outbound.smarthost",
)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to; made when it is missing.")] = Path(),
    domain: Annotated[
        str, typer.Option(help="Mail domain of the support address, support@DOMAIN. Default: example.test, to try it out.")
    ] = "",
    company: Annotated[str, typer.Option(help="Name of the company, as it stands in mails.")] = "",
    portal_url: Annotated[str, typer.Option(help="Address of the case system's web portal.")] = "",
) -> None:
    """Write mailgate.toml and policy.yaml, complete and commented; in var a fresh key and a self-signed certificate."""
    file, secrets = folder / settings.FILE_NAME, folder / "var" / "secrets.toml"
    policy, certificate, key = folder / "policy.yaml", folder / "var" / "tls" / "cert.pem", folder / "var" / "tls" / "key.pem"
    schema = folder / SCHEMA_FILE
    for path in (file, secrets, policy, schema, certificate, key):
        if path.exists() or path.is_symlink():
            raise UsageError(f"{path} is there already; give another folder, or move it away")
    given = {"service.domain": domain, "service.company": company, "service.portal_url": portal_url}
    given = {name: value for name, value in given.items() if value}
    _check(given)
    try:
        _write(folder, file, _settings_text(given))
        _write(folder, policy, shipped_for_editors())
        _write(folder, schema, json.dumps(SCHEMA, ensure_ascii=False, indent=2) + "\n")
        self_signed.make(certificate, key, domain or EXAMPLE_DOMAIN)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}; give a folder that you may write to") from None
    secret_file.create(secrets)
    made = installation(file)
    upgrade_schema(made, acting(None), OwnSchema())
    print(f"{file}\n{secrets}\n{policy}\n{schema}\n{certificate}\n{key}\n{made.settings.sqlite_file}")
    print(f"next: look through {file}, then run: mailgate doctor --config {file}")
    print(f"then start it: mailgate run --config {file}")
    print(_first_admin(file))


def _first_admin(file: Path) -> str:
    """The invitation for the first administrator, as far as the database is one that can be made here and now."""
    later = f"the first administrator: mailgate account first-admin --config {file}"
    if not settings.load(file, settings.process_environment()).database.url.startswith("sqlite:"):
        return later
    from mailgate.cli.account import invitation

    try:
        with open_app(file) as opened:
            return invitation(opened, acting(None)) or later
    except MailgateError:
        return later


def _settings_text(given: dict[str, str]) -> str:
    """The settings file: all settings, of which only the defaults in SHOWN, the files of this folder and `given` are set."""
    chosen = {setting.name: setting.default for setting in skeleton.settings() if setting.name in SHOWN}
    files = {
        "policy.file": "policy.yaml",
        "secrets.file": "var/secrets.toml",
        "smtp.tls_cert": "var/tls/cert.pem",
        "smtp.tls_key": "var/tls/key.pem",
    }
    return skeleton.toml_text(_values(chosen) | files | {"intake.authentication": "verify"} | given)


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
