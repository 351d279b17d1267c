"""Cases in which it is the customer's turn. In: the statuses in which a case waits. Out: since when, and when a reminder was sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select

from mailgate.store.repositories.blobs import WAITING
from mailgate.store.repositories.statements import id_floor, literal
from mailgate.store.schema import cases, decisions, events, journal

_WORDS_AND_MOVES = ("status_changed", "comment_added", "case_created")
_BROUGHT = ("merged", "comment_moved")
"""A person has put a customer's words on the case, or taken them off: that person decides who waits for whom."""
_WAITING_MAIL = (
    select(decisions.c.case_id)
    .join(journal, journal.c.id == decisions.c.journal_id)
    .where(journal.c.state.in_(WAITING), decisions.c.case_id.is_not(None))
)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A case that waits for its people `since` the last word or move of ours. `reminded_at`: when they were reminded since then."""

    case_id: str
    since: datetime
    reminded_at: datetime | None


class CustomersTurnRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def unanswered(self, statuses: Collection[str], case_id: str | None = None) -> Sequence[Unanswered]:
        """All cases in these statuses (or this one) whose last word or move was not a customer's, the oldest first. None to which mail
        was matched that waits for a person, or for intake again: it may be the answer.
        """
        of_case, last, reminder = events.c.case_id == cases.c.id, events.alias("last"), events.alias("reminder")
        newest = select(events.c.id).where(of_case, events.c.kind.in_((*_WORDS_AND_MOVES, *_BROUGHT)))
        newest_reminder = select(events.c.id).where(of_case, events.c.kind == "reminded")
        found = (
            select(cases.c.id, last.c.at, reminder.c.at.label("reminded_at"))
            .select_from(cases)
            .join(last, last.c.id == newest.order_by(events.c.id.desc()).limit(1).correlate(cases).scalar_subquery())
            .outerjoin(reminder, reminder.c.id == newest_reminder.order_by(events.c.id.desc()).limit(1).correlate(cases).scalar_subquery())
            .where(cases.c.status.in_(statuses))
            .where(last.c.kind.not_in(_BROUGHT))
            .where(or_(last.c.actor_kind == "operator", and_(last.c.kind == "status_changed", last.c.actor_kind != "contact")))
            .where(cases.c.id.not_in(_WAITING_MAIL))
            .order_by(cases.c.id)
        )
        if case_id is not None:
            found = found.where(cases.c.id == case_id)
        rows = self._connection.execute(found).all()
        return [Unanswered(row.id, row.at, row.reminded_at if row.reminded_at and row.reminded_at > row.at else None) for row in rows]

    def is_mail_unread(self, before: datetime) -> bool:
        """Whether mail that was accepted before this time is not decided: intake works on it, is behind, or stands still."""
        waits = journal.c.state == literal("pending"), journal.c.id < id_floor(before)
        return self._connection.execute(select(journal.c.id).where(*waits).limit(1)).first() is not None
