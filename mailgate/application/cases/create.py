"""Make cases: a new one, and a clone of one there is. Reporter and participants are notified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailgate.application.access import Action
from mailgate.application.cases import changing, fields, showing
from mailgate.application.cases.comment import NewFile, refuse_bad, stored
from mailgate.application.cases.views import CaseRow, ContactCaseRow
from mailgate.application.customers.look_up import contact_of
from mailgate.application.faults import Faults
from mailgate.application.use_case import Act, query, use_case
from mailgate.cases import changes
from mailgate.cases.changes import NewCase
from mailgate.cases.model import Case, Contact, StoredFile
from mailgate.errors import Forbidden, Invalid, NotFound, Repeated
from mailgate.rules.facts import DEFAULT_AGREEMENT

FORM = "case_type", "summary", "environment", "description", "files", "priority", "component", "assignee"
"""The order in which people fill in a new case, and read what is wrong with it."""


@dataclass(frozen=True, slots=True)
class CreateCase:
    """`reporter` and `participants` are addresses of contacts. Contacts leave them and `assignee` empty: the case is their own.

    `case_type` and `priority` "": those that the policy names as its defaults. `mail`: journal id of a redirected mail that the contact has
    claimed, and that becomes this case.
    """

    summary: str
    reporter: str = ""
    description: str = ""
    case_type: str = ""
    priority: str = ""
    component: str = ""
    environment: str = ""
    assignee: str = ""
    participants: tuple[str, ...] = ()
    files: tuple[NewFile, ...] = ()
    mail: str = ""


@dataclass(frozen=True, slots=True)
class CloneCase:
    """A new case with the fields and people of `key`, without its comments."""

    key: str


@use_case(Action.CASE_CREATE, policy=True)
def create_case(act: Act, command: CreateCase) -> CaseRow | ContactCaseRow:
    """Make a case; its reporter and participants are notified."""
    own = not act.principal.is_staff
    if own and (command.assignee or command.participants or command.reporter):
        raise Forbidden(act.action.value, "only staff name a reporter, participants or an assignee for a new case")
    wanted, files = _checked(act, command)
    people = [_self(act)] if own else [contact_of(act.uow, address) for address in (command.reporter, *command.participants)]
    if command.mail:
        _hold_claim(act, command.mail)
    case = _write(act, people, {**wanted, "files": files}, mail=command.mail)
    if command.mail:
        act.uow.portal.finish_claim(command.mail, case.id)
    return showing.case_row(act, case)


@query(Action.CASE_CREATE, policy=True)
def check_case(act: Act, command: CreateCase) -> None:
    """Whether the fields and files of a new case are good, its people aside. Changes nothing. Raises Invalid with all that is wrong."""
    _checked(act, command, keep=False)


def _checked(act: Act, command: CreateCase, *, keep: bool = True) -> tuple[dict[str, str], tuple[StoredFile, ...]]:
    """The fields and the files; without `keep` these are only looked at."""
    policy, faults = act.policy, Faults()
    case_type = command.case_type or policy.defaults.case_type
    given = {
        "case_type": case_type,
        "summary": command.summary,
        "environment": command.environment,
        "description": command.description,
        "priority": command.priority or policy.defaults.priority,
        "component": command.component,
        "assignee": command.assignee,
    }
    wanted = faults.check(lambda: fields.checked(policy, **given), dict[str, str]())
    if not act.principal.is_staff:
        faults.check(lambda: fields.require_asked(policy, case_type, command.environment.strip()), None)
    faults.check(lambda: refuse_bad(act, command.files), None)
    faults.refuse(FORM)
    return wanted, stored(act, command.files) if keep else ()


def _hold_claim(act: Act, journal_id: str) -> None:
    """Lock the claim of a mail. Raises NotFound when it is not the principal's, Repeated when the mail has become a case before."""
    claim = act.uow.portal.lock_claim(journal_id)
    if claim is None or claim.contact_id != act.principal.id:
        raise NotFound("mail", journal_id)
    if claim.case_key:
        raise Repeated(f"/browse/{claim.case_key}")


@use_case(Action.CASE_CLONE, policy=True)
def clone_case(act: Act, command: CloneCase) -> CaseRow | ContactCaseRow:
    """Make a case with the fields of another. Staff keep its people; a contact becomes the reporter, alone."""
    source = changing.found(act, command.key)
    wanted = {name: getattr(source, name) for name in ("summary", "description", "case_type", "priority", "component", "environment")}
    people = [_self(act)] if not act.principal.is_staff else _people_of(source)
    return showing.case_row(act, _write(act, people, wanted, cloned_from=source.key))


def _write(act: Act, people: list[Contact], wanted: Mapping[str, Any], cloned_from: str = "", mail: str = "") -> Case:
    reporter = people[0]
    company = act.uow.customers.get([reporter.customer_id]).get(reporter.customer_id) if reporter.customer_id else None
    number = act.uow.cases.next_number()
    fresh = NewCase(
        number=number,
        key=f"{act.app.settings.service.case_prefix}-{number}",
        reporter=reporter,
        participants=tuple(people[1:]),
        agreement=company.agreement if company else DEFAULT_AGREEMENT,
        cloned_from=cloned_from,
        **wanted,
    )
    made = changes.create_case(fresh, changing.context(act, people, reporter.customer_id))
    detail = {name: value for name, value in (("cloned_from", cloned_from), ("mail", mail)) if value}
    return changing.write(act, None, made, **detail)


def _self(act: Act) -> Contact:
    """The contact who asks. A token that is bound to a customer is not a person and cannot report a case."""
    contact = act.uow.contacts.get([act.principal.id]).get(act.principal.id) if act.principal.kind == "contact" else None
    if contact is None:
        raise Invalid("reporter", "empty", "a case needs a contact as its reporter")
    return contact


def _people_of(case: Case) -> list[Contact]:
    reporter = [one.contact for one in case.participants if one.contact.id == case.reporter_id]
    return reporter + [one.contact for one in case.participants if one.approved and one.contact.id != case.reporter_id]
