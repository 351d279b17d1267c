"""People, each with one mail address: add, look at, change. Every change leaves an audit row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mailgate.application.access import Action
from mailgate.application.audit import difference
from mailgate.application.customers.look_up import contact_of, customer_of, locked_contact
from mailgate.application.customers.seen import refuse_stale
from mailgate.application.faults import Faults, all_checked
from mailgate.application.paging import Page, cursor_of, page_of, sort_key_of
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import LANGUAGES, line_or_empty, mail_address, one_of
from mailgate.cases.ids import new_id
from mailgate.cases.model import Contact, Customer
from mailgate.errors import Invalid

ACCESSES = ("view", "comment")


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact as it is shown. `customer`: the customer's name, "" for none. `company_access`: to its cases, view, comment or "".

    `other_addresses`: of contacts that were joined into this one; mail from them is this person's.
    """

    address: str
    id: str
    number: int
    name: str
    language: str
    customer: str
    company_access: str
    other_addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddContact:
    """`customer`: its name, domain or id; "" for none; None for the one who has the mail domain, if one has."""

    address: str
    name: str | None = None
    language: str | None = None
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class SetContact:
    """What is None stays. `new_address`: another mail address for the same person. `company_access`: view, comment or "".

    A contact who moves to another customer sees the cases of neither until this is given again. `seen`: field -> what the caller saw in it.
    """

    address: str
    name: str | None = None
    language: str | None = None
    customer: str | None = None
    new_address: str | None = None
    company_access: str | None = None
    seen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShowContact:
    """The contact with this address."""

    address: str


@dataclass(frozen=True, slots=True)
class ListContacts:
    """Contacts by address, of one customer (name, domain or id) when given."""

    customer: str | None = None
    limit: int = 1000
    cursor: str | None = None


@use_case(Action.CONTACT_ADD)
def add_contact(act: Act, command: AddContact) -> ContactView:
    """Add a contact; without a customer it belongs to the one who has its mail domain."""
    return _views(act, [create(act, command)])[0]


def create(act: Act, command: AddContact) -> Contact:
    """The contact, written with its audit row."""
    faults = Faults()
    address = faults.check(lambda: _new_address(act, command.address), "")
    fields = faults.check(lambda: given(command.name, command.language), dict[str, Any]())
    faults.refuse()
    company = _company(act, command.customer) if command.customer is not None else _by_domain(act, address)
    number = act.uow.contacts.next_numbers(1)[0]
    fresh = Contact(new_id(act.now), number, address, customer_id=company.id if company else None)
    fresh = replace(fresh, **fields)
    act.uow.contacts.add([fresh])
    act.record(("contact", fresh.id), *difference(None, fresh))
    return fresh


@use_case(Action.CONTACT_SET)
def set_contact(act: Act, command: SetContact) -> ContactView:
    """Change the fields that are given; the others stay as they are. Raises Stale when one is not as the caller saw it."""
    return _views(act, [change(act, command)])[0]


def change(act: Act, command: SetContact) -> Contact:
    """The contact as it is after, written with its audit row."""
    changed = given(command.name, command.language, command.new_address, command.company_access)
    if not changed and command.customer is None:
        raise Invalid("fields", "empty", "nothing to set")
    found = locked_contact(act.uow, command.address)
    if command.seen:
        refuse_stale(found.address, command.seen, _views(act, [found])[0])
    moved = in_company(found, _company(act, command.customer)) if command.customer is not None else found
    after = replace(moved, **changed)
    if after.company_access and after.customer_id is None:
        raise Invalid("company_access", "no_customer", f"{after.address} belongs to no customer; give --customer first")
    taken = act.uow.contacts.by_addresses([after.address]).get(after.address.lower())
    if taken is not None and taken.id != found.id:
        raise Invalid("address", "taken", f"{after.address} is another contact's address", address=after.address)
    if taken is not None and after.address.lower() != found.address.lower():
        act.uow.contacts.exchange_address(found, after.address)
    elif taken is None:
        _move_account(act, found, after)
    save(act, found, after)
    return after


