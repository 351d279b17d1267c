"""Companies and their mail domains. To change one, read it under `lock` in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update

from mailgate.cases.model import Customer
from mailgate.errors import Invalid, NotFound
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import limited, pieces
from mailgate.store.schema import customer_domains, customers

_ASKED = customer_domains.alias("asked")
_WITH_DOMAIN = select(customers, customer_domains.c.domain).outerjoin(customer_domains, customer_domains.c.customer_id == customers.c.id)
_WITH_DOMAIN = _WITH_DOMAIN.order_by(customer_domains.c.domain)
_BY_DOMAIN = Prepared(
    _WITH_DOMAIN.add_columns(_ASKED.c.domain.label("asked"))
    .join(_ASKED, _ASKED.c.customer_id == customers.c.id)
    .where(_ASKED.c.domain.in_(listed("domains")))
)
_BY_ID = Prepared(_WITH_DOMAIN.where(customers.c.id.in_(listed("ids"))))
_LOCK = Prepared(select(customers.c.id).where(customers.c.id.in_(listed("ids"))).order_by(customers.c.id).with_for_update(key_share=True))
_DOMAINS = Prepared(select(customer_domains).where(customer_domains.c.customer_id.in_(listed("ids"))).order_by(customer_domains.c.domain))
_DROP_DOMAINS = Prepared(delete(customer_domains).where(customer_domains.c.customer_id.in_(listed("ids"))))
_CHANGED: dict[str, Any] = {name: bindparam(f"to_{name}") for name in ("name", "agreement", "language")}
_SET = Prepared(update(customers).where(customers.c.id == bindparam("to_id")).values(_CHANGED))


class CustomerRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_domains(self, domains: Collection[str]) -> dict[str, Customer]:
        """Domain in lower case -> the customer it belongs to, for those that are known."""
        wanted = {domain.lower() for domain in domains}
        rows = [row for some in pieces(sorted(wanted)) for row in _BY_DOMAIN.rows(self._connection, domains=some)]
        known = _customers(rows)
        return {row.asked: known[row.id] for row in rows}

    def get(self, ids: Collection[str]) -> dict[str, Customer]:
        """Id -> customer, for those that exist."""
        return _customers([row for some in pieces(list(ids)) for row in _BY_ID.rows(self._connection, ids=some)])

    def lock(self, ids: Collection[str]) -> dict[str, Customer]:
        """The same, locked until the transaction ends, in the order of their ids."""
        for some in pieces(sorted(ids)):
            _LOCK.rows(self._connection, ids=some)
        return self.get(ids)

    def named(self, name: str) -> Sequence[Customer]:
        """The customers of this id, name or mail domain, any case; more than one only for a name that several have."""
        wanted = name.casefold()
        by_domain = select(customer_domains.c.customer_id).where(customer_domains.c.domain == wanted)
        # The database folds ASCII alone: what it cannot compare is compared here, by names only.
        names = self._connection.execute(select(customers.c.id, customers.c.name)).all()
        ids = {row.id for row in names if wanted in (row.id, row.name.casefold())}
        ids |= set(self._connection.execute(by_domain).scalars())
        return sorted(self.get(ids).values(), key=lambda one: (one.name, one.id))

    def list(self, limit: int | None = None, *, after: Sequence[str] | None = None) -> Sequence[Customer]:
        """By name. `after`: only those that follow this name and id."""
        found = select(customers).order_by(customers.c.name, customers.c.id)
        if after is not None:
            name, id_ = after
            found = found.where(or_(customers.c.name > name, and_(customers.c.name == name, customers.c.id > id_)))
        return self._with_domains(self._connection.execute(limited(found, limit)).all())

    def search(self, text: str, limit: int | None = None, *, after: Sequence[str] | None = None) -> Sequence[Customer]:
        """The customers in whose name or mail domain the text is, any case, by name. `after`: as in `list`."""
        wanted = text.casefold()
        by_domain = select(customer_domains.c.customer_id).where(customer_domains.c.domain.contains(wanted, autoescape=True))
        with_domain = set(self._connection.execute(by_domain).scalars())
        names = self._connection.execute(select(customers.c.name, customers.c.id)).all()  # folded here, see `named`
        found = sorted((name, id_) for name, id_ in names if wanted in name.casefold() or id_ in with_domain)
        following = [id_ for name, id_ in found if after is None or (name, id_) > tuple(after)][:limit]
        return sorted(self.get(following).values(), key=lambda one: (one.name, one.id))

    def by_agreement(self) -> dict[str, Sequence[str]]:
        """Agreement -> the names of the customers that have it, in order."""
        found: dict[str, Any] = {}
        for row in self._connection.execute(select(customers.c.agreement, customers.c.name).order_by(customers.c.name)):
            found.setdefault(row.agreement, []).append(row.name)
        return found

    def add(self, new: Iterable[Customer]) -> None:
        """Write new customers with their domains. Raises Invalid when a domain belongs to another one."""
        listed = list(new)
        self._refuse_taken([(domain, customer.id) for customer in listed for domain in customer.domains])
        insert_all(self._connection, customers, [_row(customer) for customer in listed])
        insert_all(self._connection, customer_domains, [row for customer in listed for row in _domain_rows(customer)])

    def set(self, customer: Customer) -> None:
        """Replace a customer's fields and domains. Raises NotFound, and Invalid when a domain belongs to another one."""
        self._refuse_taken([(domain, customer.id) for domain in customer.domains])
        done = self._connection.execute(update(customers).where(customers.c.id == customer.id).values(**_row(customer)))
        if not done.rowcount:
            raise NotFound("customer", customer.id)
        self._connection.execute(delete(customer_domains).where(customer_domains.c.customer_id == customer.id))
        insert_all(self._connection, customer_domains, _domain_rows(customer))

    def set_all(self, changed: Sequence[Customer]) -> None:
        """The same for many customers that are there: domains may move from one of them to another."""
        for ids in pieces([one.id for one in changed]):
            _DROP_DOMAINS.run(self._connection, ids=ids)
        self._refuse_taken([(domain, one.id) for one in changed for domain in one.domains])
        _SET.run_each(self._connection, [{f"to_{name}": value for name, value in _row(one).items()} for one in changed])
        insert_all(self._connection, customer_domains, [row for one in changed for row in _domain_rows(one)])

    def _refuse_taken(self, wanted: Sequence[tuple[str, str]]) -> None:
        if not wanted:
            return
        holders = self.by_domains([domain for domain, _ in wanted])
        for domain, owner_id in wanted:
            holder = holders.get(domain.lower())
            if holder is not None and holder.id != owner_id:
                raise Invalid("domains", "taken", f"the domain {domain} belongs to the customer {holder.name}", domain=domain)

    def _with_domains(self, rows: Sequence[Any]) -> Sequence[Customer]:
        domains: dict[str, list[str]] = {}
        for ids in pieces([row.id for row in rows]):
            for row in _DOMAINS.rows(self._connection, ids=ids):
                domains.setdefault(row.customer_id, []).append(row.domain)
        return [Customer(r.id, r.name, r.agreement, tuple(domains.get(r.id, ())), r.language) for r in rows]


def _customers(rows: Sequence[Any]) -> dict[str, Customer]:
    """Id -> customer, of rows that each have one of its domains, or None."""
    domains: dict[str, dict[str, None]] = {}
    for row in rows:
        domains.setdefault(row.id, {}).update({row.domain: None} if row.domain else {})
    return {row.id: Customer(row.id, row.name, row.agreement, tuple(domains[row.id]), row.language) for row in rows}


def _row(customer: Customer) -> dict[str, Any]:
    return {"id": customer.id, "name": customer.name, "agreement": customer.agreement, "language": customer.language}


def _domain_rows(customer: Customer) -> Sequence[dict[str, Any]]:
    return [{"domain": domain, "customer_id": customer.id} for domain in sorted({d.lower() for d in customer.domains})]
