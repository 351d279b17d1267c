"""Accounts as operators manage them: add, list, disable, a link that sets a password. The first admin starts with such a link, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailgate.application.access import Action
from mailgate.application.accounts import links, mails
from mailgate.application.accounts.register import checked_username, own_address_or_none
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import line_or_empty, mail_address, one_of
from mailgate.cases.ids import new_id
from mailgate.errors import Invalid, NotFound
from mailgate.mail.smtp_address import folded
from mailgate.store.repositories.accounts import Account

ROLES = ("agent", "operator", "admin")


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account for operators. `contact`: its mail address when it is a contact's account."""

    id: str
    username: str
    kind: str
    address: str
    name: str
    roles: Sequence[str]
    created_at: datetime
    logged_in_at: datetime | None
    disabled: bool


@dataclass(frozen=True, slots=True)
class AddAccount:
    """`roles` make it a staff account; without any it is the account of the contact with this address."""

    username: str
    address: str
    name: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountLinkView:
    """An account and the web address that sets its password; shown once, works once."""

    account: AccountView
    link: str


@dataclass(frozen=True, slots=True)
class DisableAccount:
    """`disabled` False lets it log in again."""

    username: str
    disabled: bool = True
    reason: str = ""


@use_case(Action.ACCOUNT_MANAGE)
def add_account(act: Act, command: AddAccount) -> AccountLinkView:
    """Make an account and a link that sets its password."""
    username, address = checked_username(command.username), mail_address(command.address)
    roles = tuple(one_of(role, ROLES, "roles", "role") for role in command.roles)
    own_address_or_none(username, address)
    if act.uow.accounts.by_login(username) or act.uow.accounts.by_address(address):
        raise Invalid("username", "taken", f"there is an account {username} or one with the address {address} already")
    contact = None if roles else act.uow.contacts.by_addresses([address]).get(folded(address))
    if not roles and contact is None:
        raise Invalid("address", "no_contact", f"there is no contact {address}; mailgate contact add {address}, or give a role")
    name = line_or_empty(command.name, "name", "the name") or (contact.name if contact else "")
    new = Account(
        new_id(act.now), "staff" if roles else "contact", username, address, act.now, name=name,
        contact_id=contact.id if contact else None, roles=roles, language=contact.language if contact else "",
    )  # fmt: skip
    act.uow.accounts.add(new)
    act.record(("account", new.id), after={"username": username, "address": address, "roles": roles})
    return AccountLinkView(_view(new), _password_link(act, new))


@query(Action.ACCOUNT_READ)
def list_accounts(act: Act, _all: None) -> Sequence[AccountView]:
    """All accounts by user name."""
    found: list[Account] = []
    while part := act.uow.accounts.list(found[-1].username if found else ""):
        found += part
    return [_view(one) for one in found]


@use_case(Action.ACCOUNT_MANAGE)
def disable_account(act: Act, command: DisableAccount) -> AccountView:
    """Disable or enable an account. Sessions and mailed links end at once."""
    account = _named(act, command.username)
    changed = replace(account, disabled=command.disabled)
    act.uow.accounts.set(account, changed)
    act.uow.accounts.end_sessions(account.id)
    act.uow.accounts.drop_links(account.id)
    before, after = {"disabled": account.disabled}, {"disabled": changed.disabled}
    act.record(("account", account.id), before, after, reason=command.reason)
    return _view(changed)


@use_case(Action.ACCOUNT_MANAGE)
def reset_link(act: Act, username: str) -> AccountLinkView:
    """A link that sets a new password, to be handed over by a person. It works for a day, once."""
    account = _named(act, username)
    act.record(("account", account.id), detail={"link": True})
    return AccountLinkView(_view(account), _password_link(act, account))


def _password_link(act: Act, account: Account) -> str:
    return mails.link_to(act, f"/password/{links.make(act, 'first_admin', account_id=account.id, address=account.address)}")


def _named(act: Act, username: str) -> Account:
    found = act.uow.accounts.by_login(username)
    if found is None:
        raise NotFound("account", username, f"there is no account {username}; mailgate account list")
    return found


def _view(one: Account) -> AccountView:
    return AccountView(
        one.id, one.username, one.kind, one.address, one.name, one.roles, one.created_at, one.logged_in_at, one.disabled
    )  # fmt: skip
