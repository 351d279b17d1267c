"""Take up a redirected mail behind the claim link of its answer: the mail becomes the draft of a case.

The page is neutral: it shows nothing of the mail. A code goes to the mail's own author, and only somebody who has it, or is logged in with
that address, gets the draft. One person takes a mail, and makes one case of it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.accounts import links, mails, sessions
from mailgate.application.accounts.limits import charge, network
from mailgate.application.accounts.sessions import Client, NewSession
from mailgate.application.app import App
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, query, use_case
from mailgate.cases.link_tokens import digest
from mailgate.errors import Invalid, NotFound
from mailgate.mail.smtp_address import folded
from mailgate.store.repositories.accounts import Account

CODE_DIGITS = 8


@dataclass(frozen=True, slots=True)
class AskForCode:
    """Somebody claims to have written the mail: the code goes to its author."""

    token: str
    language: str
    client: Client


@dataclass(frozen=True, slots=True)
class EnterCode:
    """The code as typed; blanks and hyphens in it do not matter."""

    token: str
    code: str
    language: str
    client: Client


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who proved to be the author. `journal_id`: the mail, whose draft is theirs now. `session`: of the account that they have;
    `register`: the token with which they make one, "" for none.
    """

    journal_id: str
    session: NewSession | None = None
    register: str = ""


@query(Action.LINK_CLAIM)
def claim_is_open(act: Act, token: str) -> bool:
    """True for a link that can be used. Raises NotFound otherwise."""
    _opened(act, token)
    return True


def ask_for_code(app: App, principal: Principal, command: AskForCode) -> Claimed | None:
    """Mail a code to the author. Somebody who is logged in with the author's address needs none: the mail is theirs. Raises NotFound,
    TooMany.
    """
    author = _author(app, principal, command.token)
    where = network(command.client.address)
    charge(app, ("claim:pair", f"{where} {author}"), ("claim:address", author), ("mail:network", where))
    return _mail_code(app, principal, command)


@query(Action.LINK_CLAIM)
def _author(act: Act, token: str) -> str:
    """Address of the author of the mail behind a claim link."""
    return _opened(act, token)[1]


@use_case(Action.LINK_CLAIM)
def _mail_code(act: Act, command: AskForCode) -> Claimed | None:
    """Mail a code to the author of the mail, or give the mail to its author who is logged in."""
    journal_id, author = _opened(act, command.token)
    act.uow.portal.open_claim(journal_id, act.now)
    if act.principal.kind == "contact" and _is_address_of(act, act.principal.id, author):
        _take(act, journal_id, act.principal.id)
        return Claimed(journal_id)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    links.make(act, "claim_code", address=author, facts={"journal_id": journal_id}, token=_secret(command.token, code))
    mails.notify(act, "claim_code", author, command.language, {"code": f"{code[:4]} {code[4:]}"})
    act.record(("journal", journal_id), detail={"code": "mailed"})
    return None


@use_case(Action.LINK_CLAIM)
def deny_claim(act: Act, token: str) -> None:
    """Say that one did not write the mail: the link opens nothing any more."""
    journal_id, _ = _opened(act, token)
    act.uow.portal.open_claim(journal_id, act.now)
    if act.uow.portal.deny_claim(journal_id, act.now):
        act.record(("journal", journal_id), detail={"denied": True})
    else:
        act.unchanged()


def enter_code(app: App, principal: Principal, command: EnterCode) -> Claimed:
    """Take the mailed code, which proves to be the author. Raises NotFound for the link, Invalid for the code, TooMany."""
    charge(app, ("claim:code", digest(command.token)), ("token:network", network(command.client.address)))
    return _claim(app, principal, command)


@use_case(Action.LINK_CLAIM)
def _claim(act: Act, command: EnterCode) -> Claimed:
    """Use the code up; log in with the account of the author's address, or let one be made."""
    journal_id, author = _opened(act, command.token)
    secret = _secret(command.token, "".join(sign for sign in command.code if sign.isdigit()))
    try:
        links.open_link(act, "claim_code", secret)
    except NotFound:
        raise Invalid("code", "not_mailed", "this is not the code that was mailed") from None
    links.use(act, secret)
    account = act.uow.accounts.by_address(author)
    if account is None:
        facts = {"mail": journal_id, "language": command.language}
        act.record(("journal", journal_id), detail={"code": "right"})
        return Claimed(journal_id, register=links.make(act, "register", address=author, facts=facts))
    _take(act, journal_id, _contact_of(account))
    return Claimed(journal_id, sessions.begin(act, account, command.client))


def _contact_of(account: Account) -> str:
    """The contact of an account that may log in by a code: not staff, who have a second factor, and none that is kept out."""
    if account.disabled or account.contact_id is None:
        raise NotFound("mail_link", "unknown")
    return account.contact_id


def _take(act: Act, journal_id: str, contact_id: str) -> None:
    if not act.uow.portal.take_claim(journal_id, contact_id, act.now):
        raise NotFound("mail_link", "used")
    act.record(("journal", journal_id), after={"claimed_by": contact_id})


def _opened(act: Act, token: str) -> tuple[str, str]:
    """Journal id and author of the mail. Raises NotFound for a link that was denied, whose mail another person has, or that is no link."""
    link = links.open_link(act, "claim", token)
    journal_id = link.facts["journal_id"]
    claim = act.uow.portal.claim(journal_id)
    if claim is not None and (claim.denied_at is not None or claim.case_key):
        raise NotFound("mail_link", "used")
    if claim is not None and claim.contact_id not in (None, act.principal.id):
        raise NotFound("mail_link", "used")
    decision = act.uow.journal.get(journal_id).decision
    if decision is None or not decision.author:
        raise NotFound("mail_link", "unknown")
    return journal_id, folded(decision.author)


def _is_address_of(act: Act, contact_id: str, address: str) -> bool:
    contact = act.uow.contacts.get([contact_id]).get(contact_id)
    return contact is not None and folded(contact.address) == address


def _secret(token: str, code: str) -> str:
    """What a code is stored under: it can be guessed by nobody who does not have the link."""
    return f"{token} {code}"
