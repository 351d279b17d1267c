"""Who changed what. In: audit rows, in the transaction of the change. Out: the record.

Rows are only added, until `retention.audit_days` are over (`persons.expiry`); the erasure of a person takes the name out of them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, get_args

from sqlalchemy import Connection, select

from mailgate.cases.ids import is_id
from mailgate.store.repositories import id_beginnings
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.statements import id_range, limited
from mailgate.store.rows import AuditRow, SubjectKind
from mailgate.store.schema import audit

_TEXTS = (
    "id", "at", "principal_kind", "principal_id", "principal", "verb", "subject_kind", "subject_id", "reason",
)  # fmt: skip
_KINDS = get_args(SubjectKind)  # named in full, so that the index is used
_OBJECTS = ("before", "after", "detail")


class AuditRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Sequence[AuditRow]) -> None:
        """Record changes; nothing for none. Times in the JSON columns are written in ISO 8601."""
        insert_all(self._connection, audit, [_row(one) for one in new])

    def of(self, kind: SubjectKind, subject_id: str) -> Sequence[AuditRow]:
        """What was done to one thing, in order."""
        found = select(audit).where(audit.c.subject_kind == kind, audit.c.subject_id == subject_id).order_by(audit.c.id)
        return [_audit_row(row) for row in self._connection.execute(found)]

    def subjects(self, beginning: str, limit: int) -> Sequence[str]:
        """The first subjects, in order, whose ids begin so. Walks the table: for what a person types."""
        found = select(audit.c.subject_id).where(audit.c.subject_id.startswith(beginning, autoescape=True)).distinct()
        return self._connection.execute(found.order_by(audit.c.subject_id).limit(limit)).scalars().all()

    def short_ids(self, ids: Sequence[str]) -> dict[str, str]:
        """Subject's id -> the shortest beginning that no other subject of any kind has. A subject that is no id is left out."""
        near, found = dict[str, Sequence[str]](), dict[str, str]()
        for id_ in filter(is_id, ids):
            first = id_[: id_beginnings.SHORT_CHARS]
            if first not in near:
                near[first] = self._subjects_near(first)
            found[id_] = id_beginnings.beginning(id_, (one for one in near[first] if one != id_))
        return found

    def _subjects_near(self, first: str) -> Sequence[str]:
        low, high = id_range(first)
        statement = select(audit.c.subject_id).where(audit.c.subject_kind.in_(_KINDS), audit.c.subject_id.between(low, high)).distinct()
        return [one for one in self._connection.execute(statement).scalars() if is_id(one)]

    def list(
        self,
        limit: int | None = 50,
        *,
        kinds: Collection[str] | None = None,
        without_verbs: Collection[str] = (),
        subject_id: str | None = None,
        principal: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before_id: str | None = None,
    ) -> Sequence[AuditRow]:
        """The newest first: about these kinds of things, or this one, by this principal (id or name), at or after `since`, before `until`.

        `without_verbs`: no changes by these verbs. `before_id`: only rows older than this one.
        """
        statement = select(audit).order_by(audit.c.id.desc())
        if kinds is not None:
            statement = statement.where(audit.c.subject_kind.in_(kinds))
        if without_verbs:
            statement = statement.where(audit.c.verb.not_in(without_verbs))
        if subject_id is not None:
            statement = statement.where(audit.c.subject_id == subject_id)
        if principal is not None:
            statement = statement.where((audit.c.principal_id == principal) | (audit.c.principal == principal))
        if since is not None:
            statement = statement.where(audit.c.at >= since)
        if until is not None:
            statement = statement.where(audit.c.at < until)
        if before_id is not None:
            statement = statement.where(audit.c.id < before_id)
        return [_audit_row(row) for row in self._connection.execute(limited(statement, limit))]


def _row(one: AuditRow) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _TEXTS} | {name: _json(getattr(one, name)) for name in _OBJECTS}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _audit_row(row: Any) -> AuditRow:
    return AuditRow(**{name: getattr(row, name) for name in _TEXTS}, **{name: json.loads(getattr(row, name)) for name in _OBJECTS})
