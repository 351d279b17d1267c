"""Forgotten and changed passwords: a link by mail, for 30 minutes and one use, never a password. A new password ends all sessions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailgate.application.access import Action
from mailgate.application.accounts import links, mails, passwords, sessions
from mailgate.application.accounts.limits import charge, network
from mailgate.application.accounts.second_factor import SecondStep, ask_code, is_on
from mailgate.application.accounts.sessions import Client, LoggedIn, NewSession
from mailgate.application.app import App
from mailgate.application.faults import all_checked
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import one_line
from mailgate.errors import Invalid, NotFound
from mailgate.store.repositories.accounts import Account, SessionMethod
from mailgate.store.rows import LinkPurpose

PURPOSES: tuple[LinkPurpose, ...] = ("reset", "first_admin")


@dataclass(frozen=True, slots=True)
class AskForReset:
    """Whose password is forgotten: user name or mail address."""

    name: str
    language: str
    client: Client


@dataclass(frozen=True, slots=True)
class FinishReset:
    """The new password, chosen behind the link."""

    token: str
    password: str
    client: Client


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """A new password for one's own account; the old one proves that the owner is present."""

    mine: LoggedIn
    old: str
    new: str
    client: Client


@dataclass(frozen=True, slots=True)
class _NewHash:
    """`token`: of the link, "" without one; then the old password was right for the account as `checked`."""

    account_id: str
    password_hash: str
    client: Client
    token: str = ""
    method: SessionMethod = "password"
    checked: Account | None = None


def ask_for_reset(app: App, principal: Principal, command: AskForReset) -> None:
    """Mail a link to the account with this name. The same happens on the page when there is none. Raises Invalid when empty, TooMany."""
    name = one_line(command.name, "name", "the user name")
    where, whose = network(command.client.address), name.lower()
    charge(app, ("reset:pair", f"{where} {whose}"), ("reset:account", whose), ("mail:network", where))
    _mail_reset(app, principal, replace(command, name=name))


@use_case(Action.ACCOUNT_RESET)
def _mail_reset(act: Act, command: AskForReset) -> None:
    """Mail a link that sets a new password."""
    account = act.uow.accounts.by_login(command.name)
    if account is not None and not account.disabled and not _is_of_provider(act, account):
        token = links.make(act, "reset", account_id=account.id, address=account.address)
        facts = {"link": mails.link_to(act, f"/password/{token}"), "username": account.username}
        mails.notify(act, "account_reset", account.address, account.language or command.language, facts)
    act.record(("account", account.id if account else command.name.lower()), detail={"known": account is not None})


def _is_of_provider(act: Act, account: Account) -> bool:
    """Whether the account logs in through the company's provider alone: a password would still work after the account is disabled there."""
    return not account.password_hash and bool(act.uow.staff.issuers_of(account.id))


@query(Action.ACCOUNT_RESET)
def reset_account(act: Act, token: str) -> str:
    """The user name of the account whose password the link sets. Raises NotFound for a link that opens nothing any more."""
    return _account_of(act, token).username


def finish_reset(app: App, principal: Principal, command: FinishReset) -> NewSession | SecondStep:
    """Set the password, end all sessions, log in; a second factor is asked for as at any log in.

    Raises NotFound for the link, Invalid for the password, TooMany.
    """
    charge(app, ("token:network", network(command.client.address)))
    account = _peek(app, principal, command.token)
    new = passwords.hashed(passwords.checked(command.password, (account.name, account.username, account.address.partition("@")[0])))
    return _set_password(app, principal, _NewHash(account.id, new, command.client, command.token))


def change_password(app: App, principal: Principal, command: ChangePassword) -> NewSession | SecondStep:
    """Change one's own password; all other sessions end. Raises Invalid for the old or the new one, TooMany."""
    account = command.mine.account
    charge(app, ("login:pair", f"{network(command.client.address)} {account.username.lower()}"))
    own = (account.name, account.username, account.address.partition("@")[0])
    checked = all_checked(old=lambda: _own_password(account, command.old), new=lambda: passwords.checked(command.new, own, "new"))
    new = passwords.hashed(checked["new"])
    return _set_password(app, principal, _NewHash(account.id, new, command.client, method=command.mine.session.method, checked=account))


def _own_password(account: Account, password: str) -> str:
    if not passwords.matches(account.password_hash, password):
        raise _not_yours()
    return password


def _not_yours() -> Invalid:
    return Invalid("old", "wrong", "this is not your password")


@query(Action.ACCOUNT_RESET)
def _peek(act: Act, token: str) -> Account:
    """The account behind a link."""
    return _account_of(act, token)


@use_case(Action.ACCOUNT_RESET)
def _set_password(act: Act, command: _NewHash) -> NewSession | SecondStep:
    """Set the password, end every session of the account, begin a new one, and notify the owner by mail."""
    if command.token:
        links.open_link(act, PURPOSES, command.token)
        links.use(act, command.token)
    if command.checked and not act.uow.accounts.lock_as_checked(command.checked):
        raise _not_yours()  # somebody changed it meanwhile
    account = act.uow.accounts.get(command.account_id)
    if account is None or account.disabled:
        raise Invalid("name", "wrong", "this account cannot be used")
    changed = replace(account, password_hash=command.password_hash, logged_in_at=act.now)
    act.uow.accounts.set(account, changed)
    act.uow.accounts.end_sessions(account.id)
    act.uow.accounts.drop_links(account.id)
    facts = {"username": account.username, "forgotten": mails.link_to(act, "/password")}
    mails.notify(act, "account_password", account.address, account.language, facts)
    act.record(("account", account.id), detail={"client": command.client.address, "by_link": bool(command.token)})
    if command.token and is_on(changed):
        return ask_code(act, changed)
    return sessions.begin(act, changed, command.client, command.method)


def _account_of(act: Act, token: str) -> Account:
    link = links.open_link(act, PURPOSES, token)
    if link.account_id is None:
        raise NotFound("link", "unknown")
    account = act.uow.accounts.get(link.account_id)
    if account is None or account.disabled:
        raise Invalid("name", "wrong", "this account cannot be used")
    return account
