"""`mailgate audit`: who changed what, when and why. In: a filter. Out: NDJSON or a table on standard output."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from mailgate.application.audit_trail import AuditEntry, ListAudit, list_audit, short_subjects
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, acting, open_app
from mailgate.cli.times import moment

CHANGED_MAX_CHARS = 80
COLUMNS = ("at", "principal", "verb", "what", "changed", "reason")


class Kind(StrEnum):
    """What a change is about, as `--kind` takes it."""

    CASE = "case"
    COMMENT = "comment"
    CONTACT = "contact"
    CUSTOMER = "customer"
    SUPPRESSION = "suppression"
    JOURNAL = "journal"
    OUTBOX = "outbox"
    POLICY = "policy"
    ACCOUNT = "account"
    TEXT = "text"
    TODO = "todo"
    PERSON = "person"
    BACKUP = "backup"
    DATABASE = "database"
    KEY = "key"


def audit(
    kind: Annotated[Kind | None, typer.Option("--kind", help="Only changes of this kind of thing.")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="ID", help="Only changes of this one: an id or its beginning, a key.")
    ] = None,
    who: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Only what this operator, contact or program did.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Only what was done since then: 12h, 30d or a day (UTC).")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Only what was done before then.")] = None,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what people and programs changed, and who took the bytes of a mail: who, what, when and why; the newest first."""
    with open_app(config) as app:
        now = app.now()
        command = ListAudit(kind.value if kind else None, subject, who, moment(since, now, "--since"), moment(until, now, "--until"), limit)
        found = list_audit(app, acting(None), command).rows
        short = {} if as_json else short_subjects(app, acting(None), [(one.subject_kind, one.subject_id) for one in found])
    output.show([asdict(one) if as_json else _brief(one, short) for one in found], COLUMNS, as_json, none="no changes")


def _brief(entry: AuditEntry, short: Mapping[str, str]) -> dict[str, Any]:
    """One change on one line: the thing by the name that people know or type, and the fields that changed."""
    name = entry.detail.get("key") or short.get(entry.subject_id, entry.subject_id)
    changed = [f"{field}={json.dumps(value, ensure_ascii=False)}" for field, value in (entry.after or entry.before).items()]
    who = entry.principal or entry.principal_kind
    return {
        **asdict(entry),
        "principal": who,
        "what": f"{entry.subject_kind} {name}",
        "changed": output.shortened(", ".join(changed), CHANGED_MAX_CHARS),
    }
