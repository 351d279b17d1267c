"""The second factor of staff: a code of an app beside the password, or one of ten recovery codes. In: codes as typed. Out: a session.

A code is taken once, and none that is older than one that was taken. Tries are counted by account, in the database, before they are looked
at; only somebody who knew the password can make them. A new secret can be confirmed for ten minutes, by the session that made it, so that
one that was left unconfirmed never replaces the second factor later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailgate.application.access import Action
from mailgate.application.accounts import codes, links, sealing, sessions
from mailgate.application.accounts.limits import charge, network
from mailgate.application.accounts.sessions import Client, LoggedIn, NewSession
from mailgate.application.app import App
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, query, use_case
from mailgate.errors import Forbidden, Invalid, NotFound
from mailgate.store.repositories.accounts import Account, SessionMethod

SET_UP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SecondStep:
    """The password was right; `token` stands for that in the browser until a code is given or `ends_at`."""

    token: str
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class GiveCode:
    """What was typed in the second step: a code of the app, or a recovery code."""

    token: str
    code: str
    client: Client


@dataclass(frozen=True, slots=True)
class SecondFactorView:
    """One's own second factor. `secret` and `link` while one is being set up: to be scanned or typed, else ""."""

    on: bool
    required: bool
    codes_left: int
    secret: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class UseCode:
    """A code of the principal's app, given while logged in."""

    mine: LoggedIn
    code: str


def is_on(account: Account) -> bool:
    """Whether the account asks for a code."""
    return bool(account.second_factor.secret)


def must_set_up(app: App, mine: LoggedIn) -> bool:
    """Whether the account must set up its second factor before it may do anything else. A provider's log in has its own."""
    required = app.settings.web.staff_second_factor == "required"
    return required and mine.account.kind == "staff" and mine.session.method != "oidc" and not is_on(mine.account)


def ask_code(act: Act, account: Account) -> SecondStep:
    """The second step of a log in: what the browser shows to prove the first one."""
    token = links.make(act, "second_factor", account_id=account.id)
    return SecondStep(token, act.now, act.now + links.VALID_FOR["second_factor"])


def give_code(app: App, principal: Principal, command: GiveCode) -> NewSession:
    """Finish the log in. Raises NotFound for a first step that is too old, Invalid for a wrong or taken code, TooMany."""
    account = _waiting(app, principal, command.token)
    charge(app, ("code:account", account.id), ("login:network", network(command.client.address)))
    return _finish(app, principal, command)


@query(Action.ACCOUNT_LOG_IN)
def _waiting(act: Act, token: str) -> Account:
    """The account whose password was right."""
    return _account(act, links.open_link(act, "second_factor", token).account_id)


@use_case(Action.ACCOUNT_LOG_IN)
def _finish(act: Act, command: GiveCode) -> NewSession:
    """Take the code and begin a session."""
    account = _account(act, links.open_link(act, "second_factor", command.token).account_id)
    method = _take(act, account, command.code)
    links.use(act, command.token)
    changed = replace(account, logged_in_at=act.now)
    act.uow.accounts.set(account, changed)
    act.uow.accounts.drop_links(account.id)
    act.record(("account", account.id), detail={"client": command.client.address, "method": method})
    return sessions.begin(act, changed, command.client, method)


@query(Action.ACCOUNT_OWN)
def show_second_factor(act: Act, mine: LoggedIn) -> SecondFactorView:
    """One's own second factor, with the secret while it is being set up."""
    account = _staff(act, mine)
    secret = _pending(act, account, mine)
    link = codes.app_link(secret, account.username, act.app.settings.service.company) if secret else ""
    required = act.app.settings.web.staff_second_factor == "required"
    return SecondFactorView(is_on(account), required, act.uow.staff.count_recovery_codes(account.id), secret or "", link)


def begin_set_up(app: App, principal: Principal, command: UseCode) -> None:
    """Make a new secret, to be confirmed by a code of it; where one is on, a code of that one proves that the owner is present.

    Raises Invalid for a wrong code, TooMany.
    """
    if is_on(command.mine.account):
        charge(app, ("code:account", command.mine.account.id))
    _begin(app, principal, command)


@use_case(Action.ACCOUNT_OWN)
def _begin(act: Act, command: UseCode) -> None:
    """Make a new secret. The one that counts goes on counting until the new one is confirmed."""
    account = _staff(act, command.mine)
    if is_on(account):
        _take(act, account, command.code)
    pending = f"{int(act.now.timestamp())} {codes.new_secret()}"
    act.uow.staff.set_pending_secret(account.id, sealing.seal(act.app.settings, _pending_purpose(account, command.mine), pending))
    act.record(("account", account.id), detail={"second_factor": "begun"})


