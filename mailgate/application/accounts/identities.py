"""Log in by an OpenID provider: who it says that somebody is becomes a session of a staff account. In: verified claims. Out: a session.

An account is linked to the provider's subject, never found by a mail address. What roles its groups mean is in the settings alone.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mailgate.application.access import Action
from mailgate.application.accounts import links, passwords, sessions
from mailgate.application.accounts.limits import charge, network
from mailgate.application.accounts.register import checked_username
from mailgate.application.accounts.second_factor import UseCode, is_on, prove_owner
from mailgate.application.accounts.sessions import Client, LoggedIn, NewSession
from mailgate.application.app import App
from mailgate.application.principal import Principal, visitor
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import MAX_LINE_CHARS, mail_address
from mailgate.cases.ids import new_id
from mailgate.cases.link_tokens import digest, fresh_token
from mailgate.errors import Invalid, NotFound
from mailgate.store.repositories.accounts import Account


@dataclass(frozen=True, slots=True)
class Identity:
    """What a provider has signed about somebody. `subject` names them for ever; the rest may change.

    `address_verified` False: the provider says that nobody has proved to have the address.
    """

    issuer: str
    subject: str
    username: str = ""
    address: str = ""
    name: str = ""
    groups: Sequence[str] = ()
    address_verified: bool = True


@dataclass(frozen=True, slots=True)
class BeginAtProvider:
    """What must come back from the provider. `nonce` and `verifier` are random; `next` is where to go then; `link_to` is the account to be
    linked, "" to log in.
    """

    nonce: str
    verifier: str
    next: str
    link_to: str
    client: Client


@dataclass(frozen=True, slots=True)
class OwnerProof:
    """That the owner sits in a session: `code` of the second factor where one is on, else `password`, where the account has one."""

    mine: LoggedIn
    client: Client
    code: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """`state` goes to the provider and comes back, `browser` stays in the browser: both are needed to go on."""

    state: str
    browser: str


@dataclass(frozen=True, slots=True)
class ComeBack:
    """What came back, and what the browser had kept."""

    state: str
    browser: str
    client: Client


@dataclass(frozen=True, slots=True)
class ByIdentity:
    """A verified identity, from this client. `link_to`: id of the account that asked to be linked, "" to log in."""

    identity: Identity
    client: Client
    link_to: str = ""


def begin_at_provider(app: App, principal: Principal, command: BeginAtProvider) -> Begun:
    """Remember a log in that goes on at the provider, for ten minutes. Raises TooMany."""
    charge(app, ("login:network", network(command.client.address)))
    return _begin(app, principal, command)


def begin_link(app: App, principal: Principal, command: BeginAtProvider, proof: OwnerProof) -> Begun:
    """The same, to link one's own account. The owner proves to be present, since a new password does not end this way in.

    Raises Invalid (field `old_code` or `link_password`) for a wrong proof, TooMany.
    """
    _check(app, principal, proof)
    return begin_at_provider(app, visitor(principal.language), replace(command, link_to=proof.mine.account.id))


def end_link(app: App, principal: Principal, proof: OwnerProof) -> None:
    """End the link of one's own account, which has a password: all other sessions end. Raises as `begin_link` does."""
    if not proof.mine.account.password_hash:
        raise Invalid("link_password", "wrong", "the provider alone lets this account in")
    _check(app, principal, proof)
    _end_link(app, principal, proof.mine)


def _check(app: App, principal: Principal, proof: OwnerProof) -> None:
    account = proof.mine.account
    if is_on(account):
        prove_owner(app, principal, UseCode(proof.mine, proof.code))
    elif account.password_hash:
        charge(app, ("login:pair", f"{network(proof.client.address)} {account.username.lower()}"))
        if not passwords.matches(account.password_hash, proof.password):
            raise Invalid("link_password", "wrong", "this is not your password")


@use_case(Action.ACCOUNT_OWN)
def _end_link(act: Act, mine: LoggedIn) -> None:
    """End the link of one's own account."""
    ended = act.uow.staff.unlink(mine.account.id)
    act.uow.accounts.end_sessions(mine.account.id, but=mine.session.id)
    act.record(("account", mine.account.id), {"linked_to": ended}, {"linked_to": []})


@use_case(Action.ACCOUNT_MANAGE)
def unlink_account(act: Act, username: str) -> Sequence[str]:
    """End an account's links to OpenID providers, and its sessions; which providers these were. Raises NotFound."""
    account = act.uow.accounts.by_login(username)
    if account is None:
        raise NotFound("account", username, f"there is no account {username}; mailgate account list")
    ended = act.uow.staff.unlink(account.id)
    act.uow.accounts.end_sessions(account.id)
    act.record(("account", account.id), {"linked_to": ended}, {"linked_to": []})
    return ended


