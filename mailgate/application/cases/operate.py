"""Move a case: operations of the workflow, and who is responsible. Participants are notified."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from mailgate.application.access import Action
from mailgate.application.cases import changing, showing
from mailgate.application.cases.comment import NewFile, stored
from mailgate.application.cases.views import CaseRow, ContactCaseRow
from mailgate.application.use_case import Act, use_case
from mailgate.application.words import line_or_empty, whole_text
from mailgate.cases import changes
from mailgate.cases.changes import ChangeContext, NewComment
from mailgate.cases.model import Case, Change


@dataclass(frozen=True, slots=True)
class Operate:
    """One operation of the workflow, such as `verify`; `text` and `files`: a comment that goes with it, "" for none."""

    key: str
    operation: str
    text: str = ""
    version: int | None = None
    files: tuple[NewFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Assign:
    """Who is responsible from now on; "" takes the case from everyone."""

    key: str
    assignee: str
    version: int | None = None


@use_case(Action.CASE_OPERATE, policy=True)
def operate(act: Act, command: Operate) -> CaseRow | ContactCaseRow:
    """Do one operation of the workflow, with a comment if there is one; participants are notified of the new status."""
    draft = None
    if command.text or command.files:
        text = whole_text(command.text, "text", "the comment") if command.text or not command.files else ""
        draft = NewComment(text, stored(act, command.files))
    make = partial(moved, operation=command.operation, draft=draft)
    return showing.case_row(act, changing.change(act, command.key, command.version, make, operation=command.operation))


def moved(case: Case, context: ChangeContext, *, operation: str, draft: NewComment | None) -> Change:
    """The operation, with a comment when there is one. Raises NotAllowed."""
    if draft is None:
        return changes.operate(case, operation, context)
    said = changes.add_comment(case, draft, context)
    return changes.and_then(said, changes.operate(said.case, operation, context))


@use_case(Action.CASE_ASSIGN, policy=True)
def assign(act: Act, command: Assign) -> CaseRow | ContactCaseRow:
    """Make someone responsible for a case; participants are notified."""
    name = line_or_empty(command.assignee, "assignee", "the name")
    case = changing.change(act, command.key, command.version, lambda case, context: changes.assign(case, name, context))
    return showing.case_row(act, case)