def confirm_set_up(app: App, principal: Principal, command: UseCode) -> Sequence[str]:
    """Turn the second factor on; the recovery codes, which are shown this once. Raises Invalid for a wrong code, TooMany."""
    charge(app, ("code:account", command.mine.account.id))
    return _confirm(app, principal, command)


@use_case(Action.ACCOUNT_OWN)
def _confirm(act: Act, command: UseCode) -> Sequence[str]:
    """Turn the second factor on by a code of the new secret; all other sessions end."""
    account = _staff(act, command.mine)
    secret = _pending(act, account, command.mine)
    step = codes.step_of(secret, command.code, act.now) if secret else None
    if secret is None or step is None:
        raise _wrong()
    fresh = codes.new_recovery_codes()
    sealed = sealing.seal(act.app.settings, _purpose(account), secret)
    act.uow.staff.confirm_secret(account.id, sealed, step, [codes.recovery_hash(one) for one in fresh])
    ended = act.uow.accounts.end_sessions(account.id, but=command.mine.session.id)
    act.record(("account", account.id), detail={"second_factor": "on", "ended": ended})
    return fresh


def turn_off(app: App, principal: Principal, command: UseCode) -> None:
    """Turn it off, with a last code. Raises Forbidden where it is required, Invalid for a wrong code, TooMany."""
    charge(app, ("code:account", command.mine.account.id))
    _turn_off(app, principal, command)


@use_case(Action.ACCOUNT_OWN)
def _turn_off(act: Act, command: UseCode) -> None:
    """Turn one's own second factor off."""
    account = _staff(act, command.mine)
    if act.app.settings.web.staff_second_factor == "required":
        raise Forbidden(act.action.value, "web.staff_second_factor says that staff have one")
    _take(act, account, command.code)
    act.uow.staff.drop_secret(account.id)
    act.record(("account", account.id), detail={"second_factor": "off"})


def prove_owner(app: App, principal: Principal, command: UseCode) -> None:
    """Ask for a code before another way into the account is opened: a session that was left open must not be enough.

    Raises Invalid for a wrong code, TooMany.
    """
    charge(app, ("code:account", command.mine.account.id))
    _prove(app, principal, command)


@use_case(Action.ACCOUNT_OWN)
def _prove(act: Act, command: UseCode) -> None:
    """Take a code of one's own app."""
    account = _staff(act, command.mine)
    _take(act, account, command.code)
    act.record(("account", account.id), detail={"second_factor": "asked"})


@use_case(Action.ACCOUNT_MANAGE)
def remove_second_factor(act: Act, username: str) -> None:
    """Take the second factor off an account whose owner has lost app and recovery codes; its sessions end."""
    account = act.uow.accounts.by_login(username)
    if account is None:
        raise NotFound("account", username, f"there is no account {username}; mailgate account list")
    act.uow.staff.drop_secret(account.id)
    act.uow.accounts.end_sessions(account.id)
    act.record(("account", account.id), {"second_factor": is_on(account)}, {"second_factor": False})


def _take(act: Act, account: Account, code: str) -> SessionMethod:
    """Take a code of the app or a recovery code. Raises Invalid for a wrong one and for one that was taken."""
    if codes.looks_like_recovery(code):
        if not act.uow.staff.use_recovery_code(account.id, codes.recovery_hash(code)):
            raise _wrong()
        return "recovery"
    secret = _unsealed(act, account, account.second_factor.secret)
    step = codes.step_of(secret, code, act.now) if secret else None
    if step is None or not act.uow.staff.take_step(account.id, step):
        raise _wrong()
    return "totp"


def _pending(act: Act, account: Account, mine: LoggedIn) -> str | None:
    """The secret that this session is setting up; None when there is none, it is another session's, or it is too old."""
    opened = sealing.unseal(act.app.settings, _pending_purpose(account, mine), account.second_factor.pending)
    made_at, _, secret = (opened or "").partition(" ")
    return secret if secret and act.now.timestamp() - int(made_at) < SET_UP.total_seconds() else None


def _unsealed(act: Act, account: Account, sealed: str) -> str | None:
    return sealing.unseal(act.app.settings, _purpose(account), sealed)


def _purpose(account: Account) -> str:
    return f"totp {account.id}"


def _pending_purpose(account: Account, mine: LoggedIn) -> str:
    return f"totp {account.id} pending in {mine.session.id}"


def _account(act: Act, account_id: str | None) -> Account:
    account = act.uow.accounts.get(account_id or "")
    if account is None or account.disabled:
        raise Invalid("name", "wrong", "this account cannot be used")
    return account


def _staff(act: Act, mine: LoggedIn) -> Account:
    if mine.account.kind != "staff":
        raise Forbidden(act.action.value, "only staff have a second factor")
    return _account(act, mine.account.id)


def _wrong() -> Invalid:
    return Invalid("code", "wrong", "the code is wrong, or has been used")
