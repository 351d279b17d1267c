"""What is older than retention allows, beside the bytes of mail (`retention`). In: now and the limits. Out: how much went, or still waits.

Rows stay, so that the ledger and the cases hold together; what they say of people goes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, func, or_, select

from mailgate.store.repositories.counters import raised
from mailgate.store.repositories.persons import redacting
from mailgate.store.repositories.statements import id_floor
from mailgate.store.schema import audit, cases, decisions, journal, outbox

BITE = 500
FOR_A_PERSON = ("failed", "uncertain")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each kind is kept; None: for ever. `closed`: statuses in which a case is over. `marker`: stands in place of words."""

    entries: timedelta | None
    mails: timedelta | None
    cases: timedelta | None
    audit: timedelta | None
    closed: Collection[str] = ()
    marker: str = ""


class ExpiryRepository:
    """See the module. `sweep` once a day; call it again until it finds nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take_day(self, day: datetime) -> bool:
        """Whether this day's sweep is still to be done; of several processes that ask, one is told so."""
        return raised(self._connection, "retention_day", day.toordinal())

    def sweep(self, now: datetime, limits: Limits, limit: int = BITE) -> Mapping[str, int]:
        """Redact or delete up to `limit` of each kind; how many."""
        return {
            "entries": redacting.entries(self._connection, self._ids(_entries(now, limits), limit)),
            "mails": redacting.mails(self._connection, self._ids(_mails(now, limits), limit)),
            "cases": redacting.whole_cases(self._connection, self._ids(_cases(now, limits), limit), limits.marker),
            "audit": self._audit(now, limits, limit),
        }

    def overdue(self, now: datetime, limits: Limits) -> Mapping[str, int]:
        """How many of each kind are older than allowed and still there."""
        found = {
            "entries": _entries(now, limits), "mails": _mails(now, limits), "cases": _cases(now, limits), "audit": _old_audit(now, limits),
        }  # fmt: skip
        count = {name: select(func.count()).select_from(one.subquery()) for name, one in found.items() if one is not None}
        return {name: self._connection.execute(one).scalar_one() for name, one in count.items()}

    def _ids(self, found: Select[Any] | None, limit: int) -> list[str]:
        return [row[0] for row in self._connection.execute(found.limit(limit))] if found is not None else []

    def _audit(self, now: datetime, limits: Limits, limit: int) -> int:
        old = self._ids(_old_audit(now, limits), limit)
        return self._connection.execute(delete(audit).where(audit.c.id.in_(old))).rowcount if old else 0


def _entries(now: datetime, limits: Limits) -> Select[Any] | None:
    """Finished mail that still says who sent it."""
    if limits.entries is None:
        return None
    named = or_(journal.c.reverse_path.is_not(None), journal.c.client_address != "", journal.c.helo != "", _said(decisions))
    waits = journal.c.state.in_(("pending", "held", "shunted"))
    old = select(journal.c.id).outerjoin(decisions, decisions.c.journal_id == journal.c.id)
    return old.where(journal.c.id < id_floor(now - limits.entries), ~waits, named).order_by(journal.c.id)


def _said(table: Table) -> ColumnElement[bool]:
    return and_(table.c.journal_id.is_not(None), or_(table.c.author != "", table.c.subject != ""))


def _mails(now: datetime, limits: Limits) -> Select[Any] | None:
    """Outgoing mail that is over and still says to whom it went."""
    if limits.mails is None:
        return None
    over = and_(outbox.c.due_at.is_(None), outbox.c.state.not_in(FOR_A_PERSON), outbox.c.address != "")
    return select(outbox.c.id).where(outbox.c.id < id_floor(now - limits.mails), over).order_by(outbox.c.id)


def _cases(now: datetime, limits: Limits) -> Select[Any] | None:
    """Cases that were closed so long ago, with words in them."""
    if limits.cases is None:
        return None
    old = and_(cases.c.status.in_(sorted(limits.closed)), cases.c.updated_at < now - limits.cases, cases.c.summary != limits.marker)
    return select(cases.c.id).where(old).order_by(cases.c.id)


def _old_audit(now: datetime, limits: Limits) -> Select[Any] | None:
    if limits.audit is None:
        return None
    return select(audit.c.id).where(audit.c.id < id_floor(now - limits.audit)).order_by(audit.c.id)
