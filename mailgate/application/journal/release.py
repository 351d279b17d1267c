"""Let held mail through. In: which entries, and as what. Out: the moves.

Intake then applies the decision, which is stored with the entry, on its one path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from mailgate.application.access import Action
from mailgate.application.audit import difference
from mailgate.application.journal.moves import left_behind, of_states, recorded
from mailgate.application.journal.release_target import ReleaseTarget, release_targets, staff_among
from mailgate.application.journal.selection import STATES_OF, Selection, chunks, selected
from mailgate.application.journal.views import Move, Moved
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import line_or_empty, one_of
from mailgate.cases.ids import new_id
from mailgate.cases.model import Contact, Customer
from mailgate.errors import NotAllowed
from mailgate.rules.operator_decision import RELEASE_DISPOSITIONS, OperatorDecision
from mailgate.rules.policy import Disposition
from mailgate.store.rows import JournalEntry

POLICY = "policy"
DISPOSITIONS: Sequence[str] = (*RELEASE_DISPOSITIONS, POLICY)
"""What `Release.disposition` may be; `policy` lets the active policy decide again."""


@dataclass(frozen=True, slots=True)
class Release:
    """`case`: the key of the case that the mail belongs to, "" for the one that was matched.

    `across`: the key of that case again, when it is meant that the author belongs to another customer.
    """

    selection: Selection
    disposition: str = "comment"
    case: str = ""
    reason: str = ""
    across: str = ""


@query(Action.JOURNAL_READ)
def show_targets(act: Act, command: Release) -> Sequence[ReleaseTarget]:
    """Show which cases the mails would go to, and who would be notified. Changes nothing; only for entries named by id."""
    if command.disposition != "comment" or not command.selection.ids:
        return []
    number = _number(act, command)
    entries = act.uow.journal.by_ids(selected(act.uow, "release", command.selection))
    held = of_states(entries, STATES_OF["release"])
    return release_targets(act, list(held.values()), number)


@use_case(Action.JOURNAL_RELEASE)
def release(act: Act, command: Release) -> Moved:
    """Let held entries through; as a comment or a new case, the author becomes a contact."""
    disposition = one_of(command.disposition, DISPOSITIONS, "disposition", "--disposition")
    reason = line_or_empty(command.reason, "reason", "the reason")
    number = _number(act, command)
    again = disposition == POLICY
    decision = OperatorDecision(None if again else cast(Disposition, disposition), act.principal.name, number, again=again)
    detail = {"disposition": disposition} | ({"case": command.case} if command.case else {})
    wanted, moves = selected(act.uow, "release", command.selection), list[Move]()
    for part in chunks(wanted):
        before = of_states(act.uow.journal.lock(part), STATES_OF["release"])
        if disposition == "comment":
            _refuse_crossing(release_targets(act, list(before.values()), number), command.across)
        if disposition in ("comment", "create"):
            _add_contacts(act, list(before.values()), as_customers=disposition == "create")
        due_at = act.now + timedelta(seconds=act.app.settings.outbound.hold_back_s)
        act.uow.journal.reopen(before.keys(), due_at, from_states=STATES_OF["release"], operator_decision=decision)
        moves += recorded(act, before, "pending", reason, detail)
    return left_behind(act, wanted, moves)


def _number(act: Act, command: Release) -> int | None:
    return act.uow.cases.get(command.case).number if command.case else None


def _refuse_crossing(targets: Sequence[ReleaseTarget], across: str) -> None:
    """A customer's people must not read a stranger's words, nor the stranger theirs, because of one wrong digit."""
    for one in targets:
        if one.crosses and one.case != across.upper():
            whose = f"{one.case} ({one.summary}) is a case of {one.customer or 'no customer'}"
            who = f"{one.author} belongs to {one.author_customer or 'no customer'}, and would take part in it"
            notified = f"; {', '.join(one.notified)} would be notified" if one.notified else ""
            raise NotAllowed(f"{whose}; {who}{notified}; nothing has changed: say --across-customers {one.case} if that is meant")


def _add_contacts(act: Act, entries: Sequence[JournalEntry], *, as_customers: bool) -> None:
    """Make contacts of the authors who are none yet: only a contact can take part in a case. Staff comment as staff."""
    authors = {one.author.lower(): one.author for one in (entry.decision for entry in entries) if one and one.author}
    known = act.uow.contacts.by_addresses(list(authors)).keys() | (set() if as_customers else staff_among(act, authors))
    fresh = [authors[address] for address in sorted(authors.keys() - known)]
    companies = act.uow.customers.by_domains([address.lower().rpartition("@")[2] for address in fresh])
    numbers = act.uow.contacts.next_numbers(len(fresh)) if fresh else range(0)
    made = [_contact(act, address, number, companies) for address, number in zip(fresh, numbers, strict=True)]
    act.uow.contacts.add(made)
    for contact in made:
        act.record(("contact", contact.id), *difference(None, contact), reason="their held mail was released")


def _contact(act: Act, address: str, number: int, companies: Mapping[str, Customer]) -> Contact:
    company = companies.get(address.lower().rpartition("@")[2])
    return Contact(new_id(act.now), number, address, customer_id=company.id if company else None)
