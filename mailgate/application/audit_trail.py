"""Reads the audit: who changed what, of all things that people and programs change. In: a filter. Out: rows in pages, the newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailgate.application.access import Action
from mailgate.application.paging import Page, cursor_of, id_of, page_of
from mailgate.application.use_case import Act, query
from mailgate.errors import Ambiguous
from mailgate.store.repositories.id_beginnings import SHORT_CHARS
from mailgate.store.rows import AuditRow

_OF_IDS = frozenset("0123456789abcdef-")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of one thing. `before` and `after`: the changed fields; empty for what did not exist. `detail`: what was asked beside."""

    id: str
    at: datetime
    principal_kind: str
    principal: str
    verb: str
    subject_kind: str
    subject_id: str
    reason: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListAudit:
    """`kind`: see `store.rows.SubjectKind`. `subject`: an id or its beginning, or a case's key. `principal`: a name."""

    kind: str | None = None
    subject: str | None = None
    principal: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    cursor: str | None = None


@query(Action.AUDIT_READ)
def list_audit(act: Act, command: ListAudit) -> Page[AuditEntry]:
    """List changes, the newest first: who, what, when and why."""
    found = act.uow.audit.list(
        command.limit + 1,
        kinds=(command.kind,) if command.kind else None,
        subject_id=_subject_id(act, command.subject) if command.subject else None,
        principal=command.principal,
        since=command.since,
        until=command.until,
        before_id=id_of(command.cursor) if command.cursor else None,
    )
    return page_of([_entry(row) for row in found], command.limit, [cursor_of(row.id) for row in found])


@query(Action.AUDIT_READ)
def short_subjects(act: Act, subjects: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Id -> the beginning that a person may type in its place, here and to the verbs for that kind. `subjects`: kind and id of each.

    What is no id, such as an address or the number of a version, is left out.
    """
    found = act.uow.audit.short_ids([id_ for _, id_ in subjects])
    own = {"journal": act.uow.journal.short_ids, "outbox": act.uow.outbox.short_ids, "comment": act.uow.cases.short_comment_ids}
    for kind, shorten in own.items():
        for id_, short in shorten([id_ for one, id_ in subjects if one == kind and id_ in found]).items():
            found[id_] = max(found[id_], short, key=len)
    return found


def _subject_id(act: Act, subject: str) -> str:
    """A case's key stands for its id, and the beginning of an id of mail or a comment for the whole. Raises Ambiguous.

    Every other subject is taken as it is: addresses, numbers of versions.
    """
    if subject.upper().startswith(f"{act.app.settings.service.case_prefix.upper()}-"):
        return act.uow.cases.get(subject).id
    if len(subject) < SHORT_CHARS or not set(subject.lower()) <= _OF_IDS:
        return subject
    found = act.uow.audit.subjects(subject.lower(), 2)
    if len(found) > 1 and subject.lower() not in found:
        raise Ambiguous("subject", subject, found, f"there is more than one subject that begins with {subject}: {', '.join(found)}, …")
    return subject if len(found) != 1 else found[0]


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        row.id,
        row.at,
        row.principal_kind,
        row.principal or row.principal_id,
        row.verb,
        row.subject_kind,
        row.subject_id,
        row.reason,
        row.before,
        row.after,
        row.detail,
    )
