"""`mailgate customer`: companies with their mail domains and agreement. In: arguments. Out: NDJSON or text on standard output."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mailgate.application.customers import customers, import_csv
from mailgate.cli import importing
from mailgate.cli.groups import noun
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, OperatorOption, acting, open_app
from mailgate.cli.output import show, show_one
from mailgate.errors import UsageError

app = noun("Companies, with their mail domains and support agreements.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The customer's name, mail domain or id.")]
AgreementOption = Annotated[str | None, typer.Option("--agreement", help="An agreement of the policy, such as standard.")]
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
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a customer. Contacts of its domains who have no customer yet become its own."""
    command = customers.AddCustomer(name, domain, agreement, language)
    with open_app(config) as opened:
        made = customers.add_customer(opened, acting(operator), command)
    show_one(asdict(made), as_json)


@app.command("list")
def list_(limit: LimitOption = 1000, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List customers by name."""
    with open_app(config) as opened:
        found = customers.list_customers(opened, acting(None), customers.ListCustomers(limit))
    show([asdict(one) for one in found.rows], ("name", "agreement", "language", "domains"), as_json, none="no customers")


@app.command("show")
def show_(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one customer, with the hours and response time of its agreement."""
    with open_app(config) as opened:
        found = customers.show_customer(opened, acting(None), customers.ShowCustomer(name))
    show_one(asdict(found), as_json)


@app.command("set")
def set_(
    name: NameArgument,
    new_name: Annotated[str | None, typer.Option("--name", help="Another name for the same customer.")] = None,
    domain: DomainOption = None,
    add_domain: Annotated[list[str] | None, typer.Option(metavar="DOMAIN", help="One more domain; may be given again.")] = None,
    remove_domain: Annotated[list[str] | None, typer.Option(metavar="DOMAIN", help="A domain less; may be given again.")] = None,
    agreement: AgreementOption = None,
    language: LanguageOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change the fields that are given; the others stay as they are."""
    if (new_name, domain, agreement, language) == (None,) * 4 and not (add_domain or remove_domain):
        raise UsageError("nothing to set; see mailgate customer set --help")
    command = customers.SetCustomer(name, new_name, domain, add_domain or (), remove_domain or (), agreement, language)
    with open_app(config) as opened:
        after = customers.set_customer(opened, acting(operator), command)
    show_one(asdict(after), as_json)


@app.command("import")
def import_(
    file: importing.FileArgument,
    dry_run: importing.DryRunOption = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add and change customers as a CSV file says: all of its lines or none. Columns: name, domains, agreement, language.

    Domains are separated by spaces. Only the first column must be there. An empty field leaves what is. The same file may be imported
    again.
    """
    command = import_csv.ImportCustomers(importing.text_of(file), dry_run)
    with open_app(config) as opened:
        done = import_csv.import_customers(opened, acting(operator), command)
    importing.show(done, dry_run, as_json)
