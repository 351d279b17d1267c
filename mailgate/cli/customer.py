"""`mailgate customer`: companies with their mail domains and agreement. In: arguments. Out: NDJSON or text on standard output."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.cases.ids import new_id
from mailgate.cases.model import Customer
from mailgate.cli.desk import LANGUAGES, Desk, customer_of, mail_domain, one_line, one_of, open_desk
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption
from mailgate.cli.output import show, show_one
from mailgate.errors import UsageError
from mailgate.rules.agreement_words import in_words

if TYPE_CHECKING:
    from mailgate.store.unit_of_work import UnitOfWork

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Companies.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The customer's name, mail domain or id.")]
AgreementOption = Annotated[str | None, typer.Option("--agreement", help="enkel, standard or utvidet.")]
LanguageOption = Annotated[str | None, typer.Option("--language", "--locale", help="nb, nn or en; empty: service.default_language.")]
DomainOption = Annotated[
    list[str] | None,
    typer.Option("--domain", metavar="DOMAIN", help="A mail domain of theirs; may be given again. Replaces all there are."),
]


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The customer's name.")],
    domain: DomainOption = None,
    agreement: AgreementOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a customer. Contacts of its domains who have no customer yet become its own."""
    with open_desk(config) as desk:
        fresh = Customer(new_id(desk.store.now()), one_line(name, "the name"))
        fresh = replace(fresh, **_given(desk, domain, agreement, language))
        with desk.store.transaction() as uow:
            if any(one.name.casefold() == fresh.name.casefold() for one in uow.customers.list()):
                raise UsageError(f"there is a customer {fresh.name} already; mailgate customer set {fresh.name!r}")
            uow.customers.add([fresh])
            _adopt(uow, fresh)
        _answer(desk, fresh, as_json)


@app.command("list")
def list_(limit: LimitOption = 1000, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List customers by name."""
    with open_desk(config) as desk:
        with desk.store.reading() as uow:
            found = uow.customers.list(limit)
        show([_view(desk, one) for one in found], ("name", "agreement", "language", "domains"), as_json, none="no customers")


@app.command("show")
def show_(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one customer, with the hours and response time of its agreement."""
    with open_desk(config) as desk:
        with desk.store.reading() as uow:
            found = customer_of(uow, name)
        _answer(desk, found, as_json)


@app.command("set")
def set_(
    name: NameArgument,
    new_name: Annotated[str | None, typer.Option("--name", help="Another name for the same customer.")] = None,
    domain: DomainOption = None,
    add_domain: Annotated[list[str] | None, typer.Option(metavar="DOMAIN", help="One more domain; may be given again.")] = None,
    remove_domain: Annotated[list[str] | None, typer.Option(metavar="DOMAIN", help="A domain less; may be given again.")] = None,
    agreement: AgreementOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what is given; the rest stays."""
    with open_desk(config) as desk:
        changed = _given(desk, domain, agreement, language)
        if new_name is not None:
            changed["name"] = one_line(new_name, "the name")
        more, less = {mail_domain(d) for d in add_domain or []}, {mail_domain(d) for d in remove_domain or []}
        if not (changed or more or less):
            raise UsageError("nothing to set; see mailgate customer set --help")
        with desk.store.transaction() as uow:
            after = replace(customer_of(uow, name), **changed)
            after = replace(after, domains=tuple(sorted((set(after.domains) | more) - less)))
            uow.customers.set(after)
            _adopt(uow, after)
        _answer(desk, after, as_json)


def _given(desk: Desk, domains: list[str] | None, agreement: str | None, language: str | None) -> dict[str, Any]:
    """The fields that were named on the command line, checked."""
    given: dict[str, Any] = {}
    if domains is not None:
        given["domains"] = tuple(sorted({mail_domain(domain) for domain in domains if domain}))
    if agreement is not None:
        given["agreement"] = one_of(agreement, list(desk.policy.agreements), "agreement")
    if language is not None:
        given["language"] = one_of(language, LANGUAGES, "language") if language else ""
    return given


def _adopt(uow: UnitOfWork, customer: Customer) -> None:
    """Contacts of the customer's domains who have no customer become its own; nobody is taken from another one."""
    for contact in uow.contacts.list() if customer.domains else ():
        if contact.customer_id is None and contact.address.lower().rpartition("@")[2] in customer.domains:
            uow.contacts.set(replace(contact, customer_id=customer.id))


def _view(desk: Desk, customer: Customer) -> dict[str, Any]:
    words = in_words(desk.policy.agreement(customer.agreement), customer.language or desk.settings.service.default_language)
    return {
        "name": customer.name,
        "id": customer.id,
        "agreement": customer.agreement,
        "language": customer.language,
        "domains": list(customer.domains),
        "hours": words.hours,
        "response": words.response,
        "phone": words.phone,
    }


def _answer(desk: Desk, customer: Customer, as_json: bool) -> None:
    show_one(_view(desk, customer), as_json)
