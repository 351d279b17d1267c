"""The operations on a case. In: the case as locked, what is wanted, who asks and when. Out: a `Change`, the case after it and what it adds.

Pure: nothing is written, sent or read. Every change makes events. Every event that customers are notified of makes one notice per approved
participant except the one who caused it, as data for the compose stage. Customers never get notices of notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from mailgate.cases.ids import new_id
from mailgate.cases.model import (
    Actor,
    Case,
    CaseEvent,
    Change,
    Comment,
    CommentKind,
    Contact,
    EventKind,
    Notice,
    NoticeKind,
    Participant,
    StoredFile,
)
from mailgate.cases.workflow import SUPPORTWEB, Workflow, asks_to_choose, target_of
from mailgate.errors import NotAllowed
from mailgate.values import value_class

FieldName = Literal["priority", "case_type", "component"]
"""A field of a case that can be set by itself."""
NOTICE_KINDS: frozenset[NoticeKind] = frozenset(
    {"case_created", "comment_added", "status_changed", "assignee_changed", "participant_added"}
)
"""What a policy may send or not. A reminder is sent where the policy has reminders."""
CASE_KINDS: frozenset[NoticeKind] = NOTICE_KINDS | {"reminder"}
"""Notices of cases to their people, which follow what each person has chosen."""


@value_class
class ChangeContext:
    """Who causes a change, when, and how its notices are made.

    `notice_window`: how long changes are gathered before they become one mail. `languages`: customer id -> nb, nn or en. `notice_kinds`:
    which notices customers get at all. `journal_id`: the mail that caused the change, if one did. `answer_by`: when the agreement promises
    an answer to what a contact says now. `notice_windows`: kinds that are gathered for another time; `urgent_window`: how long those wait
    that ask the reader to choose, such as to accept or refuse.
    """

    actor: Actor
    now: datetime
    workflow: Workflow = SUPPORTWEB
    notice_window: timedelta = timedelta(minutes=2)
    notice_kinds: frozenset[NoticeKind] = NOTICE_KINDS
    languages: Mapping[str, str] = field(default_factory=dict)
    default_language: str = "nb"
    journal_id: str | None = None
    answer_by: datetime | None = None
    notice_windows: Mapping[NoticeKind, timedelta] = field(default_factory=dict)
    urgent_window: timedelta = timedelta(0)


@value_class
class NewCase:
    """What a new case is made of. `number` comes from the store's counter, `key` is prefix and number. `case_type` and `priority` are keys
    of the active policy.

    `environment`: where a driftsproblem is seen. `cloned_from`: key of the case whose fields it has, "" for none.
    `agreement`: key of the agreement under which an answer is promised, "" to promise nothing. `received_at`: when its clock began, None
    for now.
    """

    number: int
    key: str
    reporter: Contact
    summary: str
    description: str = ""
    case_type: str = field(kw_only=True)
    priority: str = field(kw_only=True)
    component: str = ""
    assignee: str = ""
    participants: tuple[Contact, ...] = ()
    files: tuple[StoredFile, ...] = ()
    agreement: str = ""
    received_at: datetime | None = None
    environment: str = ""
    cloned_from: str = ""


@value_class
class NewComment:
    """The words and files of a new comment or note; of a mail also what was cut off, see `Comment`."""

    text: str
    files: tuple[StoredFile, ...] = ()
    signature: str = ""
    quoted: str = ""
    forwarded: bool = False


@value_class
class NoticeDraft:
    """One kind of notice with its facts, before it is known who gets it."""

    kind: NoticeKind
    event: CaseEvent
    facts: Mapping[str, str]
    statuses: Mapping[str, str] = field(default_factory=dict)


def language_of(contact: Contact, languages: Mapping[str, str], default: str) -> str:
    """The language that a contact is written to: its own, else its customer's, else the default."""
    return contact.language or languages.get(contact.customer_id or "", "") or default


def create_case(new: NewCase, context: ChangeContext) -> Change:
    """A new case in the workflow's first status. Reporter and given contacts are approved participants; files go with a first comment."""
    people = {contact.id: contact for contact in (new.reporter, *new.participants)}
    participants = tuple(
        Participant(contact, "reporter" if contact.id == new.reporter.id else "participant") for contact in people.values()
    )
    case = Case(
        id=new_id(context.now), number=new.number, key=new.key, summary=new.summary, status=context.workflow.initial,
        case_type=new.case_type, priority=new.priority, created_at=context.now, updated_at=context.now, reporter_id=new.reporter.id,
        customer_id=new.reporter.customer_id, component=new.component, assignee=new.assignee,
        description=new.description, participants=participants, environment=new.environment, due_at=context.answer_by,
    )  # fmt: skip
    cloned = {"cloned_from": new.cloned_from} if new.cloned_from else {}
    event = event_of(case, "case_created", context, {"summary": new.summary, "status": case.status, **cloned})
    promise = {"agreement": new.agreement, "received_at": (new.received_at or context.now).isoformat()} if new.agreement else {}
    notice = NoticeDraft("case_created", event, {"text": new.description, **promise})
    comments = (comment_of(case, NewComment("", new.files), "comment", context),) if new.files else ()
    return Change(case, comments, (event,), notices_of(case, (notice,), context), created=True, participants_added=participants)


