"""The first admin: a link that works once, for a day, while there is none. In: nothing but the link. Out: an admin's account.

Whoever may start the gateway may hand the link over; it is printed and never mailed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mailgate.application.access import Action
from mailgate.application.accounts import links, passwords, sessions
from mailgate.application.accounts.limits import charge, network
from mailgate.application.accounts.register import checked_username
from mailgate.application.accounts.sessions import Client, NewSession
from mailgate.application.app import App
from mailgate.application.faults import all_checked
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import mail_address, one_line
from mailgate.cases.ids import new_id
from mailgate.errors import Invalid, NotFound
from mailgate.store.repositories.accounts import Account


@dataclass(frozen=True, slots=True)
class MakeFirstAdmin:
    """The form behind the link."""

    token: str
    name: str
    address: str
    username: str
    password: str
    client: Client


@use_case(Action.ACCOUNT_MANAGE)
def first_admin_link(act: Act, _: None = None) -> str | None:
    """The path of a link that makes the first admin; None when there is one. Links from before stay good until one is used."""
    if act.uow.accounts.has_admin():
        act.unchanged()
        return None
    act.record(("account", "first admin"), detail={"link": True})
    return f"/first-admin/{links.make(act, 'first_admin')}"


@query(Action.ACCOUNT_REGISTER)
def check_first_admin(act: Act, token: str) -> None:
    """Raises NotFound for a link that opens nothing any more."""
    _open(act, token)


def make_first_admin(app: App, principal: Principal, command: MakeFirstAdmin) -> NewSession:
    """Make the account and log in. Raises NotFound for the link, Invalid for a field, TooMany."""
    charge(app, ("token:network", network(command.client.address)))
    check_first_admin(app, principal, command.token)
    own = (command.name, command.username, command.address.partition("@")[0])
    checked: dict[str, Any] = all_checked(
        name=lambda: one_line(command.name, "name", "the name"),
        address=lambda: mail_address(command.address),
        username=lambda: checked_username(command.username),
        password=lambda: passwords.checked(command.password, own),
    )
    return _make(app, principal, replace(command, **{**checked, "password": passwords.hashed(checked["password"])}))


@use_case(Action.ACCOUNT_REGISTER)
def _make(act: Act, command: MakeFirstAdmin) -> NewSession:
    """Make the first admin's account; all links to it are void then."""
    _open(act, command.token)
    if act.uow.accounts.by_login(command.username) or act.uow.accounts.by_address(command.address):
        raise Invalid("username", "taken", "there is an account with this user name or address")
    links.use(act, command.token)
    new = Account(
        new_id(act.now), "staff", command.username, command.address, act.now, name=command.name, roles=("admin",),
        language=act.principal.language, password_hash=command.password, logged_in_at=act.now,
    )  # fmt: skip
    act.uow.accounts.add(new)
    after = {"username": new.username, "address": new.address, "roles": new.roles}
    act.record(("account", new.id), after=after, detail={"client": command.client.address})
    return sessions.begin(act, new, command.client)


def _open(act: Act, token: str) -> None:
    link = links.open_link(act, "first_admin", token)
    if link.account_id is not None:
        raise NotFound("link", "unknown")
    if act.uow.accounts.has_admin():
        raise NotFound("link", "used")
