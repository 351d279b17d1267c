"""Take back what a person did to a case, and withdraw what they said. In: the case as locked, its events. Out: a `Change`. Pure.

Nobody is notified. What happened stays on record: the event that takes back names the events that it takes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mailgate.cases.changes import ChangeContext, event_of
from mailgate.cases.model import Case, CaseEvent, Change, Comment
from mailgate.cases.workflow import Workflow
from mailgate.errors import NotAllowed

TAKE_BACK = "take_back"
"""The operation of the status change that takes another one back."""
_PASSIVE = frozenset({"delivery_failed", "muted"})
_REVERSIBLE = frozenset({"comment_added", "note_added", "status_changed", "assignee_changed"})


@dataclass(frozen=True, slots=True)
class LastAct:
    """What a person did last to a case: its events, oldest first, and the ids of the comments among them."""

    events: Sequence[CaseEvent]
    comment_ids: Sequence[str]


def last_act(case: Case, events: Sequence[CaseEvent]) -> LastAct:
    """The events of what was done last. Raises NotAllowed when that was not a person of ours, or is nothing that can be taken back."""
    active = [one for one in events if one.kind not in _PASSIVE]
    newest = active[-1]
    done = [one for one in active if one.at == newest.at and one.actor == newest.actor]
    by = newest.actor.name or newest.actor.kind
    if newest.actor.kind != "operator" or any(one.kind not in _REVERSIBLE for one in done):
        raise NotAllowed(
            f"the last that happened to {case.key} is {newest.kind} by {by}; "
            "only a comment, an operation or an assignment by one of us can be taken back"
        )
    return LastAct(done, [one.facts["comment_id"] for one in done if "comment_id" in one.facts])


def take_back(case: Case, act: LastAct, events: Sequence[CaseEvent], context: ChangeContext) -> Change:
    """The case as it was before the act. Its comments count as withdrawn."""
    ids = " ".join(one.id for one in act.events)
    made = [event_of(case, "comment_withdrawn", context, {"comment_id": id_}) for id_ in act.comment_ids]
    fields: dict[str, Any] = {}
    for kind, name in (("status_changed", "status"), ("assignee_changed", "assignee")):
        first = next((one for one in act.events if one.kind == kind), None)
        if first is not None:
            fields[name] = first.facts["from"]
            made.append(
                event_of(case, first.kind, context, {"from": getattr(case, name), "to": first.facts["from"], "operation": TAKE_BACK})
            )
    if "status" in fields:
        earlier = [one for one in events if one not in act.events]
        fields["resolved_at"] = _resolved_at(fields["status"], earlier, context.workflow)
    if was_due := next((one.facts["was_due"] for one in act.events if "was_due" in one.facts), ""):
        fields["due_at"] = datetime.fromisoformat(was_due)
    made.append(event_of(case, "taken_back", context, {"events": ids}))
    return Change(replace(case, **fields, updated_at=context.now), (), tuple(made))


def withdraw(case: Case, comment: Comment, events: Sequence[CaseEvent], context: ChangeContext, reason: str) -> Change:
    """Nobody but staff sees the comment any more, only that there was one. Raises NotAllowed when it is withdrawn already."""
    if comment.id in withdrawn(events):
        raise NotAllowed(f"the comment was withdrawn before; mailgate case show {case.key} says by whom")
    facts = {"comment_id": comment.id} | ({"reason": reason} if reason else {})
    return Change(replace(case, updated_at=context.now), (), (event_of(case, "comment_withdrawn", context, facts),))


def withdrawn(events: Sequence[CaseEvent]) -> dict[str, CaseEvent]:
    """Comment id -> the event that withdrew it."""
    return {one.facts["comment_id"]: one for one in events if one.kind == "comment_withdrawn"}


def taken_back(events: Sequence[CaseEvent]) -> set[str]:
    """Ids of the events that no longer count, and of those that reset their fields: customers are not shown either."""
    gone = {id_ for one in events if one.kind == "taken_back" for id_ in one.facts["events"].split()}
    return gone | {one.id for one in events if one.facts.get("operation") == TAKE_BACK}


def _resolved_at(status: str, events: Sequence[CaseEvent], workflow: Workflow) -> datetime | None:
    """When the case was solved that is in this status again."""
    if not (workflow.status(status).solved or workflow.status(status).final):
        return None
    solved = {one.key for one in workflow.statuses if one.solved}
    return next((one.at for one in reversed(events) if one.kind == "status_changed" and one.facts.get("to") in solved), None)
