"""Two contacts who are one person become one. In: the address to leave out and the one to keep. Out: what was joined, with an audit row.

Cases, comments, choices and reply links of the one that is left out are the other's from then on; mail from its address is theirs, too.
It must never let a person see another customer's cases: contacts of two customers are not joined.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailgate.application.access import Action
from mailgate.application.audit import difference
from mailgate.application.customers.look_up import contact_of
from mailgate.application.use_case import Act, query, use_case
from mailgate.cases.model import Contact
from mailgate.errors import Invalid
from mailgate.store.repositories.accounts import Account


@dataclass(frozen=True, slots=True)
class JoinContacts:
    """`address`: of the contact who is left out. `into`: of the one who stays."""

    address: str
    into: str


@dataclass(frozen=True, slots=True)
class JoinedContacts:
    """What is joined. `cases`: how many the one that is left out takes part in. `account`: what becomes of their account.

    "" for none, "moved", or "ended" when the one that stays has an account that can be used: then the other cannot be used any more.
    """

    address: str
    into: str
    name: str
    customer_id: str
    cases: int
    account: str


@query(Action.CONTACT_JOIN)
def preview_join(act: Act, command: JoinContacts) -> JoinedContacts:
    """What joining them would change."""
    left_out, kept = _pair(act, command)
    return _joined(act, left_out, kept, act.uow.contacts.count_cases(left_out.id))


@use_case(Action.CONTACT_JOIN)
def join_contacts(act: Act, command: JoinContacts) -> JoinedContacts:
    """Join two contacts who are one person."""
    act.uow.contacts.lock([one.id for one in _pair(act, command)], whole=True)
    left_out, kept = _pair(act, command)  # as they are now that nobody else changes them, or gives one of them a case
    done = _joined(act, left_out, kept, 0)
    _settle_account(act, left_out, kept, done.account)
    moved = act.uow.contacts.join(left_out.id, kept.id)
    filled = replace(kept, name=done.name, customer_id=done.customer_id or None, language=kept.language or left_out.language)
    act.uow.contacts.set(filled)
    detail = {"joined": left_out.address, "contact_id": left_out.id, "cases": moved, "account": done.account}
    act.record(("contact", kept.id), *difference(kept, filled), detail=detail)
    return replace(done, cases=moved)


def _pair(act: Act, command: JoinContacts) -> tuple[Contact, Contact]:
    left_out, kept = contact_of(act.uow, command.address), contact_of(act.uow, command.into)
    if left_out.id == kept.id:
        raise Invalid("into", "same", f"{command.address} and {command.into} are one contact already")
    if left_out.customer_id and kept.customer_id and left_out.customer_id != kept.customer_id:
        text = f"{left_out.address} and {kept.address} belong to different customers; move one of them first"
        raise Invalid("into", "other_customer", text)
    return left_out, kept


def _joined(act: Act, left_out: Contact, kept: Contact, cases: int) -> JoinedContacts:
    customer = kept.customer_id or left_out.customer_id or ""
    return JoinedContacts(left_out.address, kept.address, kept.name or left_out.name, customer, cases, _outcome(act, left_out, kept))


def _outcome(act: Act, left_out: Contact, kept: Contact) -> str:
    """What becomes of the account of the one that is left out. One that is disabled stays so, and ends no other."""
    theirs, ours = _account(act, left_out), _account(act, kept)
    if theirs is None or (theirs.disabled and ours is not None):
        return ""
    return "moved" if ours is None or ours.disabled else "ended"


def _account(act: Act, contact: Contact) -> Account | None:
    return act.uow.accounts.of_contact(contact.id)


def _settle_account(act: Act, left_out: Contact, kept: Contact, outcome: str) -> None:
    theirs, ours = _account(act, left_out), _account(act, kept)
    if theirs is None or not outcome:
        return
    act.uow.accounts.end_sessions(theirs.id)
    if outcome == "ended":
        _change_account(act, theirs, replace(theirs, disabled=True))
        return
    if ours is not None:  # a contact has one account at most: make room first
        act.uow.accounts.set(ours, replace(ours, contact_id=None))
    _change_account(act, theirs, replace(theirs, contact_id=kept.id))
    if ours is not None:
        _change_account(act, ours, replace(ours, contact_id=left_out.id))


def _change_account(act: Act, before: Account, after: Account) -> None:
    act.uow.accounts.set(before, after)
    act.record(("account", before.id), *difference(before, after), reason="two contacts were joined")
