"""Companies with their mail domains and agreement: add, look at, change. Every change leaves an audit row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mailgate.application.access import Action, require
from mailgate.application.app import App
from mailgate.application.audit import difference
from mailgate.application.customers import contacts
from mailgate.application.customers.look_up import customer_of, locked_customer
from mailgate.application.customers.seen import refuse_stale
from mailgate.application.faults import all_checked
from mailgate.application.paging import Page, cursor_of, page_of, sort_key_of
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import LANGUAGES, mail_domain, one_line, one_of
from mailgate.cases.ids import new_id
from mailgate.cases.model import Contact, Customer
from mailgate.errors import Invalid
from mailgate.rules.agreement_words import AgreementText, in_words


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer as it is shown, with what its agreement means in its language."""

    name: str
    id: str
    agreement: str
    language: str
    domains: Sequence[str]
    hours: str
    response: str
    phone: str


@dataclass(frozen=True, slots=True)
class AddCustomer:
    """What is None has its default."""

    name: str
    domains: Sequence[str] | None = None
    agreement: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class SetCustomer:
    """What is None stays. `domains` replaces all there are; `add_domains` and `remove_domains` change them.

    `seen`: field -> what the caller saw in it.
    """

    customer: str
    name: str | None = None
    domains: Sequence[str] | None = None
    add_domains: Sequence[str] = ()
    remove_domains: Sequence[str] = ()
    agreement: str | None = None
    language: str | None = None
    seen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShowCustomer:
    """The customer of this name, domain or id."""

    customer: str


@dataclass(frozen=True, slots=True)
class ListCustomers:
    """Customers by name. `text`: only those in whose name or mail domain it is, any case."""

    limit: int = 1000
    cursor: str | None = None
    text: str = ""


@use_case(Action.CUSTOMER_ADD, policy=True)
def add_customer(act: Act, command: AddCustomer) -> CustomerView:
    """Add a customer. Contacts of its domains who have no customer yet become its own."""
    return _view(act, create(act, command))


def create(act: Act, command: AddCustomer) -> Customer:
    """The customer, written with its audit rows."""
    fields = given(list(act.policy.agreements), command.domains, command.agreement, command.language, command.name)
    fresh = replace(Customer(new_id(act.now), fields["name"]), **fields)
    if any(one.name.casefold() == fresh.name.casefold() for one in act.uow.customers.named(fresh.name)):
        raise Invalid("name", "exists", f"there is a customer {fresh.name} already", name=fresh.name)
    act.uow.customers.add([fresh])
    act.record(("customer", fresh.id), *difference(None, fresh))
    _adopt(act, fresh)
    return fresh


@use_case(Action.CUSTOMER_SET, policy=True)
def set_customer(act: Act, command: SetCustomer) -> CustomerView:
    """Change the fields that are given; the others stay as they are. Raises Stale when one is not as the caller saw it."""
    return _view(act, change(act, command))


def change(act: Act, command: SetCustomer) -> Customer:
    """The customer as it is after, written with its audit rows."""
    changed = given(list(act.policy.agreements), command.domains, command.agreement, command.language, command.name)
    more, less = ({mail_domain(domain) for domain in domains} for domains in (command.add_domains, command.remove_domains))
    if not (changed or more or less):
        raise Invalid("fields", "empty", "nothing to set")
    found = locked_customer(act.uow, command.customer)
    refuse_stale(found.name, command.seen, found)
    after = replace(found, **changed)
    after = replace(after, domains=tuple(sorted((set(after.domains) | more) - less)))
    if after == found:
        act.unchanged()
    else:
        act.uow.customers.set(after)
        act.record(("customer", found.id), *difference(found, after))
    _adopt(act, after)
    return after


@query(Action.CUSTOMER_READ, policy=True)
def show_customer(act: Act, command: ShowCustomer) -> CustomerView:
    """Show one customer, with the hours and response time of its agreement."""
    return _view(act, customer_of(act.uow, command.customer))


@query(Action.CUSTOMER_READ, policy=True)
def list_customers(act: Act, command: ListCustomers) -> Page[CustomerView]:
    """List customers by name."""
    after = sort_key_of(command.cursor, 2) if command.cursor else None
    text = command.text.strip()
    found = (
        act.uow.customers.search(text, command.limit + 1, after=after) if text else act.uow.customers.list(command.limit + 1, after=after)
    )
    return page_of([_view(act, one) for one in found], command.limit, [cursor_of(one.name, one.id) for one in found])


def agreement_texts(app: App, principal: Principal, language: str) -> Mapping[str, AgreementText]:
    """The agreements that a customer can have by the policy that was read last: key -> its words in this language. Raises Forbidden."""
    require(principal, Action.CUSTOMER_READ)
    policy = app.policies.last_read or app.policies.peek()
    return {key: in_words(one, language) for key, one in policy.agreements.items()}


def given(
    agreements: Sequence[str], domains: Sequence[str] | None, agreement: str | None, language: str | None, name: str | None = None
) -> dict[str, Any]:
    """The fields that were given, checked in the order of the form. `agreements`: those there are. Raises Invalid."""
    checks: dict[str, Callable[[], Any]] = {}
    if name is not None:
        checks["name"] = lambda: one_line(name, "name", "the name")
    if domains is not None:
        checks["domains"] = lambda: tuple(sorted({mail_domain(domain) for domain in domains if domain}))
    if agreement is not None:
        checks["agreement"] = lambda: one_of(agreement, agreements, "agreement", "agreement")
    if language is not None:
        checks["language"] = lambda: one_of(language, LANGUAGES, "language", "language") if language else ""
    return all_checked(**checks)


def adoptions(act: Act, companies: Sequence[Customer], *, locked: bool) -> list[tuple[Contact, Contact]]:
    """Contacts of the customers' domains who have no customer, before and after they become theirs. Nobody is taken from another one.

    `locked`: until the transaction ends, since they will be written.
    """
    owners = {domain: one for one in companies for domain in one.domains}
    found = act.uow.contacts.without_customer(list(owners))
    if locked and found:
        now = act.uow.contacts.lock([one.id for one in found])
        found = [now[one.id] for one in found if one.id in now and now[one.id] == one]
    return [(one, replace(one, customer_id=owners[one.address.lower().rpartition("@")[2]].id)) for one in found]


def _adopt(act: Act, customer: Customer) -> None:
    for before, after in adoptions(act, [customer], locked=True):
        contacts.save(act, before, after)


def _view(act: Act, customer: Customer) -> CustomerView:
    language = customer.language or act.app.settings.service.default_language
    words = in_words(act.policy.agreement(customer.agreement), language)
    return CustomerView(
        name=customer.name,
        id=customer.id,
        agreement=customer.agreement,
        language=customer.language,
        domains=list(customer.domains),
        hours=words.hours,
        response=words.response,
        phone=words.phone,
    )
