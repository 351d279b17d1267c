"""Edit the fields of a case. No notices: customers are notified of statuses, comments and the assignee only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.cases import changing, fields, showing
from mailgate.application.cases.read import ShowCase
from mailgate.application.cases.views import AgentCase, CaseRow, ContactCase, ContactCaseRow
from mailgate.application.faults import Faults
from mailgate.application.use_case import Act, query, use_case
from mailgate.cases import corrections
from mailgate.cases.corrections import EditableField
from mailgate.errors import Invalid

EDITABLE: tuple[EditableField, ...] = ("summary", "description", "case_type", "priority", "component", "environment")


@dataclass(frozen=True, slots=True)
class EditCase:
    """The new values of the fields that are given; None leaves one as it is, "" empties those that may be empty."""

    key: str
    summary: str | None = None
    description: str | None = None
    case_type: str | None = None
    priority: str | None = None
    component: str | None = None
    environment: str | None = None
    version: int | None = None


@query(Action.CASE_EDIT, policy=True)
def case_to_edit(act: Act, command: ShowCase) -> AgentCase | ContactCase:
    """The case for a form that edits it. Raises Forbidden for a principal who may see it and not edit it."""
    case = changing.found(act, command.key)
    return showing.agent_case(act, case) if act.principal.is_staff else showing.contact_case(act, case)


@use_case(Action.CASE_EDIT, policy=True)
def edit_case(act: Act, command: EditCase) -> CaseRow | ContactCaseRow:
    """Change the fields that are given; the others stay as they are. A contact may edit their own case until it is closed."""
    given = {name: getattr(command, name) for name in EDITABLE if getattr(command, name) is not None}
    if not given:
        raise Invalid("fields", "empty", "no field is given to edit")
    clean = _checked(act, command.key, given)
    wanted: dict[EditableField, str] = {name: clean[name] for name in EDITABLE if name in clean}
    case = changing.change(act, command.key, command.version, lambda case, context: corrections.edit(case, wanted, context))
    if not act.principal.is_staff:
        fields.require_asked(act.policy, case.case_type, case.environment)
    return showing.case_row(act, case)


def _checked(act: Act, key: str, given: Mapping[EditableField, str]) -> dict[str, str]:
    """The fields, and whether a contact's case keeps what its type asks for."""
    faults = Faults()
    clean = faults.check(lambda: fields.checked(act.policy, **{str(name): text for name, text in given.items()}), dict[str, str]())
    if not act.principal.is_staff and given.get("environment", "").strip() == "" and "environment" in given:
        case_type = given.get("case_type") or changing.found(act, key).case_type
        faults.check(lambda: fields.require_asked(act.policy, case_type, ""), None)
    faults.refuse()
    return clean