def _move_account(act: Act, before: Contact, after: Contact) -> None:
    """Give a contact's new mail address to their account, too: the owner of the old mailbox must get no link for a new password."""
    account = act.uow.accounts.of_contact(before.id)
    if account is None or account.address.lower() != before.address.lower():
        return
    other = act.uow.accounts.by_login(after.address)
    if other is not None and other.id != account.id:
        raise Invalid("address", "taken", f"{after.address} is the address or user name of another account", address=after.address)
    username = after.address if account.username.lower() == before.address.lower() else account.username
    moved = replace(account, address=after.address, username=username)
    act.uow.accounts.set(account, moved)
    act.uow.accounts.drop_links(account.id)
    act.record(("account", account.id), *difference(account, moved), reason="its contact has another mail address")


@query(Action.CONTACT_READ)
def show_contact(act: Act, command: ShowContact) -> ContactView:
    """Show one contact."""
    return _views(act, [contact_of(act.uow, command.address)])[0]


@query(Action.CONTACT_READ)
def show_with_customer_id(act: Act, command: ShowContact) -> tuple[ContactView, str]:
    """Show one contact, with the id of its customer, "" for none."""
    found = contact_of(act.uow, command.address)
    return _views(act, [found])[0], found.customer_id or ""


@query(Action.CONTACT_READ)
def list_contacts(act: Act, command: ListContacts) -> Page[ContactView]:
    """List contacts by address."""
    customer_id = customer_of(act.uow, command.customer).id if command.customer else None
    after = sort_key_of(command.cursor)[0] if command.cursor else None
    found = act.uow.contacts.list(command.limit + 1, customer_id=customer_id, after_address=after)
    return page_of(_views(act, found), command.limit, [cursor_of(one.address.lower()) for one in found])


def save(act: Act, before: Contact, after: Contact) -> None:
    """Write a changed contact with its audit row; one without changes is not written."""
    if before == after:
        act.unchanged()
        return
    act.uow.contacts.set(after)
    act.record(("contact", before.id), *difference(before, after))


def in_company(contact: Contact, company: Customer | None) -> Contact:
    """The contact with this company, or with none. A contact who moves loses access to the cases of both companies."""
    id_ = company.id if company else None
    return contact if contact.customer_id == id_ else replace(contact, customer_id=id_, company_access="")


def given(name: str | None, language: str | None, address: str | None = None, access: str | None = None) -> dict[str, Any]:
    """The fields that were given, checked in the order of the form. Raises Invalid with all that is wrong."""
    checks: dict[str, Callable[[], str]] = {}
    if name is not None:
        checks["name"] = lambda: line_or_empty(name, "name", "the name")
    if address is not None:
        checks["address"] = lambda: mail_address(address)
    if language is not None:
        checks["language"] = lambda: one_of(language, LANGUAGES, "language", "language") if language else ""
    if access is not None:
        checks["company_access"] = lambda: one_of(access, ("", *ACCESSES), "company_access", "access to the company's cases")
    return all_checked(**checks)


def refuse_ours(act: Act, address: str) -> None:
    """Raises Invalid for an address of the gateway's own: what is sent there comes back."""
    local_part, _, domain = address.lower().rpartition("@")
    if f"{local_part.partition('+')[0]}@{domain}" in act.app.parts.own_mailboxes:
        raise Invalid("address", "ours", f"{address} is an address of ours: mail to it comes back", address=address)


def _new_address(act: Act, text: str) -> str:
    address = mail_address(text)
    refuse_ours(act, address)
    if act.uow.contacts.by_addresses([address]):
        raise Invalid("address", "exists", f"{address} is a contact already", address=address)
    return address


def _company(act: Act, name: str) -> Customer | None:
    return customer_of(act.uow, name) if name else None


def _by_domain(act: Act, address: str) -> Customer | None:
    domain = address.rpartition("@")[2]
    return act.uow.customers.by_domains([domain]).get(domain)


def _views(act: Act, found: Sequence[Contact]) -> list[ContactView]:
    names = {id_: one.name for id_, one in act.uow.customers.get({one.customer_id for one in found if one.customer_id}).items()}
    others = act.uow.contacts.other_addresses([one.id for one in found])
    return [
        ContactView(
            one.address, one.id, one.number, one.name, one.language, names.get(one.customer_id or "", ""), one.company_access,
            tuple(others.get(one.id, ())),
        )
        for one in found
    ]  # fmt: skip
