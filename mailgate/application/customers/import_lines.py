"""What the lines of an import would change. In: a CSV file's text, then what is in the database. Out: a step for each line. Writes nothing.

First `…_asked`, without the database: fields are checked and cleaned. Then `…_steps`: what there is is read once for all lines, and each
line is held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, Protocol, TypeVar

from mailgate.application.customers import contacts, customers
from mailgate.application.customers.csv_lines import CsvLine, csv_lines
from mailgate.application.customers.look_up import Companies
from mailgate.application.use_case import Act
from mailgate.application.words import mail_address, one_line
from mailgate.cases.ids import new_id
from mailgate.cases.model import Contact, Customer
from mailgate.errors import Ambiguous, Invalid, NotFound

CUSTOMER_COLUMNS = ("name", "domains", "agreement", "language")
CONTACT_COLUMNS = ("address", "name", "language", "customer")
Outcome = Literal["added", "changed", "unchanged", "wrong"]
Thing = TypeVar("Thing", Customer, Contact)
Wanted = TypeVar("Wanted")
WantedIn = TypeVar("WantedIn", contravariant=True)
ThingOut = TypeVar("ThingOut", Customer, Contact, covariant=True)


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one line of the file (the first line is 1): `name` of what it is about, `problem` of one that is wrong."""

    line: int
    outcome: Outcome
    name: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class WantedCustomer:
    """A clean name, and the other fields that the line gives."""

    name: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WantedContact:
    """A clean address, the other fields that the line gives, and what it calls the customer, "" for nothing."""

    address: str
    given: Mapping[str, Any]
    customer: str


@dataclass(frozen=True, slots=True)
class Asked(Generic[Wanted]):
    """A line that was checked by itself: what it wants, None when it is wrong."""

    line: Line
    wanted: Wanted | None


@dataclass(frozen=True, slots=True)
class ImportStep(Generic[Thing]):
    """A line and its thing: `before` None for a new one, `after` None for a line that is wrong."""

    line: Line
    before: Thing | None = None
    after: Thing | None = None


def customers_asked(text: str, agreements: Sequence[str]) -> list[Asked[WantedCustomer]]:
    """The lines of a file of customers. Raises Invalid for a file that cannot be read."""

    def clean(fields: Mapping[str, str]) -> WantedCustomer:
        domains = fields.get("domains", "").replace(",", " ").split() or None
        given = customers.given(agreements, domains, fields.get("agreement") or None, fields.get("language") or None)
        return WantedCustomer(one_line(fields["name"], "name", "the name"), given)

    return [_checked(line, clean) for line in csv_lines(text, CUSTOMER_COLUMNS)]


def contacts_asked(text: str) -> list[Asked[WantedContact]]:
    """The lines of a file of contacts. Raises Invalid for a file that cannot be read."""

    def clean(fields: Mapping[str, str]) -> WantedContact:
        given = contacts.given(fields.get("name") or None, fields.get("language") or None)
        return WantedContact(mail_address(fields["address"]), given, fields.get("customer", ""))

    return [_checked(line, clean) for line in csv_lines(text, CONTACT_COLUMNS)]


def customer_steps(
    act: Act, asked: Sequence[Asked[WantedCustomer]], *, locked: bool = False
) -> tuple[list[ImportStep[Customer]], list[tuple[Contact, Contact]]]:
    """Each line with its customer, and the contacts that these customers adopt, before and after. `locked`: they will be written."""
    steps = _steps(asked, _Customers(act, locked=locked))
    adopting = [
        step.after for one, step in zip(asked, steps, strict=True) if step.after and one.wanted and (one.wanted.given or not step.before)
    ]
    adopted = customers.adoptions(act, adopting, locked=locked)
    owners = {after.customer_id for _, after in adopted}
    return [_changed(one) if one.after and one.after.id in owners else one for one in steps], adopted


def contact_steps(act: Act, asked: Sequence[Asked[WantedContact]], *, locked: bool = False) -> list[ImportStep[Contact]]:
    """Each line with its contact. `locked`: they will be written."""
    return _steps(asked, _Contacts(act, [one.wanted.address for one in asked if one.wanted], locked=locked))


