"""Log in by user name or mail address. In: what was typed. Out: a new session, or one error that does not say what was wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailgate.application.access import Action
from mailgate.application.accounts import passwords, sessions
from mailgate.application.accounts.limits import charge, network
from mailgate.application.accounts.second_factor import SecondStep, ask_code, is_on
from mailgate.application.accounts.sessions import Client, NewSession
from mailgate.application.app import App
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, use_case
from mailgate.errors import Invalid
from mailgate.store.repositories.accounts import Account

NAME_MAX_CHARS = 320


@dataclass(frozen=True, slots=True)
class LogIn:
    """What was typed. `name` is a user name or mail address."""

    name: str
    password: str
    client: Client


@dataclass(frozen=True, slots=True)
class _Known:
    account: Account
    client: Client


def log_in(app: App, principal: Principal, command: LogIn) -> NewSession | SecondStep:
    """A new session, or the second step of an account that asks for a code.

    Raises Invalid (code `wrong`) for whatever is wrong, and TooMany before the password is looked at.
    """
    name = command.name.strip().lower()[:NAME_MAX_CHARS]
    _refuse_empty(name, command.password)
    where = network(command.client.address)
    charge(app, ("login:pair", f"{where} {name}"), ("login:network", where), ("login:account", name))
    with app.store.reading() as uow:
        account = uow.accounts.by_login(name)
    right = passwords.matches(account.password_hash if account else "", command.password)
    if not right or account is None or account.disabled:
        raise _wrong()
    return _begin(app, principal, _Known(account, command.client))


def _refuse_empty(name: str, password: str) -> None:
    text = "fill in user name and password"
    empty = [Invalid(field, "empty", text) for field, value in (("name", name), ("password", password)) if not value]
    if empty:
        raise empty[0].along_with(empty[1:])


@use_case(Action.ACCOUNT_LOG_IN)
def _begin(act: Act, command: _Known) -> NewSession | SecondStep:
    """Begin a session for an account whose password was right. Links for a new password that were mailed before are void.

    Checking takes long, and can be made to wait: a password that was changed meanwhile lets nobody in.
    """
    if not act.uow.accounts.lock_as_checked(command.account):
        raise _wrong()
    if is_on(command.account):
        act.record(("account", command.account.id), detail={"client": command.client.address, "asked": "code"})
        return ask_code(act, command.account)
    account = replace(command.account, logged_in_at=act.now)
    act.uow.accounts.set(command.account, account)
    act.uow.accounts.drop_links(account.id)
    act.record(("account", account.id), detail={"client": command.client.address})
    return sessions.begin(act, account, command.client)


def _wrong() -> Invalid:
    return Invalid("name", "wrong", "wrong user name or password")
