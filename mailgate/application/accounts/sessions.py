"""Sessions: one per logged-in browser, in the database, with an idle and an absolute end. In: a token from a cookie. Out: who acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.principal import Principal, contact_principal, staff_kind
from mailgate.application.use_case import Act, query, use_case
from mailgate.cases.ids import new_id
from mailgate.cases.link_tokens import digest, fresh_token
from mailgate.store.repositories.accounts import Account, Session, SessionMethod
from mailgate.store.unit_of_work import UnitOfWork

IDLE_END = timedelta(days=7)
ABSOLUTE_END = timedelta(days=30)
STAFF_IDLE_END = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)
AGENT_MAX_CHARS = 200


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: network address and what the browser calls itself."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session as the browser gets it: the only time that the token is seen."""

    token: str
    begins_at: datetime
    ends_at: datetime
    account: Account


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session that is good, and who acts in it."""

    session: Session
    account: Account
    principal: Principal


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session for its owner. `this` is the one that asks."""

    id: str
    created_at: datetime
    seen_at: datetime
    client: str
    agent: str
    this: bool


def begin(act: Act, account: Account, client: Client, method: SessionMethod = "password") -> NewSession:
    """A new session with a new token, so that no token from before the login is valid (session fixation)."""
    token = fresh_token()
    session = Session(
        new_id(act.now), account.id, act.now, act.now, act.now + ABSOLUTE_END, client.address, client.agent[:AGENT_MAX_CHARS], method
    )  # fmt: skip
    act.uow.accounts.begin_session(digest(token), session)
    return NewSession(token, session.created_at, session.expires_at, account)


def logged_in(app: App, token: str, *, by_person: bool = True) -> LoggedIn | None:
    """Who acts in the session with this token; None when it has ended. Remembers now and then that it was used, unless it is not
    `by_person`: a page that lies open must not keep its session alive.
    """
    now, key = app.now(), digest(token)
    with app.store.reading() as uow:
        found = uow.accounts.session(key, now)
        principal = _principal(uow, found[1]) if found else None
    if found is None or principal is None or now - found[0].seen_at > _idle_end(found[1]):
        return None
    if by_person and now - found[0].seen_at > SEEN_EVERY:
        with app.store.transaction() as uow:
            uow.accounts.touch_session(key, now)
    return LoggedIn(found[0], found[1], principal)


def _idle_end(account: Account) -> timedelta:
    return STAFF_IDLE_END if account.kind == "staff" else IDLE_END


def _principal(uow: UnitOfWork, account: Account) -> Principal | None:
    if account.kind == "contact":
        contact = uow.contacts.get([account.contact_id or ""]).get(account.contact_id or "")
        if contact is None:
            return None
        return replace(contact_principal(contact), language=account.language)
    return Principal(
        staff_kind(account.roles), account.id, account.name or account.username, frozenset(account.roles), language=account.language
    )


@use_case(Action.ACCOUNT_OWN)
def log_out(act: Act, token: str) -> None:
    """End the session with this token."""
    act.uow.accounts.end_session(digest(token))
    act.unchanged()


@query(Action.ACCOUNT_OWN)
def list_sessions(act: Act, mine: LoggedIn) -> Sequence[SessionView]:
    """The sessions of the principal's account, last used first."""
    return [
        SessionView(one.id, one.created_at, one.seen_at, one.client, one.agent, one.id == mine.session.id)
        for one in act.uow.accounts.sessions_of(mine.account.id, act.now)
    ]


@dataclass(frozen=True, slots=True)
class EndSessions:
    """End one session of the principal by its id, or all of them (None)."""

    mine: LoggedIn
    session_id: str | None = None


@use_case(Action.ACCOUNT_OWN)
def end_sessions(act: Act, command: EndSessions) -> int:
    """End sessions of the principal's account; returns how many."""
    count = act.uow.accounts.end_sessions(command.mine.account.id, session_id=command.session_id)
    act.record(("account", command.mine.account.id), detail={"ended": count})
    return count
