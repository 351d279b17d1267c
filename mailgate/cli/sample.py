"""`mailgate sample`: a desk to look at: two companies, their people and cases. In: an empty database. Out: who to log in as.

For trying it out on one's own machine. Passwords are made again each time and stand nowhere but on the screen. Mail that follows is kept in
the database unless the settings hand it to a smarthost.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mailgate.application.accounts import manage, reset
from mailgate.application.accounts.sessions import Client
from mailgate.application.app import App
from mailgate.application.cases.comment import AddComment, NewFile, add_comment
from mailgate.application.cases.create import CreateCase, create_case
from mailgate.application.cases.operate import Assign, Operate, assign, operate
from mailgate.application.customers.contacts import AddContact, SetContact, add_contact, set_contact
from mailgate.application.customers.customers import AddCustomer, add_customer
from mailgate.application.principal import operator, visitor
from mailgate.cli.opening import ConfigOption, open_app
from mailgate.cli.output import show
from mailgate.errors import NotAllowed

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
KJERSTI = operator("Kjersti Dahl")
COMPANIES = (("Nordvik Handel AS", "nordvik.example", "standard"), ("Fjordnett SA", "fjordnett.example", "enkel"))
PEOPLE = (
    ("per", "per.nes@nordvik.example", "Per Nes", "nb"),
    ("eva", "eva.moen@nordvik.example", "Eva Moen", "nn"),
    ("kari", "kari.lunde@fjordnett.example", "Kari Lunde", "nb"),
    ("john", "john.doe@fjordnett.example", "John Doe", "en"),
)
STAFF = (("kjersti", "kjersti@firma.example", "Kjersti Dahl", "agent"), ("olav", "olav@firma.example", "Olav Drift", "admin"))
LOG = NewFile("lager-logg.txt", b"07.30 terminal 4 svarer ikke\n07.31 terminal 4 svarer ikke\n", "text/plain")


@dataclass(frozen=True, slots=True)
class _Sample:
    """One case: who reports what, and which operations of the workflow support does, with their words."""

    reporter: str
    summary: str
    text: str
    case_type: str = "problem"
    environment: str = ""
    done: Sequence[tuple[str, str]] = ()


CASES = (
    _Sample("per", "Lagerterminalen henger", "Terminal 4 på lageret henger hver morgen.", "driftsproblem", "Lager Ålesund, terminal 4",
            (("ask_customer", "Når kom feilen første gang, og på hvilke maskiner?"),)),
    _Sample("per", "Faktura skrives ikke ut", "Siden i går blir fakturaene tomme på skriver 2.",
            done=(("start", ""), ("propose", "Oppgradering 4.2.1 retter utskriften. Kan du prøve på nytt?"))),
    _Sample("per", "Ny bruker får ikke tilgang", "Liv begynner mandag og får ikke logget inn.", "spørsmål"),
    _Sample("eva", "Ønske: eksport til CSV", "Vi treng å hente ut lista over ordrar til rekneark.", "forbedring",
            done=(("hold", "Dette er med i planen for neste versjon."),)),
    _Sample("kari", "Treg innlogging", "Det tar et minutt å logge inn om morgenen.",
            done=(("start", ""), ("resolve", "Vi har økt minnet."))),
    _Sample("kari", "Rapport mangler mva", "Månedsrapporten viser ikke mva.", done=(("investigate", ""),)),
    _Sample("john", "How do I change the address of our office?", "We moved to Storgata 4.", "spørsmål"),
)  # fmt: skip


def sample(config: ConfigOption = None) -> None:
    """Fill an empty database with a sample desk, and print who to log in as. For trying it out: a web address of this machine only."""
    with open_app(config, make_secrets=True, make_new=True) as app:
        portal = app.settings.service.portal_url
        if urlsplit(portal).hostname not in LOCAL:
            raise NotAllowed(f"service.portal_url is {portal}: a sample desk is for this machine alone, such as http://127.0.0.1:8080")
        known = {one.username: one.address for one in manage.list_accounts(app, KJERSTI, None)}
        if known and not ours(known):
            raise NotAllowed("this database has accounts of its own: a sample desk needs an empty one")
        if not known:
            _fill(app)
        rows = [_login(app, *person) for person in (*PEOPLE, *STAFF)]
    print(f"Log in at {portal} as one of these. Each run makes new passwords.\n")
    show(rows, ("user", "password", "name", "is"), as_json=False)


def ours(known: Mapping[str, str]) -> bool:
    """Whether the accounts (user name -> address) are those of an earlier run."""
    return all(known.get(username) == address for username, address, *_ in (*PEOPLE, *STAFF))


def _fill(app: App) -> None:
    for name, domain, agreement in COMPANIES:
        add_customer(app, KJERSTI, AddCustomer(name, (domain,), agreement, "nb"))
    for username, address, name, language in PEOPLE:
        add_contact(app, KJERSTI, AddContact(address, name, language))
        manage.add_account(app, KJERSTI, manage.AddAccount(username, address))
    for username, address, name, role in STAFF:
        manage.add_account(app, KJERSTI, manage.AddAccount(username, address, name, (role,)))
    set_contact(app, KJERSTI, SetContact("per.nes@nordvik.example", company_access="view"))
    addresses = {username: address for username, address, *_ in PEOPLE}
    for one in CASES:
        _make(app, one, addresses)


def _make(app: App, one: _Sample, addresses: dict[str, str]) -> None:
    others = ("eva.moen@nordvik.example",) if one.environment else ()
    made = create_case(app, KJERSTI, CreateCase(
        one.summary, addresses[one.reporter], one.text, one.case_type, environment=one.environment, participants=others,
    ))  # fmt: skip
    if one.done:
        assign(app, KJERSTI, Assign(made.key, KJERSTI.name))
    for operation, text in one.done:
        operate(app, KJERSTI, Operate(made.key, operation, text))
    if one.environment:
        add_comment(app, KJERSTI, AddComment(made.key, "Her er loggen vi ser på.", (LOG,)))


def _login(app: App, username: str, _address: str, name: str, kind: str) -> dict[str, str]:
    password = "-".join(secrets.token_hex(3) for _ in range(3))
    token = manage.reset_link(app, KJERSTI, username).link.rpartition("/")[2]
    reset.finish_reset(app, visitor(), reset.FinishReset(token, password, Client()))
    return {"user": username, "password": password, "name": name, "is": kind if kind in ("agent", "admin") else f"customer, {kind}"}
