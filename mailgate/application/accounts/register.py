"""Ask for an account ("Be om en konto"), and finish it behind the link in the mail.

The page and its time are the same whether the address is known or not; only the mail tells. The password is chosen behind the link, so
that an address is verified before anything can be done in its name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mailgate.application.access import Action
from mailgate.application.accounts import links, mails, passwords, sessions
from mailgate.application.accounts.limits import charge, network
from mailgate.application.accounts.sessions import Client, NewSession
from mailgate.application.app import App
from mailgate.application.faults import all_checked
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import LANGUAGES, line_or_empty, mail_address, one_line, one_of
from mailgate.cases.ids import new_id
from mailgate.cases.model import Contact
from mailgate.errors import Invalid
from mailgate.mail.same_mailbox import counted_as
from mailgate.mail.smtp_address import folded
from mailgate.store.repositories.accounts import Account, AccountLink

USERNAME_MIN_CHARS, USERNAME_MAX_CHARS = 3, 60


@dataclass(frozen=True, slots=True)
class AskForAccount:
    """The form. `company` is a hint for staff; naming a company makes nobody a member of it."""

    name: str
    company: str
    address: str
    username: str
    language: str
    client: Client


@dataclass(frozen=True, slots=True)
class PendingRegistration:
    """What the page behind the link shows. `mail`: journal id of the mail that the account is made for, "" for none."""

    name: str
    address: str
    username: str
    mail: str = ""


@dataclass(frozen=True, slots=True)
class FinishAccount:
    """The password chosen behind the link; the user name may be changed when it is taken. `name`: when it was not asked before."""

    token: str
    username: str
    password: str
    client: Client
    name: str = ""


def ask_for_account(app: App, principal: Principal, command: AskForAccount) -> None:
    """Check the form, count the try, and mail the link. Raises Invalid and TooMany; whether the address is known changes nothing."""
    asked = _checked(command)
    charge(app, ("register:address", counted_as(asked.address)[0]), ("mail:network", network(command.client.address)))
    _mail_link(app, principal, asked)


@use_case(Action.ACCOUNT_REGISTER)
def _mail_link(act: Act, command: AskForAccount) -> None:
    """Mail a link to the address that asks for an account; an address that has one gets a mail that says so."""
    known = act.uow.accounts.by_address(command.address)
    if known is not None:
        mails.notify(act, "account_exists", known.address, known.language or command.language, _exists_facts(act, known))
    else:
        facts = {"name": command.name, "company": command.company, "username": command.username, "language": command.language}
        token = links.make(act, "register", address=command.address, facts=facts)
        link = mails.link_to(act, f"/register/{token}")
        mails.notify(act, "account_verify", command.address, command.language, {"link": link})
    act.record(("account", folded(command.address)), detail={"known": known is not None})


def _exists_facts(act: Act, known: Account) -> dict[str, str]:
    return {"username": known.username, "link": mails.link_to(act, "/login"), "forgotten": mails.link_to(act, "/password")}


@query(Action.ACCOUNT_REGISTER)
def asked_account(act: Act, token: str) -> PendingRegistration:
    """What was asked for, behind a link that is still good. Raises NotFound."""
    link = links.open_link(act, "register", token)
    return PendingRegistration(link.facts.get("name", ""), link.address, link.facts.get("username", ""), link.facts.get("mail", ""))


def finish_account(app: App, principal: Principal, command: FinishAccount) -> NewSession:
    """Make the account and log in. Raises NotFound for the link, Invalid for the user name or password, TooMany."""
    charge(app, ("token:network", network(command.client.address)))
    asked = asked_account(app, principal, command.token)
    own = (asked.name or command.name, command.username, asked.address.partition("@")[0])
    checked: dict[str, Any] = all_checked(
        name=lambda: asked.name or one_line(command.name, "name", "the name"),
        username=lambda: _free(app, principal, _own(command.username, asked.address)),
        password=lambda: passwords.checked(command.password, own),
    )
    return _make_account(app, principal, replace(command, **{**checked, "password": passwords.hashed(checked["password"])}))


@query(Action.ACCOUNT_REGISTER)
def _free(act: Act, username: str) -> str:
    """The user name, when nobody has it. Raises Invalid."""
    if act.uow.accounts.by_login(username) is not None:
        raise Invalid("username", "taken", "this user name is taken; choose another one")
    return username


@use_case(Action.ACCOUNT_REGISTER)
def _make_account(act: Act, command: FinishAccount) -> NewSession:
    """Make the account of a verified address, bound to its contact, which is made when there is none."""
    link = links.open_link(act, "register", command.token)
    own_address_or_none(command.username, link.address)
    if act.uow.accounts.by_address(link.address) is not None:
        raise Invalid("address", "has_account", "this address has an account already")
    if act.uow.accounts.by_login(command.username) is not None:
        raise Invalid("username", "taken", "this user name is taken; choose another one")
    links.use(act, command.token)
    contact = _contact(act, link, command.name)
    if link.facts.get("mail"):
        act.uow.portal.take_claim(link.facts["mail"], contact.id, act.now)
    account = Account(
        new_id(act.now), "contact", command.username, contact.address, act.now, name=contact.name or command.name, contact_id=contact.id,
        language=contact.language, password_hash=command.password, logged_in_at=act.now,
    )  # fmt: skip
    act.uow.accounts.add(account)
    act.record(("account", account.id), after={"username": account.username, "address": account.address, "contact": contact.id})
    return sessions.begin(act, account, command.client)


def _contact(act: Act, link: AccountLink, name: str) -> Contact:
    """The contact with this address, or a new one of no company: membership is given by staff, never by a mail domain."""
    found = act.uow.contacts.by_addresses([link.address]).get(link.address.lower())
    if found is not None:
        return found
    (number,) = act.uow.contacts.next_numbers(1)
    new = Contact(new_id(act.now), number, link.address, name, link.facts.get("language", ""))
    act.uow.contacts.add([new])
    act.record(("contact", new.id), after={"address": new.address, "name": new.name}, detail={"company": link.facts.get("company", "")})
    return new


def _own(text: str, address: str) -> str:
    """The user name; an address that is another's is refused before anybody looks whether it is taken."""
    username = checked_username(text)
    own_address_or_none(username, address)
    return username


