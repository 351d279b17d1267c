"""By when support answers a case, by the customer's agreement. In: the case with its events. Out: a time, or None."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mailgate.cases.model import Case, Event
from mailgate.cases.workflow import Workflow, possible
from mailgate.rules import agreements
from mailgate.rules.agreements import Agreement

ANSWERED_BY = frozenset({"comment_added", "status_changed"})
PAUSED = frozenset({"on_hold", "frozen"})


def respond_by(workflow: Workflow, agreement: Agreement, case: Case, events: Sequence[Event]) -> datetime | None:
    """When an answer is due: the response time after the first word of a customer that nobody of support has answered.

    None while it waits for the customer or for something else, and when it is solved.
    """
    status = workflow.status(case.status)
    if status.solved or status.final or case.status in PAUSED or possible(workflow, case.status, "contact"):
        return None
    since = _unanswered_since(case, events)
    return agreements.respond_by(agreement, since) if since else None


def _unanswered_since(case: Case, events: Sequence[Event]) -> datetime | None:
    since: datetime | None = case.created_at
    for event in events:
        if event.kind not in ANSWERED_BY:
            continue
        if event.actor.kind == "operator":
            since = None
        elif event.actor.kind == "contact" and since is None:
            since = event.at
    return since