def add_comment(case: Case, draft: NewComment, context: ChangeContext, move_to: str | None = None) -> Change:
    """A comment with words, files or both, and the move to status `move_to` when it is another one.

    Raises NotAllowed for a contact on a final case.
    """
    if context.actor.kind == "contact" and context.workflow.status(case.status).final:
        raise NotAllowed(f"{case.key} is {case.status}; a contact cannot comment on it, only make a new case")
    comment = comment_of(case, draft, "comment", context)
    due_at = _due_at(case, case.status, context)
    event = event_of(case, "comment_added", context, {"comment_id": comment.id, **_was_due(case, due_at)})
    files = "\n".join(file.filename for file in draft.files if file.disposition != "decoration")
    notice = NoticeDraft("comment_added", event, {"comment_id": comment.id, "text": draft.text, "files": files})
    commented, notices = replace(case, updated_at=context.now, due_at=due_at), notices_of(case, (notice,), context)
    if not move_to:
        return Change(commented, (comment,), (event,), notices)
    moved = _move(commented, move_to, "reply" if context.journal_id else "comment", context)
    return Change(moved.case, (comment,), (event, *moved.events), notices + moved.notices)


def add_note(case: Case, draft: NewComment, context: ChangeContext) -> Change:
    """A note: seen by operators alone. It changes no status, starts no clock and makes no notice."""
    note = comment_of(case, draft, "note", context)
    return Change(replace(case, updated_at=context.now), (note,), (event_of(case, "note_added", context, {"comment_id": note.id}),))


def operate(case: Case, operation: str, context: ChangeContext) -> Change:
    """One operation of the workflow. Raises NotAllowed, which names what is possible from here."""
    return _move(case, target_of(context.workflow, case.status, operation, context.actor.kind), operation, context)


def assign(case: Case, assignee: str, context: ChangeContext) -> Change:
    """Give the case to `assignee` ("" takes it from everyone). The same assignee again changes nothing."""
    if assignee == case.assignee:
        return Change(case)
    facts = {"from": case.assignee, "to": assignee}
    after = replace(case, assignee=assignee, updated_at=context.now)
    event = event_of(case, "assignee_changed", context, facts)
    return Change(after, (), (event,), notices_of(after, (NoticeDraft("assignee_changed", event, facts),), context))


def set_fields(case: Case, fields: Mapping[FieldName, str], context: ChangeContext) -> Change:
    """Set fields that operators sort by. One event for each that changes, without notices: customers have no use for them."""
    changed: dict[str, Any] = {name: value for name, value in fields.items() if getattr(case, name) != value}
    if not changed:
        return Change(case)
    events = tuple(
        event_of(case, "field_changed", context, {"field": name, "from": str(getattr(case, name)), "to": value})
        for name, value in changed.items()
    )
    return Change(replace(case, **changed, updated_at=context.now), (), events)


def add_participant(case: Case, contact: Contact, context: ChangeContext, *, approved: bool = True) -> Change:
    """Let a contact take part, or approve one that waits. Who takes part already changes nothing; approval is never taken back here."""
    known = case.participant(contact.address)
    if known is not None and (known.approved or not approved):
        return Change(case)
    added = replace(known, approved=True) if known else Participant(contact, approved=approved)
    others = tuple(person for person in case.participants if person is not known)
    after = replace(case, participants=(*others, added), updated_at=context.now)
    event = event_of(case, "participant_added", context, {"address": contact.address, "approved": "yes" if approved else "no"})
    # Whom a mail made a participant wrote it: telling them would be an automatic answer that no gate has counted.
    notices = (
        () if context.journal_id or not approved else notices_of(after, (NoticeDraft("participant_added", event, {}),), context, contact)
    )
    return Change(after, (), (event,), notices, participants_added=(added,))


def remove_participant(case: Case, address: str, context: ChangeContext) -> Change:
    """End a contact's part. Raises NotAllowed for the reporter, whose case it is; an address that takes no part changes nothing."""
    gone = case.participant(address)
    if gone is None:
        return Change(case)
    if gone.role == "reporter":
        raise NotAllowed(f"{gone.contact.address} reported {case.key} and stays its participant")
    rest = tuple(person for person in case.participants if person is not gone)
    event = event_of(case, "participant_removed", context, {"address": gone.contact.address})
    return Change(replace(case, participants=rest, updated_at=context.now), (), (event,), participants_removed=(gone.contact.id,))


def report_failure(case: Case, address: str, why: str, context: ChangeContext) -> Change:
    """Record on the case that mail about it did not reach `address`. Makes no notice: an answer to a bounce is how loops begin."""
    return Change(case, (), (event_of(case, "delivery_failed", context, {"address": address, "why": why}),))


