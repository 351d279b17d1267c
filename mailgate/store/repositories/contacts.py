"""People, each with one mail address. Addresses are compared without case; the way they were first written is kept for display.

A person who had two contacts stays as one of them; the address, number and id of the other lead to the one that stays. Whoever changes a
contact reads it under `lock`, in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, bindparam, delete, exists, func, select, update

from mailgate.cases.model import Contact
from mailgate.errors import NotFound
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.counters import next_numbers
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import limited, pieces
from mailgate.store.schema import case_mutes, cases, claims, comments, contacts, events, notice_preferences, participants, relay_ids

_ASKED = contacts.alias("asked")
_FOUND = select(
    contacts, _ASKED.c.address_lower.label("asked_address"), _ASKED.c.number.label("asked_number"), _ASKED.c.id.label("asked_id")
)
_FOUND = _FOUND.join_from(_ASKED, contacts, contacts.c.id == func.coalesce(_ASKED.c.joined_into, _ASKED.c.id))
_BOTH = participants.alias("both")
_BY_ADDRESS = Prepared(_FOUND.where(_ASKED.c.address_lower.in_(listed("addresses"))))
_BY_ID = Prepared(_FOUND.where(_ASKED.c.id.in_(listed("ids"))))
# Mail that comes in for a contact meanwhile does not wait: it refers to the contact and does not change it.
_LOCK, _LOCK_WHOLE = (
    Prepared(select(contacts.c.id).where(contacts.c.id.in_(listed("ids"))).order_by(contacts.c.id).with_for_update(key_share=shared))
    for shared in (True, False)
)
_SETTABLE = ("name", "language", "customer_id", "company_access")
_ONE = update(contacts).where(contacts.c.id == bindparam("to_id"))
_SET = Prepared(_ONE.values({name: bindparam(f"to_{name}") for name in _SETTABLE}))
_SET_ENDINGS, _SET_ABSENCE = (
    Prepared(_ONE.values(recent_endings=bindparam("found"))),
    Prepared(_ONE.values(away_until=bindparam("until"))),
)


class ContactRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_addresses(self, addresses: Collection[str]) -> dict[str, Contact]:
        """Lower-case address -> contact, for those that are known."""
        wanted = sorted({address.lower() for address in addresses})
        found = (row for some in pieces(wanted) for row in _BY_ADDRESS.rows(self._connection, addresses=some))
        return {row.asked_address: contact(row) for row in found}

    def by_numbers(self, numbers: Collection[int]) -> dict[int, Contact]:
        """Number -> contact, for those that exist."""
        found = _FOUND.where(_ASKED.c.number.in_(numbers))
        return {row.asked_number: contact(row) for row in self._connection.execute(found)} if numbers else {}

    def get(self, ids: Collection[str]) -> dict[str, Contact]:
        """Id -> contact, for those that exist."""
        found = (row for some in pieces(list(ids)) for row in _BY_ID.rows(self._connection, ids=some))
        return {row.asked_id: contact(row) for row in found}

    def lock(self, ids: Collection[str], *, whole: bool = False) -> dict[str, Contact]:
        """The same as `get`, the rows of these ids locked until the transaction ends, in the order of their ids.

        `whole`: what refers to them waits, too.
        """
        for some in pieces(sorted(ids)):
            (_LOCK_WHOLE if whole else _LOCK).rows(self._connection, ids=some)
        return self.get(ids)

    def list(self, limit: int | None = None, *, customer_id: str | None = None, after_address: str | None = None) -> Sequence[Contact]:
        """By address, of one customer when given; `after_address` (lower case): only those that follow it."""
        statement = select(contacts).where(contacts.c.joined_into.is_(None)).order_by(contacts.c.address_lower)
        if customer_id is not None:
            statement = statement.where(contacts.c.customer_id == customer_id)
        if after_address is not None:
            statement = statement.where(contacts.c.address_lower > after_address)
        return [contact(row) for row in self._connection.execute(limited(statement, limit))]

    def without_customer(self, domains: Collection[str]) -> Sequence[Contact]:
        """Contacts of these mail domains (lower case) who belong to no customer, by address."""
        if not domains:
            return []
        statement = select(contacts.c.id, contacts.c.address_lower)
        found = self._connection.execute(statement.where(contacts.c.customer_id.is_(None), contacts.c.joined_into.is_(None)))
        wanted = frozenset(domains)
        ids = [row.id for row in found if row.address_lower.rpartition("@")[2] in wanted]
        return sorted(self.get(ids).values(), key=lambda one: one.address.lower())

    def remember_endings(self, endings: Mapping[str, Sequence[str]]) -> None:
        """Contact id -> how their last mails ended, newest first, in place of what was known."""
        rows = [{"to_id": id_, "found": json.dumps(list(blocks), ensure_ascii=False)} for id_, blocks in sorted(endings.items())]
        _SET_ENDINGS.run_each(self._connection, rows)

    def remember_absences(self, absences: Mapping[str, datetime]) -> None:
        """Contact id -> until when their out-of-office note says that they are away, in place of what was known."""
        _SET_ABSENCE.run_each(self._connection, [{"to_id": id_, "until": until} for id_, until in sorted(absences.items())])

    def next_numbers(self, count: int) -> range:
        """Numbers for that many new contacts."""
        return next_numbers(self._connection, "contact", count)

    def add(self, new: Iterable[Contact]) -> None:
        """Write new contacts. Raises StoreConflict when an address is there already."""
        insert_all(self._connection, contacts, [_row(one) for one in new])

    def other_addresses(self, ids: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Id -> the addresses of contacts that were joined into this one, in order."""
        found = select(contacts.c.joined_into, contacts.c.address).where(contacts.c.joined_into.in_(ids)).order_by(contacts.c.address_lower)
        of: dict[str, list[str]] = {}
        for row in self._connection.execute(found) if ids else ():
            of.setdefault(row.joined_into, []).append(row.address)
        return of

    def exchange_address(self, kept: Contact, other: str) -> None:
        """Swap a contact's first address with one of its others."""
        ours, theirs = contacts.c.id == kept.id, (contacts.c.joined_into == kept.id) & (contacts.c.address_lower == other.lower())
        moving = self._connection.execute(select(contacts.c.id).where(theirs)).scalar_one()
        for which, address in ((contacts.c.id == moving, moving), (ours, other), (contacts.c.id == moving, kept.address)):
            self._connection.execute(update(contacts).where(which).values(address=address, address_lower=address.lower()))

    def set(self, changed: Contact) -> None:
        """Replace a contact's fields. Raises NotFound, and StoreConflict when the address is another one's."""
        if not self._connection.execute(update(contacts).where(contacts.c.id == changed.id).values(**_row(changed))).rowcount:
            raise NotFound("contact", changed.id)

    def set_all(self, changed: Sequence[Contact]) -> None:
        """The same for many contacts that are there, whose addresses stay."""
        rows = [_row(one) for one in changed]
        _SET.run_each(self._connection, [{f"to_{name}": row[name] for name in ("id", *_SETTABLE)} for row in rows])

    def count_cases(self, id_: str) -> int:
        """How many cases a contact takes part in, approved or not."""
        return self._connection.execute(select(func.count()).where(participants.c.contact_id == id_)).scalar_one()

    def join(self, left_out: str, kept: str) -> int:
        """Move everything of one contact to another of the same person, by ids; returns how many cases. Earlier joined contacts move, too.

        Where both take part in a case, the one that stays is approved when either was, and its reporter when either was.
        """
        both = exists().where(_BOTH.c.case_id == participants.c.case_id, _BOTH.c.contact_id == left_out)
        better = {"approved": (_BOTH.c.approved, True), "role": (_BOTH.c.role == "reporter", "reporter")}
        theirs = select(participants.c.case_id).where(participants.c.contact_id == left_out)
        on_their_cases = {comments.c.author_contact_id: comments.c.case_id, events.c.actor_contact_id: events.c.case_id}
        run = self._connection.execute
        for who, case_id in on_their_cases.items():
            run(update(who.table).where(who == left_out, case_id.in_(theirs)).values({who: kept}))
        run(update(cases).where(cases.c.reporter_id == left_out).values(reporter_id=kept))
        for name, (has_it, value) in better.items():
            run(update(participants).where(participants.c.contact_id == kept, both.where(has_it)).values({name: value}))
        run(update(cases).where(cases.c.id.in_(theirs)).values(version=cases.c.version + 1))
        moved = self._move(participants.c.contact_id, left_out, kept)
        for column in (case_mutes.c.contact_id, relay_ids.c.contact_id, notice_preferences.c.contact_id):
            self._move(column, left_out, kept)
        run(update(claims).where(claims.c.contact_id == left_out).values(contact_id=kept))
        run(update(contacts).where((contacts.c.id == left_out) | (contacts.c.joined_into == left_out)).values(joined_into=kept))
        return moved

    def _move(self, owner: Column[Any], left_out: str, kept: str) -> int:
        """Rows of one table get the other owner, but for those that the other has already; these go. How many there were."""
        other = owner.table.alias("other")
        keys = [column for column in owner.table.primary_key if column is not owner]
        has = exists().where(other.c[owner.name] == kept, *(other.c[key.name] == key for key in keys))
        duplicates = self._connection.execute(delete(owner.table).where(owner == left_out, has)).rowcount
        return duplicates + self._connection.execute(update(owner.table).where(owner == left_out).values({owner: kept})).rowcount


def contact(row: Any) -> Contact:
    """The contact of a row of `contacts`."""
    endings = () if row.recent_endings == "[]" else tuple(json.loads(row.recent_endings))
    return Contact(row.id, row.number, row.address, row.name, row.language, row.customer_id, endings, row.company_access, row.away_until)


def _row(one: Contact) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "address": one.address,
        "address_lower": one.address.lower(),
        "name": one.name,
        "language": one.language,
        "customer_id": one.customer_id,
        "company_access": one.company_access,
    }
