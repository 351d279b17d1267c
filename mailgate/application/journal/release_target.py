"""Where a released mail would go: the case, whose it is, and who would be notified. In: entries, perhaps a case. Out: targets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mailgate.application.access import may_answer_by_mail
from mailgate.application.use_case import Act
from mailgate.cases.model import Case
from mailgate.store.rows import JournalEntry


@dataclass(frozen=True, slots=True)
class ReleaseTarget:
    """The case that one mail would become a comment on.

    `customer` and `author_customer`: names, "" for none. `notified`: who would get the author's words by mail. `crosses`: the author
    neither takes part in the case nor belongs to its customer, and would take part in it from then on.
    Staff cross where their mail was not matched.
    """

    journal_id: str
    author: str
    author_customer: str
    case: str
    summary: str
    customer: str
    notified: Sequence[str]
    crosses: bool


def release_targets(act: Act, entries: Sequence[JournalEntry], number: int | None) -> list[ReleaseTarget]:
    """One for each entry that has a case: the named one, else the one that was matched."""
    if number is not None:
        cases = dict.fromkeys((one.id for one in entries), act.uow.cases.by_numbers([number])[number])
    else:
        matched = {one.id: one.decision.case_id for one in entries if one.decision and one.decision.case_id}
        known = act.uow.cases.by_ids(set(matched.values()))
        cases = {id_: known[case_id] for id_, case_id in matched.items() if case_id in known}
    staff = staff_among(act, {one.decision.author.lower() for one in entries if one.decision})
    return [_target(act, one, cases[one.id], staff) for one in entries if one.id in cases]


def staff_among(act: Act, addresses: Collection[str]) -> frozenset[str]:
    """Those of these addresses (lower case) whose mail is a comment of ours."""
    return frozenset(address for address, one in act.uow.staff.by_addresses(addresses).items() if may_answer_by_mail(one.roles))


def _target(act: Act, entry: JournalEntry, case: Case, staff: Collection[str]) -> ReleaseTarget:
    author = entry.decision.author if entry.decision else ""
    theirs = _customer_of(act, author)
    names = {id_: one.name for id_, one in act.uow.customers.get({id_ for id_ in (theirs, case.customer_id) if id_}).items()}
    person = case.participant(author)
    takes_part = person is not None and person.approved
    ours = author.lower() in staff and entry.decision is not None and entry.decision.case_id == case.id
    notified = [one.contact.address for one in case.participants if one.approved and one.contact.address.lower() != author.lower()]
    return ReleaseTarget(
        entry.id, author, names.get(theirs or "", ""), case.key, case.summary, names.get(case.customer_id or "", ""), notified,
        crosses=not takes_part and not ours and (case.customer_id is None or theirs != case.customer_id),
    )  # fmt: skip


def _customer_of(act: Act, address: str) -> str | None:
    """Id of the customer that a person belongs to: as registered, else by their mail domain."""
    contact = act.uow.contacts.by_addresses([address.lower()]).get(address.lower())
    if contact is not None:
        return contact.customer_id
    company = act.uow.customers.by_domains([address.lower().rpartition("@")[2]]).get(address.lower().rpartition("@")[2])
    return company.id if company else None