def own_address_or_none(username: str, address: str) -> None:
    """A user name that looks like a mail address is the account's own: people log in with either. Raises Invalid."""
    if "@" in username and folded(username) != folded(address):
        raise Invalid("username", "signs", "a user name is no mail address, unless it is the account's own")


def _checked(command: AskForAccount) -> AskForAccount:
    """The fields in the order of the form. Raises Invalid."""
    fields: dict[str, Any] = all_checked(
        name=lambda: one_line(command.name, "name", "the name"),
        company=lambda: line_or_empty(command.company, "company", "the company"),
        address=lambda: mail_address(command.address),
        username=lambda: checked_username(command.username),
        language=lambda: one_of(command.language, LANGUAGES, "language", "language"),
    )
    checked = replace(command, **fields)
    own_address_or_none(checked.username, checked.address)
    return checked


def checked_username(text: str) -> str:
    """A user name: 3 to 60 letters, digits and `.`, `-`, `_`, `@`. Raises Invalid."""
    name = one_line(text, "username", "the user name")
    if not USERNAME_MIN_CHARS <= len(name) <= USERNAME_MAX_CHARS:
        text = f"the user name has {len(name)} characters; it needs {USERNAME_MIN_CHARS} to {USERNAME_MAX_CHARS}"
        raise Invalid("username", "length", text, least=USERNAME_MIN_CHARS, most=USERNAME_MAX_CHARS)
    if not all(sign.isalnum() or sign in ".-_@" for sign in name):
        raise Invalid("username", "signs", "a user name has letters, digits, full stops, hyphens and underscores only")
    return name
