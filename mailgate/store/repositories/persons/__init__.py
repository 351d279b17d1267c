"""What the database knows of one person, by mail address. In: an address. Out: a `Traces`, with the ids of all that is theirs.

Used rarely: it reads whole tables. Nothing is changed here; `erasing` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from mailgate.store.repositories.persons.erasing import Erasing
from mailgate.store.repositories.persons.finding import PersonFinding
from mailgate.store.repositories.persons.records import Records
from mailgate.store.repositories.persons.traces import Traces
from mailgate.store.repositories.statements import chunks
from mailgate.store.schema import journal, notices, outbox

UNFINISHED = {"journal": ("pending",), "notices": ("rendering",), "outbox": ("sending",)}
"""States in which a worker is processing the row, by table."""


class PersonRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def traces(self, address: str) -> Traces:
        """All that is this person's, also under the addresses of contacts that were joined with theirs."""
        return PersonFinding(self._connection).traces(address)

    def own(self, account_id: str) -> Traces:
        """What the owner of this account may fetch by themselves. Found by index."""
        return PersonFinding(self._connection).own(account_id)

    def records(self, found: Traces) -> Records:
        """What a copy of their data shows."""
        return Records(self._connection, found)

    def erase(self, found: Traces, marker: str, now: datetime) -> Mapping[str, int]:
        """Erase the person; how many rows of each kind changed or went. See `erasing`."""
        return Erasing(self._connection, found, marker).run(now)

    def waiting(self, found: Traces) -> list[str]:
        """Their mail that waits for a person."""
        held = select(journal.c.id).where(journal.c.state.in_(("held", "shunted"))).order_by(journal.c.id)
        return [id_ for some in chunks(found.entries) for id_ in self._connection.execute(held.where(journal.c.id.in_(some))).scalars()]

    def in_hand(self, found: Traces) -> int:
        """How many mails from, to or about them a worker is processing: what is being written must not be erased meanwhile."""
        total = 0
        for table, ids in (
            (journal, found.entries),
            (notices, [*found.notices, *found.notices_to_others]),
            (outbox, [*found.mails, *found.mails_to_others]),
        ):
            for some in chunks(ids):
                busy = select(func.count()).select_from(table).where(table.c.id.in_(some), table.c.state.in_(UNFINISHED[table.name]))
                total += self._connection.execute(busy).scalar_one()
        return total
