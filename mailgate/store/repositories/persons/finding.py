"""Finds all that is one person's. In: a mail address. Out: `Traces`. It reads whole tables, and changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, func, or_, select

from mailgate.store.repositories.contacts import contact
from mailgate.store.repositories.persons.traces import Traces
from mailgate.store.repositories.statements import chunks
from mailgate.store.schema import accounts, cases, comments, contacts, decisions, events, journal, notices, outbox, participants

ERASED_DOMAIN = "erased.invalid"
"""RFC 2606: mail to it goes nowhere."""


class PersonFinding:
    """Finds by one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def traces(self, address: str) -> Traces:
        """All that is this person's."""
        wanted = address.lower()
        people = self._people(wanted)
        ids = [row.id for row in people]
        logins = self._logins(wanted, ids)
        others = {row.address_lower for row in (*people, *logins) if not row.address_lower.endswith(f"@{ERASED_DOMAIN}")}
        addresses = [wanted, *sorted(others - {wanted})]
        entries = self._entries(addresses)
        said = sorted({*self._ids(comments, comments.c.author_contact_id.in_(ids)), *self._of_nobody(entries)})
        reported = self._ids(cases, cases.c.reporter_id.in_(ids))
        to, mails = self._to(notices, addresses, ids), self._to(outbox, addresses, ids)
        return Traces(
            wanted, addresses, [contact(row) for row in people], [one.id for one in logins if one.kind == "contact"],
            any(one.kind == "staff" for one in logins), entries,
            sorted({*self._took_part(ids), *reported, *self._among(comments, comments.c.id, said, comments.c.case_id)}),
            sorted({*self._shown(ids), *reported}), reported, said, to, mails,
            sorted({*self._among(notices, notices.c.journal_id, entries)} - {*to}),
            sorted({*self._among(outbox, outbox.c.journal_id, entries)} - {*mails}),
        )  # fmt: skip

    def own(self, account_id: str) -> Traces:
        """What the owner of this account may fetch by themselves: their cases and words there. Found by index; their mail is left out."""
        account = self._connection.execute(select(accounts).where(accounts.c.id == account_id)).one()
        people = self._same(account.contact_id) if account.contact_id else []
        ids = [row.id for row in people]
        reported = self._ids(cases, cases.c.reporter_id.in_(ids))
        shown = sorted({*self._shown(ids), *reported})
        mine = comments.c.author_contact_id.in_(ids), comments.c.kind == "comment"
        said = [id_ for some in chunks(shown) for id_ in self._ids(comments, comments.c.case_id.in_(some), *mine)]
        wanted = account.address_lower
        addresses = [wanted, *sorted({row.address_lower for row in people} - {wanted})]
        return Traces(
            wanted, addresses, [contact(row) for row in people], [account.id], account.kind == "staff", [], shown, shown, reported, said,
            [], [], [], [],
        )  # fmt: skip

    def _people(self, address: str) -> Sequence[Row[Any]]:
        """The contacts of the person with this address, the one that stays first."""
        asked = select(func.coalesce(contacts.c.joined_into, contacts.c.id)).where(contacts.c.address_lower == address)
        stays = self._connection.execute(asked).scalar_one_or_none()
        return self._same(stays) if stays else []

    def _same(self, contact_id: str) -> Sequence[Row[Any]]:
        """Their contact, which comes first, and those that were joined into it."""
        stays = select(func.coalesce(contacts.c.joined_into, contacts.c.id)).where(contacts.c.id == contact_id).scalar_subquery()
        same = func.coalesce(contacts.c.joined_into, contacts.c.id) == stays
        return self._connection.execute(select(contacts).where(same).order_by(contacts.c.id != stays, contacts.c.id)).all()

    def _logins(self, address: str, contact_ids: Collection[str]) -> Sequence[Row[Any]]:
        """Accounts with this address or of these contacts. The accounts of staff have no contact."""
        theirs = or_(accounts.c.address_lower == address, accounts.c.contact_id.in_(contact_ids))
        return self._connection.execute(select(accounts).where(theirs).order_by(accounts.c.id)).all()

    def _entries(self, addresses: Collection[str]) -> list[str]:
        authored = select(decisions.c.journal_id).where(func.lower(decisions.c.author).in_(addresses))
        return self._ids(journal, or_(func.lower(journal.c.reverse_path).in_(addresses), journal.c.id.in_(authored)))

    def _shown(self, contact_ids: Collection[str]) -> list[str]:
        return self._scalars(
            select(participants.c.case_id).where(participants.c.contact_id.in_(contact_ids), participants.c.approved.is_(True))
        )

    def _took_part(self, contact_ids: Collection[str]) -> set[str]:
        """The cases in which they take part, and those in which they did something once."""
        now = select(participants.c.case_id).where(participants.c.contact_id.in_(contact_ids))
        once = select(events.c.case_id).where(events.c.actor_contact_id.in_(contact_ids)).distinct()
        return {*self._scalars(now), *self._scalars(once)}

    def _to(self, table: Table, addresses: Collection[str], contact_ids: Collection[str]) -> list[str]:
        return self._ids(table, or_(func.lower(table.c.address).in_(addresses), table.c.contact_id.in_(contact_ids)))

    def _among(self, table: Table, column: ColumnElement[Any], ids: Sequence[str], wanted: ColumnElement[Any] | None = None) -> list[str]:
        """`wanted` (or `id`) of the rows whose `column` is one of these ids."""
        given = table.c.id if wanted is None else wanted
        return [id_ for some in chunks(ids) for id_ in self._scalars(select(given).where(column.in_(some)))]

    def _of_nobody(self, entries: Sequence[str]) -> list[str]:
        """Comments of these mails whose author has no contact. The words of a mail that they sent for somebody else are that person's."""
        nobodys = select(comments.c.id).where(comments.c.author_contact_id.is_(None))
        return [id_ for some in chunks(entries) for id_ in self._scalars(nobodys.where(comments.c.journal_id.in_(some)))]

    def _ids(self, table: Table, *conditions: Any) -> list[str]:
        return self._scalars(select(table.c.id).where(*conditions).order_by(table.c.id))

    def _scalars(self, statement: Select[Any]) -> list[str]:
        return list(self._connection.execute(statement).scalars())