def report_mute(case: Case, changes_by_mail: int, context: ChangeContext) -> Change:
    """Record on the case that mail changes it too fast, so that comments by mail cause no notices for a while. Makes no notice."""
    return Change(case, (), (event_of(case, "muted", context, {"changes_by_mail": str(changes_by_mail)}),))


def _move(case: Case, target: str, operation: str, context: ChangeContext) -> Change:
    if target == case.status:
        return Change(case)
    facts = {"from": case.status, "to": target}
    due_at = _due_at(case, target, context) if _from_customer(context) else _still_due(case, target, context)
    event = event_of(case, "status_changed", context, {**facts, "operation": operation, **_was_due(case, due_at)})
    after = replace(case, status=target, updated_at=context.now, resolved_at=_resolved_at(case, target, context), due_at=due_at)
    return Change(after, (), (event,), notices_of(after, (NoticeDraft("status_changed", event, facts, statuses=facts),), context))


def _due_at(case: Case, status: str, context: ChangeContext) -> datetime | None:
    """When an answer is due after somebody has spoken: a contact's first words count until an operator answers."""
    if not _from_customer(context) or context.workflow.turn(status) == "done":
        return None
    return case.due_at or context.answer_by


def _was_due(case: Case, due_at: datetime | None) -> dict[str, str]:
    """When the answer was due that is no longer due, for undoing the change."""
    return {"was_due": case.due_at.isoformat()} if case.due_at and due_at is None else {}


def _from_customer(context: ChangeContext) -> bool:
    """Whether a contact speaks, or somebody by mail who is none."""
    return context.actor.kind == "contact" or (context.actor.kind == "system" and context.journal_id is not None)


def _still_due(case: Case, target: str, context: ChangeContext) -> datetime | None:
    """An answer stays due while it is our turn."""
    return case.due_at if context.workflow.turn(target) == "ours" else None


def _resolved_at(case: Case, target: str, context: ChangeContext) -> datetime | None:
    status = context.workflow.status(target)
    if status.solved:
        return context.now
    return case.resolved_at if status.final else None


def and_then(first: Change, second: Change) -> Change:
    """Two changes of one case, the second made of the first one's case, as one."""
    added = first.participants_added + second.participants_added
    events, notices = first.events + second.events, first.notices + second.notices
    return replace(first, case=second.case, events=events, notices=notices, participants_added=added)


def comment_of(case: Case, draft: NewComment, kind: CommentKind, context: ChangeContext) -> Comment:
    """A new comment or note of this draft."""
    return Comment(
        new_id(context.now), case.id, kind, draft.text, context.actor, context.now, context.journal_id, draft.files,
        draft.signature, draft.quoted, draft.forwarded,
    )  # fmt: skip


def event_of(case: Case, kind: EventKind, context: ChangeContext, facts: Mapping[str, str]) -> CaseEvent:
    """A new event of this kind, caused by the actor of the context."""
    return CaseEvent(new_id(context.now), case.id, kind, context.actor, context.now, facts)


def notices_of(case: Case, drafts: tuple[NoticeDraft, ...], context: ChangeContext, only: Contact | None = None) -> tuple[Notice, ...]:
    """A notice for each approved participant (or for `only`) except the one who caused it, of each kind that the policy sends."""
    wanted = tuple(item for item in drafts if item.kind in context.notice_kinds)
    people = [only] if only else [person.contact for person in case.participants if person.approved]
    recipients = [contact for contact in people if not _caused(contact, context.actor)]
    return tuple(_notice(case, item, contact, context) for contact in recipients for item in wanted)


def _caused(contact: Contact, actor: Actor) -> bool:
    return actor.kind == "contact" and actor.contact_id == contact.id


def _window(draft: NoticeDraft, context: ChangeContext) -> timedelta:
    """How long a notice waits for others. One that asks the reader to choose goes at once, and takes along what waits."""
    if draft.statuses and asks_to_choose(context.workflow, draft.statuses.get("to", "")):
        return context.urgent_window
    return context.notice_windows.get(draft.kind, context.notice_window)


def _notice(case: Case, draft: NoticeDraft, contact: Contact, context: ChangeContext) -> Notice:
    language = language_of(contact, context.languages, context.default_language)
    labels = {f"{name}_label": context.workflow.status(key).label(language) for name, key in draft.statuses.items()}
    shared = {"case_key": case.key, "summary": case.summary, "status": case.status, "actor": context.actor.name}
    shared |= {"actor_kind": context.actor.kind}
    shared["status_label"] = context.workflow.status(case.status).label(language)
    return Notice(
        id=new_id(context.now), kind=draft.kind, address=contact.address, created_at=context.now,
        due_at=context.now + _window(draft, context), case_id=case.id, contact_id=contact.id, event_id=draft.event.id,
        journal_id=context.journal_id, language=language, facts={**shared, **draft.facts, **labels},
    )  # fmt: skip
