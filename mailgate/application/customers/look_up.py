"""People and companies by the names that callers use. In: an address, a domain, a name. Out: the one that is meant, or an error."""

from __future__ import annotations

from mailgate.cases.model import Contact, Customer
from mailgate.errors import Ambiguous, NotFound
from mailgate.mail.address import normal
from mailgate.mail.smtp_address import folded
from mailgate.store.unit_of_work import UnitOfWork


def contact_of(uow: UnitOfWork, address: str) -> Contact:
    """The contact with this address, any case. Raises NotFound."""
    wanted = folded(normal(address))
    found = uow.contacts.by_addresses([wanted]).get(wanted)
    if found is None:
        raise NotFound("contact", address)
    return found


def customer_of(uow: UnitOfWork, name: str) -> Customer:
    """The customer of this id, name or mail domain, any case. Raises NotFound, and Ambiguous when several have the name."""
    found = uow.customers.named(name.strip())
    if len(found) > 1:
        ids = [one.id for one in found]
        raise Ambiguous("customer", name, ids, f"{len(found)} customers are named {name}; name one by id: {', '.join(ids)}")
    if not found:
        raise NotFound("customer", name)
    return found[0]
