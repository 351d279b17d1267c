"""`mailgate contact`: people, each with one mail address. In: arguments. Out: NDJSON or text on standard output."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.cases.ids import new_id
from mailgate.cases.model import Contact, Customer
from mailgate.cli.desk import LANGUAGES, Desk, contact_of, customer_of, mail_address, one_line, one_of, open_desk
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption
from mailgate.cli.output import show, show_one
from mailgate.errors import UsageError

if TYPE_CHECKING:
    from mailgate.store.unit_of_work import UnitOfWork

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="People.")

AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="The contact's mail address.")]
LanguageOption = Annotated[
    str | None, typer.Option("--language", "--locale", help="nb, nn or en; empty: the customer's, else service.default_language.")
]
CustomerOption = Annotated[str | None, typer.Option("--customer", metavar="NAME", help="Name, domain or id; empty: none.")]
NameOption = Annotated[str | None, typer.Option("--name", help="Display name.")]


@app.command()
def add(
    address: AddressArgument,
    name: NameOption = None,
    language: LanguageOption = None,
    customer: CustomerOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a contact. Without --customer it belongs to the customer who has its mail domain, if one has."""
    address = mail_address(address)
    with open_desk(config) as desk:
        with desk.store.transaction() as uow:
            if uow.contacts.by_addresses([address]):
                raise UsageError(f"{address} is a contact already; mailgate contact set {address}")
            company = _company(uow, customer) if customer is not None else _by_domain(uow, address)
            number = uow.contacts.next_numbers(1)[0]
            fresh = Contact(new_id(desk.store.now()), number, address, customer_id=company.id if company else None)
            fresh = replace(fresh, **_given(name, language))
            uow.contacts.add([fresh])
        _answer(desk, fresh, as_json)


@app.command("list")
def list_(
    customer: Annotated[str | None, typer.Option(metavar="NAME", help="Only contacts of this customer (name, domain or id).")] = None,
    limit: LimitOption = 1000,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List contacts by address."""
    with open_desk(config) as desk:
        with desk.store.reading() as uow:
            company = customer_of(uow, customer) if customer else None
            found = uow.contacts.list(None if company else limit)
            if company:
                found = [contact for contact in found if contact.customer_id == company.id][:limit]
            names = _company_names(uow, found)
        show([_view(one, names) for one in found], ("address", "name", "language", "customer"), as_json, none="no contacts")


@app.command("show")
def show_(address: AddressArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one contact."""
    with open_desk(config) as desk:
        with desk.store.reading() as uow:
            found = contact_of(uow, address)
        _answer(desk, found, as_json)


@app.command("set")
def set_(
    address: AddressArgument,
    name: NameOption = None,
    language: LanguageOption = None,
    customer: CustomerOption = None,
    new_address: Annotated[
        str | None, typer.Option("--address", metavar="ADDRESS", help="Another mail address for the same person.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what is given; the rest stays."""
    changed = _given(name, language)
    if new_address is not None:
        changed["address"] = mail_address(new_address)
    if not changed and customer is None:
        raise UsageError("nothing to set; see mailgate contact set --help")
    with open_desk(config) as desk:
        with desk.store.transaction() as uow:
            found = contact_of(uow, address)
            if customer is not None:
                company = _company(uow, customer)
                changed["customer_id"] = company.id if company else None
            after = replace(found, **changed)
            taken = uow.contacts.by_addresses([after.address]).get(after.address.lower())
            if taken is not None and taken.id != found.id:
                raise UsageError(f"{after.address} is another contact's address")
            uow.contacts.set(after)
        _answer(desk, after, as_json)


def _given(name: str | None, language: str | None) -> dict[str, Any]:
    """The fields that were named on the command line, checked."""
    given: dict[str, Any] = {}
    if name is not None:
        given["name"] = one_line(name, "the name") if name else ""
    if language is not None:
        given["language"] = one_of(language, LANGUAGES, "language") if language else ""
    return given


def _company(uow: UnitOfWork, name: str) -> Customer | None:
    return customer_of(uow, name) if name else None


def _by_domain(uow: UnitOfWork, address: str) -> Customer | None:
    domain = address.rpartition("@")[2]
    return uow.customers.by_domains([domain]).get(domain)


def _company_names(uow: UnitOfWork, found: Any) -> dict[str, str]:
    ids = {contact.customer_id for contact in found if contact.customer_id}
    return {id_: company.name for id_, company in uow.customers.get(ids).items()}


def _view(contact: Contact, names: dict[str, str]) -> dict[str, Any]:
    return {
        "address": contact.address,
        "id": contact.id,
        "number": contact.number,
        "name": contact.name,
        "language": contact.language,
        "customer": names.get(contact.customer_id or "", ""),
    }


def _answer(desk: Desk, contact: Contact, as_json: bool) -> None:
    with desk.store.reading() as uow:
        names = _company_names(uow, [contact])
    show_one(_view(contact, names), as_json)
