"""What the database knows of one person, by mail address. In: an address. Out: a `Traces`, with the ids of all that is theirs.

Used rarely: it reads whole tables. Nothing is changed here; `erasing` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, func, or_, select

from mailgate.store.repositories.contacts import contact
from mailgate.store.repositories.persons.erasing import Erasing
from mailgate.store.repositories.persons.traces import Traces, chunks
from mailgate.store.schema import (
    accounts,
    cases,
    comments,
    contacts,
    decisions,
    journal,
    notices,
    outbox,
    participants,
)

UNFINISHED = {"journal": ("pending",), "notices": ("rendering",), "outbox": ("sending",)}
"""States in which a worker has the row in hand, by table."""


class PersonRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def traces(self, address: str) -> Traces:
        """All that is this person's."""
        wanted = address.lower()
        row = self._connection.execute(select(contacts).where(contacts.c.address_lower == wanted)).one_or_none()
        id_ = row.id if row is not None else None
        logins = self._connection.execute(
            select(accounts.c.id, accounts.c.kind).where(or_(accounts.c.address_lower == wanted, accounts.c.contact_id == id_))
        ).all()
        authored = select(decisions.c.journal_id).where(func.lower(decisions.c.author) == wanted)
        entries = self._ids(journal, or_(func.lower(journal.c.reverse_path) == wanted, journal.c.id.in_(authored)))
        mine = [comments.c.author_contact_id == id_] if id_ else []
        in_cases = select(participants.c.case_id).where(participants.c.contact_id == id_).order_by(participants.c.case_id)
        return Traces(
            wanted, contact(row) if row is not None else None, [one.id for one in logins if one.kind == "contact"],
            any(one.kind == "staff" for one in logins), entries,
            self._scalars(in_cases) if id_ else [], self._ids(cases, cases.c.reporter_id == id_) if id_ else [],
            sorted({*(self._ids(comments, *mine) if mine else ()), *self._made_by(entries)}),
            self._to(notices, wanted, id_), self._to(outbox, wanted, id_),
        )  # fmt: skip

    def other_addresses(self, found: Traces) -> list[str]:
        """The addresses of contacts that were joined with this one: the same person's."""
        if found.contact is None:
            return []
        row = self._connection.execute(select(contacts.c.joined_into).where(contacts.c.id == found.contact.id)).one()
        stays = row.joined_into or found.contact.id
        same = or_(contacts.c.id == stays, contacts.c.joined_into == stays)
        others = select(contacts.c.address).where(same, contacts.c.id != found.contact.id, ~contacts.c.address.endswith("@erased.invalid"))
        return self._scalars(others.order_by(contacts.c.address))

    def erase(self, found: Traces, marker: str, now: datetime) -> Mapping[str, int]:
        """Erase the person; how many rows of each kind changed or went. See `erasing`."""
        return Erasing(self._connection, found, marker).run(now)

    def waiting(self, found: Traces) -> list[str]:
        """Their mail that waits for a person."""
        held = journal.c.state.in_(("held", "shunted"))
        return [id_ for some in chunks(found.entries) for id_ in self._ids(journal, journal.c.id.in_(some), held)]

    def in_hand(self, found: Traces) -> int:
        """How many of their mails a worker has in hand: what is being written must not be erased beneath it."""
        total = 0
        for table, ids in ((journal, found.entries), (notices, found.notices), (outbox, found.mails)):
            for some in chunks(ids):
                busy = select(func.count()).select_from(table).where(table.c.id.in_(some), table.c.state.in_(UNFINISHED[table.name]))
                total += self._connection.execute(busy).scalar_one()
        return total

    def rows(self, table: Table, ids: Sequence[str], key: str = "id") -> list[Mapping[str, Any]]:
        """The rows with these ids, in their order."""
        found: list[Mapping[str, Any]] = []
        for some in chunks(ids):
            wanted = select(table).where(table.c[key].in_(some)).order_by(table.c[key])
            found += [dict(row._mapping) for row in self._connection.execute(wanted)]
        return found

    def _made_by(self, entries: Sequence[str]) -> list[str]:
        """The comments that these mails made, whoever is their author by now."""
        return [id_ for some in chunks(entries) for id_ in self._ids(comments, comments.c.journal_id.in_(some))]

    def _to(self, table: Table, address: str, contact_id: str | None) -> list[str]:
        to = func.lower(table.c.address) == address
        return self._ids(table, or_(to, table.c.contact_id == contact_id) if contact_id else to)

    def _ids(self, table: Table, *conditions: Any) -> list[str]:
        return self._scalars(select(table.c.id).where(*conditions).order_by(table.c.id))

    def _scalars(self, statement: Select[Any]) -> list[str]:
        return [row[0] for row in self._connection.execute(statement)]
