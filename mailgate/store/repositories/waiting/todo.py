"""What waits for a person, over all tables. In: nothing, or the time. Out: how much, since when, and the first of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from mailgate.store.repositories.cases import filters
from mailgate.store.repositories.counters import raised
from mailgate.store.schema import cases, contacts, decisions, journal, outbox, participants

FIRST = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """`count` things, the oldest of them from `since` (None for none or not known), and the names of the first."""

    count: int
    since: datetime | None
    first: Sequence[str]


class TodoRepository:
    """See the module. Use it in `Store.reading`, so that all its questions see one moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take_day(self, day: date) -> bool:
        """Whether the daily mail of this day is still to be made; of several processes that ask, one is told so."""
        return raised(self._connection, "todo_day", day.toordinal())

    def held(self) -> Waiting:
        """Accepted mail that a rule left to a person."""
        return self._rows(journal, journal.c.state == "held", journal.c.accepted_at)

    def shunted(self) -> Waiting:
        """Accepted mail that could not be worked on."""
        return self._rows(journal, journal.c.state == "shunted", journal.c.accepted_at)

    def uncertain(self) -> Waiting:
        """Outgoing mail of which nobody knows whether it arrived at the smarthost."""
        return self._rows(outbox, outbox.c.state == "uncertain", outbox.c.created_at)

    def failed(self) -> Waiting:
        """Outgoing mail that was given up."""
        return self._rows(outbox, outbox.c.state == "failed", outbox.c.created_at)

    def waiting_colleagues(self) -> Waiting:
        """People who wrote to a case and do not take part in it yet, as `KEY address`."""
        named = (
            select(cases.c.key, contacts.c.address)
            .join(participants, participants.c.case_id == cases.c.id)
            .join(contacts, contacts.c.id == participants.c.contact_id)
            .where(participants.c.approved.is_(False))
            .order_by(cases.c.id)
        )
        found = [f"{row.key} {row.address}" for row in self._connection.execute(named)]
        return Waiting(len(found), None, found[:FIRST])

    def overdue(self, now: datetime) -> Waiting:
        """Cases whose answer was due before now, by their keys, in the order in which it was due; since when the first has been."""
        late = filters.waits(filters.WaitingFilter(due_before=now))
        count, since = self._connection.execute(select(func.count(), func.min(cases.c.due_at)).where(*late)).one()
        first = select(cases.c.key).where(*late).order_by(cases.c.due_at, cases.c.id).limit(FIRST)
        return Waiting(count, since, list(self._connection.execute(first).scalars()))

    def held_on(self, case_id: str) -> Sequence[Any]:
        """Id, time of acceptance and subject of the held mails that were matched to this case."""
        found = (
            select(journal.c.id, journal.c.accepted_at, decisions.c.author, decisions.c.subject)
            .join(decisions, decisions.c.journal_id == journal.c.id)
            .where(journal.c.state == "held", decisions.c.case_id == case_id)
            .order_by(journal.c.id)
        )
        return self._connection.execute(found).all()

    def _rows(self, table: Table, which: ColumnElement[bool], at: ColumnElement[datetime]) -> Waiting:
        count, since = self._connection.execute(select(func.count(), func.min(at)).where(which)).one()
        first = self._connection.execute(select(table.c.id).where(which).order_by(table.c.id).limit(FIRST)).scalars()
        return Waiting(count, since, list(first))
