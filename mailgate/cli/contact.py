"""`mailgate contact`: people, each with one mail address. In: arguments. Out: NDJSON or text on standard output."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mailgate.application.customers import contacts, import_csv, join
from mailgate.cli import importing
from mailgate.cli.groups import noun
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, OperatorOption, acting, open_app
from mailgate.cli.output import show, show_one
from mailgate.errors import UsageError

app = noun("People, each with one mail address.")

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
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a contact. Without --customer it belongs to the customer who has its mail domain, if one has."""
    command = contacts.AddContact(address, name, language, customer)
    with open_app(config) as opened:
        made = contacts.add_contact(opened, acting(operator), command)
    show_one(asdict(made), as_json)


@app.command("list")
def list_(
    customer: Annotated[str | None, typer.Option(metavar="NAME", help="Only contacts of this customer (name, domain or id).")] = None,
    limit: LimitOption = 1000,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List contacts by address."""
    with open_app(config) as opened:
        found = contacts.list_contacts(opened, acting(None), contacts.ListContacts(customer, limit))
    show([asdict(one) for one in found.rows], ("address", "name", "language", "customer"), as_json, none="no contacts")


@app.command("show")
def show_(address: AddressArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one contact."""
    with open_app(config) as opened:
        found = contacts.show_contact(opened, acting(None), contacts.ShowContact(address))
    show_one(asdict(found), as_json)


@app.command("set")
def set_(
    address: AddressArgument,
    name: NameOption = None,
    language: LanguageOption = None,
    customer: CustomerOption = None,
    new_address: Annotated[
        str | None, typer.Option("--address", metavar="ADDRESS", help="Another mail address for the same person.")
    ] = None,
    company_cases: Annotated[
        str | None,
        typer.Option("--company-cases", metavar="view|comment|none", help="Let them see, or also comment on, all cases of their company."),
    ] = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change the fields that are given; the others stay as they are."""
    if (name, language, customer, new_address, company_cases) == (None, None, None, None, None):
        raise UsageError("nothing to set; see mailgate contact set --help")
    access = "" if company_cases == "none" else company_cases
    command = contacts.SetContact(address, name, language, customer, new_address, access)
    with open_app(config) as opened:
        after = contacts.set_contact(opened, acting(operator), command)
    show_one(asdict(after), as_json)


@app.command("import")
def import_(
    file: importing.FileArgument,
    dry_run: importing.DryRunOption = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add and change contacts as a CSV file says: all of its lines or none. Columns: address, name, language, customer.

    Only the first column must be there. An empty field leaves what is. The same file may be imported again.
    """
    command = import_csv.ImportContacts(importing.text_of(file), dry_run)
    with open_app(config) as opened:
        done = import_csv.import_contacts(opened, acting(operator), command)
    importing.show(done, dry_run, as_json)


@app.command("join")
def join_(
    address: AddressArgument,
    into: Annotated[str, typer.Option("--into", metavar="ADDRESS", help="The contact of the same person who stays.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would be joined.")] = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make two contacts of one person one: cases, comments, choices and reply links. It cannot be undone."""
    command = join.JoinContacts(address, into)
    with open_app(config) as opened:
        done = (join.join_contacts if yes else join.preview_join)(opened, acting(operator), command)
    show_one(asdict(done), as_json)
    if not yes and not as_json:
        print("nothing was changed; --yes joins them, and that cannot be undone")
