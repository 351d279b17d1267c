"""People, each with one mail address. Addresses are compared without case; the way they were first written is kept for display."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from mailgate.cases.model import Contact
from mailgate.errors import UsageError
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.counters import next_numbers
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import limited
from mailgate.store.schema import contacts

_BY_ADDRESS = Prepared(select(contacts).where(contacts.c.address_lower.in_(listed("addresses"))))
_BY_ID = Prepared(select(contacts).where(contacts.c.id.in_(listed("ids"))))


class ContactRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_addresses(self, addresses: Collection[str]) -> dict[str, Contact]:
        """Lower-case address -> contact, for those that are known."""
        wanted = {address.lower() for address in addresses}
        return {row.address_lower: contact(row) for row in _BY_ADDRESS.rows(self._connection, addresses=wanted)} if wanted else {}

    def by_numbers(self, numbers: Collection[int]) -> dict[int, Contact]:
        """Number -> contact, for those that exist."""
        found = select(contacts).where(contacts.c.number.in_(numbers))
        return {row.number: contact(row) for row in self._connection.execute(found)} if numbers else {}

    def get(self, ids: Collection[str]) -> dict[str, Contact]:
        """Id -> contact, for those that exist."""
        return {row.id: contact(row) for row in _BY_ID.rows(self._connection, ids=ids)} if ids else {}

    def list(self, limit: int | None = None) -> Sequence[Contact]:
        """By address."""
        return [contact(row) for row in self._connection.execute(limited(select(contacts).order_by(contacts.c.address_lower), limit))]

    def next_numbers(self, count: int) -> range:
        """Numbers for that many new contacts."""
        return next_numbers(self._connection, "contact", count)

    def add(self, new: Iterable[Contact]) -> None:
        """Write new contacts. Raises StoreConflict when an address is there already."""
        insert_all(self._connection, contacts, [_row(one) for one in new])

    def set(self, changed: Contact) -> None:
        """Replace a contact's fields. Raises UsageError when it does not exist, StoreConflict when the address is another one's."""
        if not self._connection.execute(update(contacts).where(contacts.c.id == changed.id).values(**_row(changed))).rowcount:
            raise UsageError(f"there is no contact {changed.id}")


def contact(row: Any) -> Contact:
    """The contact of a row of `contacts`."""
    return Contact(row.id, row.number, row.address, row.name, row.language, row.customer_id)


def _row(one: Contact) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "address": one.address,
        "address_lower": one.address.lower(),
        "name": one.name,
        "language": one.language,
        "customer_id": one.customer_id,
    }
