"""The operations on a case. In: the case as locked, what is wanted, who asks and when. Out: a `Change`, the case after it and what it adds.

Pure: nothing is written, sent or read. Every change makes events. Every event that customers hear of makes one notice per approved
participant but the one who caused it, as data for the notify stage. Notes are never told to customers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from mailgate.cases.ids import new_id
from mailgate.cases.model import (
    Actor,
    Case,
    Change,
    Comment,
    CommentKind,
    Contact,
    Event,
    EventKind,
    Notice,
    NoticeKind,
    Participant,
    StoredFile,
)
from mailgate.cases.workflow import SUPPORTWEB, Workflow, target_of
from mailgate.errors import NotAllowed

FieldName = Literal["priority", "case_type", "component"]
"""A field of a case that can be set by itself."""
TOLD: frozenset[NoticeKind] = frozenset({"case_created", "comment_added", "status_changed", "assignee_changed"})


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who causes a change, when, and how its notices are made.

    `notice_window`: how long changes are gathered before they become one mail. `languages`: customer id -> nb, nn or en. `told`: which
    notices customers get at all. `journal_id`: the mail that caused the change, if one did.
    """

    actor: Actor
    now: datetime
    workflow: Workflow = SUPPORTWEB
    notice_window: timedelta = timedelta(minutes=2)
    told: frozenset[NoticeKind] = TOLD
    languages: Mapping[str, str] = field(default_factory=dict)
    default_language: str = "nb"
    journal_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewCase:
    """What a new case is made of. `number` comes from the store's counter, `key` is prefix and number.

    `agreement`: key of the agreement under which an answer is promised, "" to promise nothing. `received_at`: when its clock began, None
    for now.
    """

    number: int
    key: str
    reporter: Contact
    summary: str
    description: str = ""
    case_type: str = "spørsmål"
    priority: str = "normal"
    component: str = ""
    assignee: str = ""
    participants: tuple[Contact, ...] = ()
    files: tuple[StoredFile, ...] = ()
    agreement: str = ""
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """The words and files of a new comment or note."""

    text: str
    files: tuple[StoredFile, ...] = ()


@dataclass(frozen=True, slots=True)
class _Told:
    """One kind of notice with its facts, before it is known who gets it."""

    kind: NoticeKind
    event: Event
    facts: Mapping[str, str]
    statuses: Mapping[str, str] = field(default_factory=dict)


def language_of(contact: Contact, languages: Mapping[str, str], default: str) -> str:
    """The language that a contact is written to: its own, else its customer's, else the default."""
    return contact.language or languages.get(contact.customer_id or "", "") or default


def create_case(new: NewCase, stamp: Stamp) -> Change:
    """A new case in the workflow's first status. Reporter and given contacts are approved participants; files go with a first comment."""
    people = {contact.id: contact for contact in (new.reporter, *new.participants)}
    participants = tuple(
        Participant(contact, "reporter" if contact.id == new.reporter.id else "participant") for contact in people.values()
    )
    case = Case(
        id=new_id(stamp.now), number=new.number, key=new.key, summary=new.summary, status=stamp.workflow.initial, case_type=new.case_type,
        priority=new.priority, created_at=stamp.now, updated_at=stamp.now, reporter_id=new.reporter.id,
        customer_id=new.reporter.customer_id, component=new.component, assignee=new.assignee,
        description=new.description, participants=participants,
    )  # fmt: skip
    event = _event(case, "case_created", stamp, {"summary": new.summary, "status": case.status})
    promise = {"agreement": new.agreement, "received_at": (new.received_at or stamp.now).isoformat()} if new.agreement else {}
    told = _Told("case_created", event, {"text": new.description, **promise})
    comments = (_comment(case, Draft("", new.files), "comment", stamp),) if new.files else ()
    return Change(case, comments, (event,), _notices(case, (told,), stamp), created=True, participants_added=participants)


def add_comment(case: Case, draft: Draft, stamp: Stamp, move_to: str | None = None) -> Change:
    """A comment, and the move to status `move_to` when it is another one. Raises NotAllowed for a contact on a final case."""
    if stamp.actor.kind == "contact" and stamp.workflow.status(case.status).final:
        raise NotAllowed(f"{case.key} is {case.status}; a contact cannot comment on it, only make a new case")
    comment = _comment(case, draft, "comment", stamp)
    event = _event(case, "comment_added", stamp, {"comment_id": comment.id})
    files = "\n".join(file.filename for file in draft.files if file.disposition != "decoration")
    told = _Told("comment_added", event, {"comment_id": comment.id, "text": draft.text, "files": files})
    commented = Change(replace(case, updated_at=stamp.now), (comment,), (event,), _notices(case, (told,), stamp))
    return and_then(commented, _move(commented.case, move_to, "reply" if stamp.journal_id else "comment", stamp)) if move_to else commented


def add_note(case: Case, draft: Draft, stamp: Stamp) -> Change:
    """A note: seen by operators alone. It moves nothing, starts no clock and is told to nobody."""
    note = _comment(case, draft, "note", stamp)
    return Change(replace(case, updated_at=stamp.now), (note,), (_event(case, "note_added", stamp, {"comment_id": note.id}),))


def operate(case: Case, operation: str, stamp: Stamp) -> Change:
    """One operation of the workflow. Raises NotAllowed, which names what is possible from here."""
    return _move(case, target_of(stamp.workflow, case.status, operation, stamp.actor.kind), operation, stamp)


