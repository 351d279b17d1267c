"""People and companies by the names that callers use. In: an address, a domain, a name. Out: the one that is meant, or an error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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


def locked_contact(uow: UnitOfWork, address: str, *, whole: bool = False) -> Contact:
    """The same, locked until the transaction ends, as it is then. Raises NotFound. `whole`: see `ContactRepository.lock`."""
    found = contact_of(uow, address)
    while True:
        uow.contacts.lock([found.id], whole=whole)
        now = contact_of(uow, address)
        if now.id == found.id:
            return now
        found = now  # joined into another one, or the address changed hands, while this waited


def locked_customer(uow: UnitOfWork, name: str) -> Customer:
    """The customer of this id, name or mail domain, locked until the transaction ends, as it is then. Raises NotFound, Ambiguous."""
    found = customer_of(uow, name)
    return uow.customers.lock([found.id]).get(found.id) or customer_of(uow, name)


def customer_of(uow: UnitOfWork, name: str) -> Customer:
    """The customer of this id, name or mail domain, any case. Raises NotFound, and Ambiguous when several have the name."""
    return _the_one(name, uow.customers.named(name.strip()))


class Companies:
    """Customers by what callers call them, read once, for many names."""

    def __init__(self, known: Iterable[Customer]) -> None:
        self._by_id: dict[str, Customer] = {}
        self._by_name: dict[str, list[Customer]] = {}
        self._by_domain: dict[str, Customer] = {}
        for one in known:
            self._by_id[one.id] = one
            self._by_name.setdefault(one.name.casefold(), []).append(one)
            self._by_domain.update(dict.fromkeys(one.domains, one))

    def of(self, name: str) -> Customer:
        """Like `customer_of`."""
        wanted = name.strip().casefold()
        others = (self._by_id.get(wanted), self._by_domain.get(wanted))
        found = {one.id: one for one in (*self._by_name.get(wanted, ()), *others) if one}
        return _the_one(name, list(found.values()))

    def with_name(self, name: str) -> Customer | None:
        """The customer of this name alone, any case; None when there is none. Raises Ambiguous."""
        found = self._by_name.get(name.casefold(), ())
        if len(found) > 1:
            ids = [one.id for one in found]
            hint = "mailgate customer set ID --name NAME gives one another name"
            raise Ambiguous("customer", name, ids, f"{len(found)} customers are named {name}, {', '.join(ids)}; {hint}")
        return found[0] if found else None

    def with_domain(self, domain: str) -> Customer | None:
        """The customer that has this domain (lower case), if one has."""
        return self._by_domain.get(domain)


def _the_one(name: str, found: Sequence[Customer]) -> Customer:
    if len(found) > 1:
        ids = [one.id for one in found]
        raise Ambiguous("customer", name, ids, f"{len(found)} customers are named {name}; name one by id: {', '.join(ids)}")
    if not found:
        raise NotFound("customer", name)
    return found[0]
