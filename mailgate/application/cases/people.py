"""Who takes part in a case: add, remove, approve, refuse. No notices; a new participant is notified from the next change on."""

from __future__ import annotations

from dataclasses import dataclass

from mailgate.application.access import Action, relation
from mailgate.application.cases import changing, showing
from mailgate.application.cases.views import CaseRow, ContactCaseRow
from mailgate.application.customers.contacts import refuse_ours
from mailgate.application.customers.look_up import contact_of
from mailgate.application.use_case import Act, use_case
from mailgate.application.words import mail_address
from mailgate.cases import changes, corrections
from mailgate.cases.changes import ChangeContext
from mailgate.cases.ids import new_id
from mailgate.cases.model import Case, Change, Contact
from mailgate.errors import Forbidden, NotAllowed, NotFound


@dataclass(frozen=True, slots=True)
class AddParticipant:
    """Add the contact with this address as a participant."""

    key: str
    address: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveParticipant:
    """Remove the participant with this address or id."""

    key: str
    who: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class DecideOnParticipant:
    """Approve or refuse the waiting colleague with this address."""

    key: str
    address: str
    reason: str = ""
    version: int | None = None


@use_case(Action.CASE_ADD_PARTICIPANT, policy=True)
def add_participant(act: Act, command: AddParticipant) -> CaseRow | ContactCaseRow:
    """Add a participant, or approve one who waits. A person from outside the company whom a customer adds waits for staff."""
    address = mail_address(command.address)
    if act.principal.is_staff:
        contact, approved = contact_of(act.uow, address), True
    else:
        changing.found(act, command.key)
        contact = _known_or_new(act, address)
        approved = contact.customer_id is not None and contact.customer_id == act.principal.customer_id
    case = changing.change(
        act,
        command.key,
        command.version,
        lambda case, context: changes.add_participant(case, contact, context, approved=approved),
        participant=address,
    )
    return showing.case_row(act, case)


@use_case(Action.CASE_REMOVE_PARTICIPANT, policy=True)
def remove_participant(act: Act, command: RemoveParticipant) -> CaseRow | ContactCaseRow:
    """Remove a participant. Contacts may leave a case; its reporter may remove others."""

    def make(case: Case, context: ChangeContext) -> Change:
        who = _participant(act, case, command.who)
        if relation(act.principal, case) == "participant" and who.id != act.principal.id:
            raise Forbidden(act.action.value, "a participant may only leave the case themselves")
        return changes.remove_participant(case, who.address, context)

    case = changing.change(act, command.key, command.version, make, participant=command.who)
    return showing.case_row(act, case)


@use_case(Action.CASE_APPROVE, policy=True)
def approve_participant(act: Act, command: DecideOnParticipant) -> CaseRow | ContactCaseRow:
    """Approve a colleague who wrote to the case and waits."""
    address = mail_address(command.address)

    def make(case: Case, context: ChangeContext) -> Change:
        person = case.participant(address)
        if person is None or person.approved:
            raise NotAllowed(f"{address} does not wait for approval in {case.key}")
        return changes.add_participant(case, person.contact, context)

    case = changing.change(act, command.key, command.version, make, reason=command.reason, participant=address)
    return showing.case_row(act, case)


@use_case(Action.CASE_REFUSE, policy=True)
def refuse_participant(act: Act, command: DecideOnParticipant) -> CaseRow | ContactCaseRow:
    """Turn down a waiting colleague. They are not notified."""
    address = mail_address(command.address)
    case = changing.change(
        act,
        command.key,
        command.version,
        lambda case, context: corrections.refuse_participant(case, address, context),
        reason=command.reason,
        participant=address,
    )
    return showing.case_row(act, case)


def _known_or_new(act: Act, address: str) -> Contact:
    """The contact with this address, made when there is none: a customer must not learn from the answer who is known to us."""
    known = act.uow.contacts.by_addresses([address]).get(address.lower())
    if known is not None:
        return known
    refuse_ours(act, address)
    fresh = Contact(new_id(act.now), act.uow.contacts.next_numbers(1)[0], address)
    act.uow.contacts.add([fresh])
    act.record(("contact", fresh.id), {}, {"address": address})
    return fresh


def _participant(act: Act, case: Case, who: str) -> Contact:
    """The contact of this id or address. Staff may name a contact who takes no part, which changes nothing."""
    found = next((one.contact for one in case.participants if who.lower() in (one.contact.id, one.contact.address.lower())), None)
    if found is not None:
        return found
    if not act.principal.is_staff:
        raise NotFound("participant", who)
    return contact_of(act.uow, mail_address(who))