def assign(case: Case, assignee: str, stamp: Stamp) -> Change:
    """Give the case to `assignee` ("" takes it from everyone). The same assignee again changes nothing."""
    if assignee == case.assignee:
        return Change(case)
    facts = {"from": case.assignee, "to": assignee}
    after = replace(case, assignee=assignee, updated_at=stamp.now)
    event = _event(case, "assignee_changed", stamp, facts)
    return Change(after, (), (event,), _notices(after, (_Told("assignee_changed", event, facts),), stamp))


def set_fields(case: Case, fields: Mapping[FieldName, str], stamp: Stamp) -> Change:
    """Set fields that operators sort by. One event for each that changes; told to nobody, since customers have no use for it."""
    changed: dict[str, Any] = {name: value for name, value in fields.items() if getattr(case, name) != value}
    if not changed:
        return Change(case)
    events = tuple(
        _event(case, "field_changed", stamp, {"field": name, "from": str(getattr(case, name)), "to": value})
        for name, value in changed.items()
    )
    return Change(replace(case, **changed, updated_at=stamp.now), (), events)


def add_participant(case: Case, contact: Contact, stamp: Stamp, *, approved: bool = True) -> Change:
    """Let a contact take part, or approve one that waits. Who takes part already changes nothing; approval is never taken back here."""
    known = case.participant(contact.address)
    if known is not None and (known.approved or not approved):
        return Change(case)
    added = replace(known, approved=True) if known else Participant(contact, approved=approved)
    others = tuple(person for person in case.participants if person is not known)
    after = replace(case, participants=(*others, added), updated_at=stamp.now)
    facts = {"address": contact.address, "approved": "yes" if approved else "no"}
    return Change(after, (), (_event(case, "participant_added", stamp, facts),), participants_added=(added,))


def remove_participant(case: Case, address: str, stamp: Stamp) -> Change:
    """End a contact's part. Raises NotAllowed for the reporter, whose case it is; an address that takes no part changes nothing."""
    gone = case.participant(address)
    if gone is None:
        return Change(case)
    if gone.role == "reporter":
        raise NotAllowed(f"{gone.contact.address} reported {case.key} and stays its participant")
    rest = tuple(person for person in case.participants if person is not gone)
    event = _event(case, "participant_removed", stamp, {"address": gone.contact.address})
    return Change(replace(case, participants=rest, updated_at=stamp.now), (), (event,), participants_removed=(gone.contact.id,))


def report_failure(case: Case, address: str, why: str, stamp: Stamp) -> Change:
    """Record on the case that mail about it did not reach `address`. Told to nobody: an answer to a bounce is how loops begin."""
    return Change(case, (), (_event(case, "delivery_failed", stamp, {"address": address, "why": why}),))


def report_mute(case: Case, changes_by_mail: int, stamp: Stamp) -> Change:
    """Record on the case that mail changes it too fast, so that nobody is told of what mail adds until it is calm. Told to nobody."""
    return Change(case, (), (_event(case, "muted", stamp, {"changes_by_mail": str(changes_by_mail)}),))


def _move(case: Case, target: str, operation: str, stamp: Stamp) -> Change:
    if target == case.status:
        return Change(case)
    facts = {"from": case.status, "to": target}
    event = _event(case, "status_changed", stamp, {**facts, "operation": operation})
    after = replace(case, status=target, updated_at=stamp.now, resolved_at=_resolved_at(case, target, stamp))
    return Change(after, (), (event,), _notices(after, (_Told("status_changed", event, facts, statuses=facts),), stamp))


def _resolved_at(case: Case, target: str, stamp: Stamp) -> datetime | None:
    status = stamp.workflow.status(target)
    if status.solved:
        return stamp.now
    return case.resolved_at if status.final else None


def and_then(first: Change, second: Change) -> Change:
    """Two changes of one case, the second made of the first one's case, as one."""
    added = first.participants_added + second.participants_added
    events, notices = first.events + second.events, first.notices + second.notices
    return replace(first, case=second.case, events=events, notices=notices, participants_added=added)


def _comment(case: Case, draft: Draft, kind: CommentKind, stamp: Stamp) -> Comment:
    return Comment(new_id(stamp.now), case.id, kind, draft.text, stamp.actor, stamp.now, stamp.journal_id, draft.files)


def _event(case: Case, kind: EventKind, stamp: Stamp, facts: Mapping[str, str]) -> Event:
    return Event(new_id(stamp.now), case.id, kind, stamp.actor, stamp.now, facts)


def _notices(case: Case, told: tuple[_Told, ...], stamp: Stamp) -> tuple[Notice, ...]:
    wanted = tuple(item for item in told if item.kind in stamp.told)
    heard = [person.contact for person in case.participants if person.approved and not _caused(person.contact, stamp.actor)]
    return tuple(_notice(case, item, contact, stamp) for contact in heard for item in wanted)


def _caused(contact: Contact, actor: Actor) -> bool:
    return actor.kind == "contact" and actor.contact_id == contact.id


def _notice(case: Case, told: _Told, contact: Contact, stamp: Stamp) -> Notice:
    language = language_of(contact, stamp.languages, stamp.default_language)
    labels = {f"{name}_label": stamp.workflow.status(key).label(language) for name, key in told.statuses.items()}
    shared = {"case_key": case.key, "summary": case.summary, "status": case.status, "actor": stamp.actor.name}
    shared["status_label"] = stamp.workflow.status(case.status).label(language)
    return Notice(
        id=new_id(stamp.now), kind=told.kind, address=contact.address, created_at=stamp.now, due_at=stamp.now + stamp.notice_window,
        case_id=case.id, contact_id=contact.id, event_id=told.event.id, journal_id=stamp.journal_id, language=language,
        facts={**shared, **told.facts, **labels},
    )  # fmt: skip
