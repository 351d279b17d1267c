"""The part of the doctor that looks at the policy: can it be read, and is the policy file of the settings in force?

In: settings. Out: a finding, and one for each status and agreement that it has lost. Changes nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import timedelta

from mailgate.application.doctor.findings import Finding, fail, ok, warn
from mailgate.application.parts import Parts
from mailgate.application.policies import newer_rules
from mailgate.application.policies.stranded import Stranded, stranded
from mailgate.application.policies.unknown_names import unknown_names
from mailgate.application.retention import limits
from mailgate.clock import utc_now
from mailgate.config import Settings
from mailgate.errors import ConfigError, PolicyError, SchemaMismatch, StoreUnavailable
from mailgate.store import migrate
from mailgate.store.database import open_database
from mailgate.store.rows import PolicyVersion
from mailgate.store.unit_of_work import Store

NAME = "policy"
SWEPT_WITHIN = timedelta(days=2)


def policy(found: Settings, parts: Parts) -> Iterator[Finding]:
    """The active version; before there is one, the document that the first start takes."""
    try:
        version, left, unknown = _active(found, parts)
    except (ConfigError, StoreUnavailable, SchemaMismatch):
        yield warn(NAME, "not known while the database cannot be used", "see the finding about the database")
        return
    yield _first(parts) if version is None else _in_force(found, parts, version)
    for one in left:
        do = f"mailgate case list --status {one.key}, then mailgate case do KEY OPERATION"
        yield warn(NAME, f"the policy in force does not know {one}", do if one.what == "status" else "mailgate customer set --agreement")
    for sentence in unknown:
        yield warn(NAME, sentence, "mailgate policy edit, or add who is missing")


def retention(found: Settings, parts: Parts) -> Iterator[Finding]:
    """How long each kind of data is kept, and whether more is there than that."""
    kept = {name.removesuffix("_days"): days for name, days in found.retention.model_dump().items()}
    said = ", ".join(f"{name} {f'{days} days' if days else 'for ever'}" for name, days in kept.items())
    left: Mapping[str, int] = {}
    with contextlib.suppress(ConfigError, StoreUnavailable, SchemaMismatch, PolicyError):  # the finding of the database reports it
        left = _older_than_allowed(found, parts)
    if any(left.values()):
        older = ", ".join(f"{count} {name}" for name, count in left.items() if count)
        yield warn("retention", f"{said}; older and still there: {older}", "workers delete it once a day: does one run?")
    elif all(kept.values()):
        yield ok("retention", said)
    else:
        yield warn("retention", said, "data of people that is kept for ever needs a reason; see docs/howto/personal-data.md")


def _older_than_allowed(found: Settings, parts: Parts) -> Mapping[str, int]:
    if found.lacks_database:
        return {}
    with contextlib.closing(open_database(found.database.url, pool_size=1)) as database:
        migrate.check(database)
        with Store(database, utc_now).reading() as uow:
            number = uow.policies.active()
            if number is None:
                return {}
            allowed = limits(found, parts.compiled(uow.policies.get(number)))
            return uow.expiry.overdue(utc_now() - SWEPT_WITHIN, allowed)


def _active(found: Settings, parts: Parts) -> tuple[PolicyVersion | None, list[Stranded], list[str]]:
    """The active version, what it does not know, and what does not know its names; (None, [], []) before there is one."""
    if found.lacks_database:
        return None, [], []
    with contextlib.closing(open_database(found.database.url, pool_size=1)) as database:
        migrate.check(database)
        with Store(database, utc_now).reading() as uow:
            number = uow.policies.active()
            version = uow.policies.get(number) if number is not None else None
            with contextlib.suppress(PolicyError):  # the finding of the version reports it
                compiled = parts.compiled(version) if version else None
                return version, stranded(uow, compiled) if compiled else [], unknown_names(uow, compiled) if compiled else []
            return version, [], []


def _first(parts: Parts) -> Finding:
    start = parts.first_policy()
    try:
        start.check()
    except PolicyError as error:
        return fail(NAME, str(error), "correct the document, or remove policy.file from the settings")
    return ok(NAME, f"no version yet; the first start takes {start.source}")


def _in_force(found: Settings, parts: Parts, version: PolicyVersion) -> Finding:
    try:
        policy = parts.compiled(version)
    except PolicyError as error:
        text = f"this program cannot read version {version.label}: {error}"
        return fail(NAME, text, "mailgate policy rollback, or run the newer mailgate")
    if do := parts.file_not_in_force(version):
        return warn(NAME, f"version {version.label} is in force; {found.policy.file} says something else", do)
    if lacks := newer_rules.lacking(policy):
        text = f"version {version.label} is in force and has {newer_rules.what_is_missing(lacks)}"
        return warn(NAME, text, newer_rules.what_to_do(lacks))
    return ok(NAME, f"version {version.label} of {version.author} is in force")