class _Resolver(Protocol[WantedIn, ThingOut]):
    """What is in the database, read once."""

    def identity(self, wanted: WantedIn) -> str:
        """The same for two lines that are about one thing."""

    def resolve(self, wanted: WantedIn) -> tuple[ThingOut | None, ThingOut]:
        """The thing before (None: it is new) and after. Raises Invalid, NotFound, Ambiguous."""


class _Customers:
    """All customers, and who has which domain as the lines so far leave it."""

    def __init__(self, act: Act, *, locked: bool) -> None:
        if locked:
            act.uow.customers.lock([one.id for one in act.uow.customers.list()])
        known = act.uow.customers.list()
        self._now, self._companies = act.now, Companies(known)
        self._owners = {domain: one for one in known for domain in one.domains}

    def identity(self, wanted: WantedCustomer) -> str:
        return wanted.name.casefold()

    def resolve(self, wanted: WantedCustomer) -> tuple[Customer | None, Customer]:
        before = self._companies.with_name(wanted.name)
        after = replace(before or Customer(new_id(self._now), wanted.name), **wanted.given)
        self._move_domains(before, after)
        return before, after

    def _move_domains(self, before: Customer | None, after: Customer) -> None:
        for domain in after.domains:
            if (holder := self._owners.get(domain, after)).id != after.id:
                raise Invalid("domains", "taken", f"the domain {domain} belongs to the customer {holder.name}", domain=domain)
        for domain in before.domains if before else ():
            del self._owners[domain]
        self._owners.update(dict.fromkeys(after.domains, after))


class _Contacts:
    """The contacts with these addresses, and all customers."""

    def __init__(self, act: Act, addresses: Sequence[str], *, locked: bool) -> None:
        if locked:
            act.uow.contacts.lock([one.id for one in act.uow.contacts.by_addresses(addresses).values()])
        self._now, self._known = act.now, act.uow.contacts.by_addresses(addresses)
        self._companies = Companies(act.uow.customers.list())

    def identity(self, wanted: WantedContact) -> str:
        known = self._known.get(wanted.address.lower())
        return known.id if known else wanted.address.lower()

    def resolve(self, wanted: WantedContact) -> tuple[Contact | None, Contact]:
        known = self._known.get(wanted.address.lower())
        company = self._companies.of(wanted.customer) if wanted.customer else None
        if known is None and company is None:
            company = self._companies.with_domain(wanted.address.rpartition("@")[2])
        after = known or Contact(new_id(self._now), 0, wanted.address)
        return known, replace(contacts.in_company(after, company) if company else after, **wanted.given)


def _checked(line: CsvLine, clean: Callable[[Mapping[str, str]], Wanted]) -> Asked[Wanted]:
    try:
        return Asked(Line(line.number, "unchanged", line.name), clean(line.fields))
    except Invalid as error:
        return Asked(Line(line.number, "wrong", line.name, str(error)), None)


def _steps(asked: Sequence[Asked[Wanted]], resolver: _Resolver[Wanted, Thing]) -> list[ImportStep[Thing]]:
    seen: dict[str, int] = {}
    return [ImportStep(one.line) if one.wanted is None else _step(one.line, one.wanted, resolver, seen) for one in asked]


def _step(line: Line, wanted: Wanted, resolver: _Resolver[Wanted, Thing], seen: dict[str, int]) -> ImportStep[Thing]:
    earlier = seen.setdefault(resolver.identity(wanted), line.line)
    if earlier != line.line:
        return ImportStep(replace(line, outcome="wrong", problem=f"line {earlier} is about the same"))
    try:
        before, after = resolver.resolve(wanted)
    except (Invalid, NotFound, Ambiguous) as error:
        return ImportStep(replace(line, outcome="wrong", problem=str(error)))
    outcome: Outcome = "added" if before is None else "unchanged" if before == after else "changed"
    return ImportStep(replace(line, outcome=outcome), before, after)


def _changed(step: ImportStep[Customer]) -> ImportStep[Customer]:
    return replace(step, line=replace(step.line, outcome="changed")) if step.line.outcome == "unchanged" else step
