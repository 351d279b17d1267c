"""A case as it was at an earlier time, from what is kept of it. In: the case as it is now, and its events. Out: cases of the past. Pure.

The events say what changed and when: status, assignee, fields, people. What no event records (the summary, a customer's agreement) is taken
as it is now. Backtests use it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mailgate.cases.model import Case, CaseEvent, CommentKind, Contact, Participant
from mailgate.cases.workflow import Workflow

_COMMENTING = frozenset({"comment_added", "note_added"})


@dataclass(frozen=True, slots=True)
class MailComment:
    """A comment that mail has made: which mail, and when."""

    id: str
    journal_id: str
    kind: CommentKind
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What is kept of one case: how it stands now, all its events in order, the comments that mail made, and its people by address
    (lower case), those who have left, too.
    """

    case: Case
    events: Sequence[CaseEvent]
    by_mail: Sequence[MailComment] = ()
    people: Mapping[str, Contact] = field(default_factory=dict)


def beginning(record: CaseRecord) -> Case:
    """The case as it was made."""
    case, events = record.case, record.events
    made = next((event.facts for event in events if event.kind == "case_created"), {})
    status = made.get("status") or _first(events, "status_changed", "from") or case.status
    fields: dict[str, Any] = {name: _first_value(events, name, getattr(case, name)) for name in ("priority", "case_type", "component")}
    assignee = next((event.facts.get("from", "") for event in events if event.kind == "assignee_changed"), case.assignee)
    people = tuple(Participant(person, _role(case, person)) for person in _first_people(record))
    return replace(case, status=status, assignee=assignee, resolved_at=None, participants=people, **fields)


def after(case: Case, event: CaseEvent, workflow: Workflow, people: Mapping[str, Contact]) -> Case:
    """The case after one more of its events. What a status means is the workflow's to say."""
    facts = event.facts
    if event.kind == "status_changed":
        return moved(case, facts.get("to", case.status), event.at, workflow)
    if event.kind == "assignee_changed":
        return replace(case, assignee=facts.get("to", ""))
    if event.kind == "field_changed" and facts.get("field") in ("priority", "case_type", "component"):
        change: dict[str, Any] = {facts["field"]: facts.get("to", "")}
        return replace(case, **change)
    if event.kind == "participant_added":
        return _joined(case, facts, people)
    if event.kind == "participant_removed":
        gone = facts.get("address", "").lower()
        return replace(case, participants=tuple(one for one in case.participants if one.contact.address.lower() != gone))
    return case


def moved(case: Case, status: str, at: datetime, workflow: Workflow) -> Case:
    """The case in another status. `resolved_at` follows as in `changes`."""
    meaning = workflow.status(status)
    resolved_at = at if meaning.solved else case.resolved_at if meaning.final else None
    return replace(case, status=status, resolved_at=resolved_at)


def outside(record: CaseRecord, mails: Collection[str]) -> list[CaseEvent]:
    """The events that none of these mails (journal ids) has made: what people did, and what other mail did.

    Events do not name their mail. A mail's comment does, and what else the mail changed follows it at once, by the same actor at the same
    time.
    """
    made_by = {one.id: one.journal_id for one in record.by_mail}
    found, owner, before = [], "", None
    for event in record.events:
        if event.kind in _COMMENTING:
            owner = made_by.get(event.facts.get("comment_id", ""), "")
        elif before is None or (event.actor, event.at) != (before.actor, before.at):
            owner = ""
        before = event
        if owner not in mails:
            found.append(event)
    return found


def _first(events: Sequence[CaseEvent], kind: str, name: str) -> str:
    return next((event.facts.get(name, "") for event in events if event.kind == kind), "")


def _first_value(events: Sequence[CaseEvent], name: str, otherwise: str) -> str:
    changes = (event.facts for event in events if event.kind == "field_changed" and event.facts.get("field") == name)
    return next((facts.get("from", "") for facts in changes), otherwise)


def _first_people(record: CaseRecord) -> list[Contact]:
    """Who took part from the beginning: those of whom no event says first that they came."""
    first_kinds: dict[str, str] = {}
    for event in record.events:
        if event.kind in ("participant_added", "participant_removed"):
            first_kinds.setdefault(event.facts.get("address", "").lower(), event.kind)
    stayed = [one.contact for one in record.case.participants if first_kinds.get(one.contact.address.lower()) != "participant_added"]
    left = [record.people[address] for address, kind in first_kinds.items() if kind == "participant_removed" and address in record.people]
    known = {one.id for one in stayed}
    return stayed + [one for one in left if one.id not in known]


def _role(case: Case, person: Contact) -> Any:
    return "reporter" if person.id == case.reporter_id else "participant"


def _joined(case: Case, facts: Mapping[str, str], people: Mapping[str, Contact]) -> Case:
    address, approved = facts.get("address", "").lower(), facts.get("approved") == "yes"
    known = case.participant(address)
    others = tuple(one for one in case.participants if one is not known)
    if known is not None:
        return replace(case, participants=(*others, replace(known, approved=known.approved or approved)))
    person = people.get(address)
    return replace(case, participants=(*others, Participant(person, approved=approved))) if person else case
