"""Take back what was done last to a case, or withdraw a comment later. Both leave a trace; nobody is notified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.cases import changing, showing
from mailgate.application.cases.views import CaseRow, ContactCaseRow
from mailgate.application.use_case import Act, use_case
from mailgate.application.words import line_or_empty
from mailgate.cases import corrections, undoing
from mailgate.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class TakeBack:
    """`version`: that of the case the caller has seen, None for whatever it is."""

    key: str
    reason: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class WithdrawComment:
    """The comment with this id, or whose id alone begins so; `reason` stays with the case and in the audit."""

    comment_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Undone:
    """The case as it is now, the kinds of the undone events, and how many people will not be notified."""

    case: CaseRow | ContactCaseRow
    undone: Sequence[str]
    notices_dropped: int


@use_case(Action.CASE_TAKE_BACK, policy=True)
def take_back(act: Act, command: TakeBack) -> Undone:
    """Take back the last comment, operation or assignment by staff. Raises NotAllowed when somebody has been notified of it already."""
    case = changing.locked(act, command.key, command.version)
    events = act.uow.cases.events(case.id)
    last = undoing.last_act(case, events)
    ids = [one.id for one in last.events]
    dropped = act.uow.notices.withdraw(ids, "it was taken back")  # first: whoever makes a mail of them now finds none, or is found
    if notified := act.uow.notices.notified_of(ids):
        later = f"; mailgate case withdraw-comment {last.comment_ids[0]} hides what was said" if last.comment_ids else ""
        raise NotAllowed(f"it is too late: a mail about it was made for {', '.join(sorted(notified))}{later}")
    reason = line_or_empty(command.reason, "reason", "the reason")
    change = undoing.take_back(case, last, events, changing.context_of(act, case))
    after = changing.write(act, case, change, reason=reason, taken_back=[one.kind for one in last.events])
    return Undone(showing.case_row(act, after), [one.kind for one in last.events], dropped)


@use_case(Action.CASE_WITHDRAW_COMMENT, policy=True)
def withdraw_comment(act: Act, command: WithdrawComment) -> Undone:
    """Hide a comment from customers, with its files; staff still see it, and who withdrew it. What was not sent of it is not sent."""
    comment = changing.comment_of(act, command.comment_id)
    case = changing.locked(act, comment.case_id)
    comment = changing.refuse_moved(act, comment, case)
    events = act.uow.cases.events(case.id)
    reason = line_or_empty(command.reason, "reason", "the reason")
    change = undoing.withdraw(case, comment, events, changing.context_of(act, case), reason)
    told_by, why = corrections.notified_by(events, comment.id), "the comment was withdrawn"
    # A mail that still waits for the next hop is made again, without the comment.
    cancelled = act.uow.outbox.cancel_unsent(act.uow.notices.mails_of(told_by), why)
    act.uow.notices.make_again(cancelled, act.now)
    dropped = act.uow.notices.withdraw(told_by, why)
    after = changing.write(act, case, change, reason=reason, comment_id=comment.id, mails_cancelled=len(cancelled))
    return Undone(showing.case_row(act, after), ["comment_added"], dropped)
