"""What is older than retention allows, beside the bytes of mail (`retention`). In: now and the limits. Out: how much went, or still waits.

Rows stay, so that the ledger and the cases hold together; what they say of people goes. `due` reads and `expire` writes, so that nobody
waits for the write lock while old rows are looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, exists, func, or_, select, text

from mailgate.store.repositories.blobs import WAITING
from mailgate.store.repositories.counters import raised
from mailgate.store.repositories.persons import redacting
from mailgate.store.repositories.statements import id_floor
from mailgate.store.schema import audit, cases, comments, decisions, journal, notices, outbox
from mailgate.store.schema.accept import NAMED_DECISIONS, NAMED_ENTRIES
from mailgate.store.schema.delivery import NAMED_MAILS, NAMED_NOTICES

Kind = Literal["entries", "mails", "notices", "cases", "audit"]

BITE, BITE_CASES = 500, 50  # of a case go all its comments, events and mails


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """How long each kind is kept; None: for ever. `closed`: statuses in which a case is over. `marker`: stands in place of words."""

    entries: timedelta | None
    mails: timedelta | None
    cases: timedelta | None
    audit: timedelta | None
    closed: Collection[str] = ()
    marker: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    """`table`: whose rows go. `kept`: how long. `old`: given the oldest time that stays, the column of ids and the rows, in parts."""

    table: Table
    kept: Callable[[RetentionLimits], timedelta | None]
    old: Callable[[datetime, RetentionLimits], Sequence[tuple[ColumnElement[Any], Select[Any]]]]


class ExpiryRepository:
    """See the module. Of each kind, ask `due` and `expire` what it names, until it names nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take_day(self, day: datetime) -> bool:
        """Whether this day's sweep is still to be done; of several processes that ask, one is told so."""
        return raised(self._connection, "retention_day", day.toordinal())

    def due(self, kind: Kind, now: datetime, limits: RetentionLimits, after_id: str = "", limit: int | None = None) -> list[str]:
        """The ids of the oldest rows of a kind that are older than allowed and still say something, after this id. Only reads."""
        most = limit or (BITE_CASES if kind == "cases" else BITE)
        found: set[str] = set()
        for id_, old in _old(kind, now, limits):
            further = old.where(id_ > after_id) if after_id else old
            found |= {*self._connection.execute(further.order_by(id_).limit(most)).scalars()}
        return sorted(found)[:most]

    def expire(self, kind: Kind, ids: Sequence[str], now: datetime, limits: RetentionLimits) -> int:
        """Redact or delete these rows, as far as that is still due; how many."""
        table = _RULES[kind].table
        self._connection.execute(select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id).with_for_update()).all()
        still: set[str] = set()
        for id_, old in _old(kind, now, limits):
            still |= {*self._connection.execute(old.where(id_.in_(ids))).scalars()}
        return self._redact(kind, sorted(still), limits)

    def overdue(self, now: datetime, limits: RetentionLimits) -> Mapping[str, int]:
        """How many of each kind are older than allowed and still there."""
        return {kind: self._count(kind, now, limits) for kind in KINDS if _RULES[kind].kept(limits) is not None}

    def _redact(self, kind: Kind, ids: Sequence[str], limits: RetentionLimits) -> int:
        db = self._connection
        if kind == "entries":
            return redacting.entries(db, ids)
        if kind == "mails":
            return redacting.mails(db, ids)
        if kind == "notices":
            return redacting.notices_to(db, ids, reason=redacting.OVERDUE)
        if kind == "cases":
            return redacting.whole_cases(db, ids, limits.marker)
        return db.execute(delete(audit).where(audit.c.id.in_(ids))).rowcount

    def _count(self, kind: Kind, now: datetime, limits: RetentionLimits) -> int:
        (_, first), *others = _old(kind, now, limits)
        both = first.union(*(one for _, one in others)) if others else first
        return self._connection.execute(select(func.count()).select_from(both.subquery())).scalar_one()


def _old(kind: Kind, now: datetime, limits: RetentionLimits) -> Sequence[tuple[ColumnElement[Any], Select[Any]]]:
    """The rows of a kind that are older than allowed, in parts; none when it is kept for ever."""
    rule = _RULES[kind]
    kept = rule.kept(limits)
    return rule.old(now - kept, limits) if kept is not None else ()


def _entries(oldest: datetime, _limits: RetentionLimits) -> Sequence[tuple[ColumnElement[Any], Select[Any]]]:
    """Finished mail that still says who sent it, in the journal or in what was decided. Each part has its index."""
    decided = select(decisions.c.journal_id).join(journal, journal.c.id == decisions.c.journal_id)
    floor = id_floor(oldest)
    return (
        (journal.c.id, select(journal.c.id).where(journal.c.id < floor, text(NAMED_ENTRIES))),
        (
            decisions.c.journal_id,
            decided.where(decisions.c.journal_id < floor, text(NAMED_DECISIONS), journal.c.state.not_in(WAITING)),
        ),
    )


def _mails(oldest: datetime, _limits: RetentionLimits) -> Sequence[tuple[ColumnElement[Any], Select[Any]]]:
    """Outgoing mail that is over and still says to whom it went."""
    return ((outbox.c.id, select(outbox.c.id).where(outbox.c.id < id_floor(oldest), text(NAMED_MAILS))),)


def _notices(oldest: datetime, _limits: RetentionLimits) -> Sequence[tuple[ColumnElement[Any], Select[Any]]]:
    """Notices without a case that still say to whom they went: answers, forwards, mail about accounts and to the team."""
    return ((notices.c.id, select(notices.c.id).where(notices.c.id < id_floor(oldest), text(NAMED_NOTICES))),)


def _cases(oldest: datetime, limits: RetentionLimits) -> Sequence[tuple[ColumnElement[Any], Select[Any]]]:
    """Cases that were closed so long ago, with words in them. Of an erased reporter's, others may have said something."""
    said = exists().where(comments.c.case_id == cases.c.id, comments.c.text != limits.marker)
    old = and_(cases.c.status.in_(sorted(limits.closed)), cases.c.updated_at < oldest, or_(cases.c.summary != limits.marker, said))
    return ((cases.c.id, select(cases.c.id).where(old)),)


def _audit(oldest: datetime, _limits: RetentionLimits) -> Sequence[tuple[ColumnElement[Any], Select[Any]]]:
    return ((audit.c.id, select(audit.c.id).where(audit.c.id < id_floor(oldest))),)


_RULES: Mapping[Kind, _Rule] = {
    "entries": _Rule(journal, lambda limits: limits.entries, _entries),
    "mails": _Rule(outbox, lambda limits: limits.mails, _mails),
    "notices": _Rule(notices, lambda limits: limits.mails, _notices),
    "cases": _Rule(cases, lambda limits: limits.cases, _cases),
    "audit": _Rule(audit, lambda limits: limits.audit, _audit),
}
KINDS: Sequence[Kind] = tuple(_RULES)
