"""Corrections to a case: fields, duplicates, comments on the wrong case, files, waiting participants.

In and out as in `changes`. Pure. They are internal: nobody is notified, except where a customer's case ends (a duplicate) or a comment
becomes part of a case whose participants have not seen it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from mailgate.cases.changes import ChangeContext, NoticeDraft, event_of, notices_of
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, CaseEvent, Change, Comment, Notice, Participant, StoredFile
from mailgate.cases.workflow import Workflow
from mailgate.errors import NotAllowed

EditableField = Literal["summary", "description", "case_type", "priority", "component", "environment"]
SHOWN_CHARS = 250
"""How much of an old or new value an event keeps; the audit row keeps all of it."""


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merge writes: the duplicate as it is closed, and the remaining case."""

    duplicate: Change
    target: Change


def edit(case: Case, fields: Mapping[EditableField, str], context: ChangeContext) -> Change:
    """Set fields; one event for each that changes. Raises NotAllowed for a contact whose case is final."""
    if context.actor.kind == "contact" and context.workflow.status(case.status).final:
        raise NotAllowed(f"{case.key} is {case.status}; it can no longer be edited")
    changed: dict[str, Any] = {name: value for name, value in fields.items() if getattr(case, name) != value}
    if not changed:
        return Change(case)
    events = tuple(
        event_of(case, "field_changed", context, {"field": name, "from": _short(getattr(case, name)), "to": _short(value)})
        for name, value in changed.items()
    )
    return Change(replace(case, **changed, updated_at=context.now), (), events)


def refuse_participant(case: Case, address: str, context: ChangeContext) -> Change:
    """Turn down somebody who waits for approval. They are not notified. Raises NotAllowed for somebody who does not wait."""
    person = case.participant(address)
    if person is None or person.approved:
        raise NotAllowed(f"{address} does not wait for approval in {case.key}")
    rest = tuple(one for one in case.participants if one is not person)
    event = event_of(case, "participant_removed", context, {"address": person.contact.address, "refused": "yes"})
    return Change(replace(case, participants=rest, updated_at=context.now), (), (event,), participants_removed=(person.contact.id,))


def merge(duplicate: Case, target: Case, reporter_name: str, context: ChangeContext) -> Merge:
    """Make `duplicate` part of `target`: its people take part there, its description becomes a comment there, and it gets a final status.

    The participants of the duplicate are notified of its new status. Raises NotAllowed when the two belong to different customers, are the
    same, or one was merged before: what one customer wrote must never be shown to another.
    """
    _check_merge(duplicate, target)
    final = _final_status(context.workflow)
    people = tuple(replace(one, role="participant") for one in duplicate.participants if one.approved and not _is_approved(one, target))
    added = {one.contact.id for one in people}
    others = tuple(one for one in target.participants if one.contact.id not in added)
    described = _description_of(duplicate, target, reporter_name, context.now)
    event = event_of(target, "merged", context, {"duplicate": duplicate.key})
    after = replace(target, participants=(*others, *people), updated_at=context.now)
    into = Change(after, described, (event,), participants_added=people)
    return Merge(_closed_duplicate(duplicate, target, final, context), into)


def move_comment(comment: Comment, source: Case, target: Case, context: ChangeContext, *, withdrawn: bool = False) -> tuple[Change, Change]:
    """A comment that came to the wrong case goes to the right one: the changes of both. The target's participants are notified.

    A note stays internal, and one that was `withdrawn` stays so. Raises NotAllowed when it is there already.
    """
    if source.id == target.id:
        raise NotAllowed(f"the comment is on {target.key} already")
    gone = event_of(source, "comment_moved", context, {"comment_id": comment.id, "to": target.key})
    come = event_of(target, "comment_moved", context, {"comment_id": comment.id, "from": source.key})
    notices: tuple[Notice, ...] = ()
    if comment.kind == "comment" and not withdrawn:
        files = "\n".join(file.filename for file in comment.files if file.disposition != "decoration")
        notice = NoticeDraft(
            "comment_added", come, {"comment_id": comment.id, "text": comment.text, "files": files, "actor": comment.author.name}
        )
        author_context = replace(context, actor=comment.author) if comment.author.kind == "contact" else context
        notices = notices_of(target, (notice,), author_context)
    before, after = replace(source, updated_at=context.now), replace(target, updated_at=context.now)
    return Change(before, (), (gone,)), Change(after, (), (come,), notices)


def remove_file(case: Case, comment: Comment, file: StoredFile, context: ChangeContext) -> Change:
    """Take one file off a comment. The event says which; nobody is notified."""
    facts = {"comment_id": comment.id, "filename": file.filename, "sha256": file.sha256}
    return Change(replace(case, updated_at=context.now), (), (event_of(case, "file_removed", context, facts),))


def notified_by(events: Sequence[CaseEvent], comment_id: str) -> list[str]:
    """Ids of the events through which people are notified of this comment."""
    return [one.id for one in events if one.kind in ("comment_added", "comment_moved") and one.facts.get("comment_id") == comment_id]


def _check_merge(duplicate: Case, target: Case) -> None:
    if duplicate.id == target.id:
        raise NotAllowed(f"{duplicate.key} cannot be merged into itself")
    for one in (duplicate, target):
        if one.merged_into is not None:
            raise NotAllowed(f"{one.key} was merged into another case before")
    same_person = duplicate.reporter_id == target.reporter_id
    if duplicate.customer_id != target.customer_id or (duplicate.customer_id is None and not same_person):
        raise NotAllowed(f"{duplicate.key} and {target.key} belong to different customers, who must not see each other's words")


def _closed_duplicate(duplicate: Case, target: Case, final: str, context: ChangeContext) -> Change:
    after = replace(duplicate, status=final, merged_into=target.id, updated_at=context.now)
    merged = event_of(duplicate, "merged", context, {"into": target.key})
    if final == duplicate.status:
        return Change(after, (), (merged,))
    facts = {"from": duplicate.status, "to": final}
    moved = event_of(duplicate, "status_changed", context, {**facts, "operation": "merge"})
    notice = NoticeDraft("status_changed", moved, {**facts, "merged_into": target.key}, statuses=facts)
    return Change(after, (), (merged, moved), notices_of(after, (notice,), context))


def _description_of(duplicate: Case, target: Case, reporter_name: str, now: datetime) -> tuple[Comment, ...]:
    """What the duplicate said in its own fields, as its reporter's comment at the time when it was made."""
    text = "\n\n".join(filter(None, (duplicate.summary, duplicate.description)))
    author = Actor("contact", reporter_name, duplicate.reporter_id)
    return (Comment(new_id(now), target.id, "comment", text, author, duplicate.created_at),)


def _is_approved(person: Participant, case: Case) -> bool:
    known = case.participant(person.contact.address)
    return known is not None and known.approved


def _final_status(workflow: Workflow) -> str:
    final = next((status.key for status in workflow.statuses if status.final), None)
    if final is None:
        raise NotAllowed("the workflow has no final status, which a duplicate would get")
    return final


def _short(value: str) -> str:
    return value if len(value) <= SHOWN_CHARS else f"{value[:SHOWN_CHARS]}…"
