"""What becomes of a case that waits for its customer: a reminder, then its end. In: the case as locked. Out: a `Change`.

Pure. The policy decides when either is due; neither is done while an answer of the customer is on the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from mailgate.cases.changes import ChangeContext, NoticeDraft, event_of, notices_of, operate
from mailgate.cases.model import Case, Change, Contact
from mailgate.cases.workflow import Workflow, possible, target_of

NO_ANSWER = "no_answer"
"""Why a case was closed that nobody answered, in the facts of its event and notices."""


def remind(case: Case, people: Sequence[Contact], closes_on: date | None, context: ChangeContext) -> Change:
    """Remind these people that the case waits for them. `closes_on`: when it will be closed, in words of the mail; None for never.

    The case itself stays as it is, so that a reminder is no news in a queue.
    """
    event = event_of(case, "reminded", context, {})
    facts = {"closes_on": closes_on.isoformat()} if closes_on else {}
    reminding = replace(context, notice_kinds=frozenset({"reminder"}))
    drafts = (NoticeDraft("reminder", event, facts),)
    return Change(case, (), (event,), tuple(one for person in people for one in notices_of(case, drafts, reminding, person)))


def close_unanswered(case: Case, days: int, context: ChangeContext) -> Change:
    """Close the case since nobody answered for so many working days; its people get to know why, whatever the policy sends."""
    operation = closing(context.workflow, case.status)
    made = operate(case, operation, replace(context, notice_kinds=context.notice_kinds | {"status_changed"}))
    why = {"because": NO_ANSWER, "days": str(days)}
    events = tuple(replace(one, facts={**one.facts, **why}) for one in made.events)
    return replace(made, events=events, notices=tuple(replace(one, facts={**one.facts, **why}) for one in made.notices))


def closing(workflow: Workflow, status: str) -> str:
    """The operation by which we close a case in this status; "" when there is none."""
    names = possible(workflow, status, "system")
    return next((name for name in names if workflow.status(target_of(workflow, status, name, "system")).final), "")