@use_case(Action.ACCOUNT_LOG_IN)
def _begin(act: Act, command: BeginAtProvider) -> Begun:
    """Remember a log in that goes on at the provider."""
    browser = fresh_token()
    facts = {"nonce": command.nonce, "verifier": command.verifier, "next": command.next, "link_to": command.link_to}
    state = links.make(act, "oidc", facts={**facts, "browser": digest(browser)})
    act.unchanged()
    return Begun(state, browser)


@use_case(Action.ACCOUNT_LOG_IN)
def come_back(act: Act, command: ComeBack) -> BeginAtProvider:
    """What was remembered; it is used up. Raises NotFound for another browser, another or a used state, and after ten minutes."""
    facts = links.open_link(act, "oidc", command.state).facts
    if not hmac.compare_digest(facts["browser"], digest(command.browser)):
        raise NotFound("link", "unknown")
    links.use(act, command.state)
    act.unchanged()
    return BeginAtProvider(facts["nonce"], facts["verifier"], facts["next"], facts["link_to"], command.client)


@use_case(Action.ACCOUNT_LOG_IN)
def log_in_by_identity(act: Act, command: ByIdentity) -> NewSession:
    """Begin a session of the linked account; one that is new here is made when the provider's groups give it a role.

    Raises Invalid: `unknown` for somebody who has no account and no role, `taken` when another account has the address or user name.
    """
    identity, mapping = command.identity, _roles_of_groups(act.app)
    roles = _roles(identity, mapping)
    known = act.uow.staff.account_of(identity.issuer, identity.subject)
    account = act.uow.accounts.get(known) if known else _new_account(act, identity, roles)
    if account is None or account.disabled or (mapping and not roles):
        raise Invalid("openid", "unknown", "the provider's account has no access here")
    after = replace(account, roles=roles if mapping else account.roles, logged_in_at=act.now)
    act.uow.accounts.set(account, after)
    before, now = ({"roles": one.roles} if account.roles != after.roles else {} for one in (account, after))
    act.record(("account", account.id), before, now, detail={"client": command.client.address, "method": "oidc"})
    return sessions.begin(act, after, command.client, "oidc")


@use_case(Action.ACCOUNT_OWN)
def link_identity(act: Act, command: ByIdentity) -> None:
    """Link one's own account to a subject of the provider. Raises Invalid when the subject has another account."""
    identity = command.identity
    known = act.uow.staff.account_of(identity.issuer, identity.subject)
    if known not in (None, command.link_to):
        raise Invalid("openid", "taken", "this account at the provider is linked to another one here")
    account = act.uow.accounts.get(command.link_to)
    if account is None or account.id != act.principal.id or account.kind != "staff":
        raise Invalid("openid", "unknown", "this account cannot be linked")
    if known is None:
        act.uow.staff.link_identity(identity.issuer, identity.subject, account.id)
    act.record(("account", account.id), detail={"linked_to": identity.issuer})


@query(Action.ACCOUNT_OWN)
def is_linked(act: Act, mine: LoggedIn) -> bool:
    """Whether one's own account is linked to the provider of the settings."""
    issuers = act.uow.staff.issuers_of(mine.account.id)
    return any(one.rstrip("/") == act.app.settings.openid.issuer for one in issuers)


def _roles_of_groups(app: App) -> dict[str, tuple[str, ...]]:
    """Role -> the provider's groups that mean it; {} when roles are given here and not there."""
    wanted = app.settings.openid
    found = {"agent": wanted.agent_groups, "operator": wanted.operator_groups, "admin": wanted.admin_groups}
    return {role: groups for role, groups in found.items() if groups}


def _roles(identity: Identity, mapping: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(role for role, groups in mapping.items() if set(groups) & set(identity.groups))


def _new_account(act: Act, identity: Identity, roles: tuple[str, ...]) -> Account | None:
    if not roles:
        return None
    if not identity.address_verified:
        raise Invalid("openid", "unverified", "the provider has not verified the mail address")
    address = mail_address(identity.address, "openid")
    named = checked_username(identity.username or address)
    username = address if "@" in named else named  # a name that is a mail address would be taken for its owner
    if act.uow.accounts.by_login(username) or act.uow.accounts.by_address(address):
        raise Invalid("openid", "taken", "an account here has this address or user name; log in with its password and link it")
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in identity.name).split())[:MAX_LINE_CHARS]
    new = Account(new_id(act.now), "staff", username, address, act.now, name=name, roles=roles)
    act.uow.accounts.add(new)
    act.uow.staff.link_identity(identity.issuer, identity.subject, new.id)
    return new
