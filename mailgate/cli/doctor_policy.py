"""The part of `mailgate doctor` that looks at the policy: can it be read, and is the file of the settings in force?

In: settings. Out: one finding. Changes nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from mailgate import bootstrap
from mailgate.cli.findings import Finding, fail, ok, warn
from mailgate.clock import utc_now
from mailgate.config import Settings
from mailgate.errors import ConfigError, PolicyError, SchemaMismatch, StoreUnavailable
from mailgate.policy_in_force import beginning, compiled, differs
from mailgate.rules.document_file import policy_of
from mailgate.store import migrate
from mailgate.store.database import open_database
from mailgate.store.rows import PolicyVersion
from mailgate.store.unit_of_work import Store

NAME = "policy"


def policy(found: Settings) -> Iterator[Finding]:
    """The version in force; before there is one, the document that the first start takes."""
    version = None
    with contextlib.suppress(ConfigError, StoreUnavailable, SchemaMismatch):  # what the database's own finding says
        version = _active(found)
    yield _first(found) if version is None else _in_force(found, version)


def _active(found: Settings) -> PolicyVersion | None:
    url = found.database.url
    if url.startswith("sqlite:") and not Path(url.removeprefix("sqlite:///")).exists():
        return None
    database = open_database(url, pool_size=1)
    try:
        migrate.check(database)
        with Store(database, utc_now).reading() as uow:
            number = uow.policies.active()
            return uow.policies.get(number) if number is not None else None
    finally:
        database.close()


def _first(found: Settings) -> Finding:
    start = beginning(found.policy.file)
    try:
        policy_of(start.text(), bootstrap.own_addresses(found).mailboxes, start.source, tested=True, folder=start.folder)
    except PolicyError as error:
        return fail(NAME, str(error), "mend the document, or take policy.file out of the settings")
    return ok(NAME, f"no version yet; the first start takes {start.source}")


def _in_force(found: Settings, version: PolicyVersion) -> Finding:
    try:
        compiled(version, bootstrap.own_addresses(found).mailboxes)
    except PolicyError as error:
        return fail(
            NAME, f"this program cannot read version {version.label}: {error}", "mailgate policy rollback, or run the newer mailgate"
        )
    if difference := differs(beginning(found.policy.file), version):
        return warn(NAME, f"version {version.label} is in force; {found.policy.file} says something else", difference)
    return ok(NAME, f"version {version.label} of {version.author} is in force")
