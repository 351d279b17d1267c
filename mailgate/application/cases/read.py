"""Look at cases: a list in pages, one case with its comments, one file. Contacts get their own cases, without internal fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailgate.application.access import Action
from mailgate.application.cases import showing
from mailgate.application.cases.changing import found
from mailgate.application.cases.views import AgentCase, CaseRow, ContactCase, ContactCaseRow, FileContent
from mailgate.application.customers.look_up import contact_of, customer_of
from mailgate.application.paging import Page, cursor_of, id_of, page_of
from mailgate.application.use_case import Act, query
from mailgate.application.words import one_of
from mailgate.cases import undoing
from mailgate.cases.model import Case
from mailgate.errors import Forbidden, NotFound
from mailgate.store import search_words
from mailgate.store.repositories.cases.filters import WaitingFilter


@dataclass(frozen=True, slots=True)
class ListCases:
    """Cases in this status (its key), with this contact (address), of this customer (name, domain or id). `cursor`: of the page before.

    `text`: words, beginnings of words, a key or a number; cases that have all of it in key, summary, description or comments. Staff find
    words of notes, too.
    `company`: for a contact, those of their company instead of their own alone. `statuses`: only cases in one of these.
    `priority`, `case_type`: keys.
    For staff: `assignee`, "" for nobody's; `open`: neither solved nor closed; `unanswered`: an answer is due; `overdue`: it was due.
    """

    status: str | None = None
    contact: str | None = None
    customer: str | None = None
    limit: int = 50
    cursor: str | None = None
    text: str = ""
    company: bool = False
    statuses: Sequence[str] | None = None
    priority: str | None = None
    case_type: str | None = None
    assignee: str | None = None
    open: bool = False
    unanswered: bool = False
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class ShowCase:
    """One case by key or id."""

    key: str


@dataclass(frozen=True, slots=True)
class ReadFile:
    """One file of a comment, by the SHA-256 of its bytes."""

    key: str
    comment_id: str
    sha256: str


@query(Action.CASE_LIST, policy=True)
def list_cases(act: Act, command: ListCases) -> Page[CaseRow] | Page[ContactCaseRow]:
    """List or search cases, the newest first; for contacts, those in which they take part, or those of their company."""
    if command.status is not None:
        one_of(command.status, [known.key for known in act.policy.workflow.statuses], "status", "status")
    rows = _searched(act, command) if command.text.strip() else act.uow.cases.list(command.limit + 1, **_asked(act, command))
    cursors = [cursor_of(case.id) for case in rows]
    if act.principal.is_staff:
        return page_of(showing.case_rows(act, rows), command.limit, cursors)
    return page_of(showing.contact_rows(act, rows), command.limit, cursors)


def _asked(act: Act, command: ListCases) -> dict[str, Any]:
    """The conditions of the list, and those that the principal's rights add."""
    company = command.company and act.principal.kind == "contact"
    if company and not (act.principal.company_access and act.principal.customer_id):
        raise Forbidden(act.action.value, "staff have not let them see the cases of the company")
    own = act.principal.kind == "contact" and not company
    return {
        "status": command.status,
        "contact_id": act.principal.id if own else _contact_id(act, command),
        "customer_id": act.principal.customer_id if company else _customer_id(act, command),
        "approved": own,
        "assignee": command.assignee if act.principal.is_staff else None,
        "waiting": _waiting(act, command)
        if act.principal.is_staff
        else WaitingFilter(command.statuses, priority=command.priority, case_type=command.case_type),
        "before_id": id_of(command.cursor) if command.cursor else None,
    }


def _waiting(act: Act, command: ListCases) -> WaitingFilter:
    still = [one.key for one in act.policy.workflow.statuses if not (one.solved or one.final)] if command.open else command.statuses
    return WaitingFilter(still, command.unanswered, act.now if command.overdue else None, command.priority, command.case_type)


def _searched(act: Act, command: ListCases) -> Sequence[Case]:
    """The cases that have the words; on the first page, the case that is named by key or number stands on top."""
    asked, wanted, internal = _asked(act, command), search_words.terms(command.text), act.principal.is_staff
    named = search_words.case_number(command.text)
    rows = act.uow.cases.search(wanted, command.limit + 1, internal=internal, **asked) if wanted else []
    if named is None or command.cursor:
        return rows
    first = act.uow.cases.list(1, number=named, **asked)
    return [*first, *(case for case in rows if case.number != named)][: command.limit + 1]


def _contact_id(act: Act, command: ListCases) -> str | None:
    return contact_of(act.uow, command.contact).id if command.contact and act.principal.is_staff else None


def _customer_id(act: Act, command: ListCases) -> str | None:
    """A token that is bound to a customer sees that one's cases; contacts name no customer: they see their own cases alone."""
    if act.principal.kind == "token" and act.principal.customer_id is not None:
        return act.principal.customer_id
    return customer_of(act.uow, command.customer).id if command.customer and act.principal.is_staff else None


@query(Action.CASE_READ, policy=True)
def show_case(act: Act, command: ShowCase) -> AgentCase | ContactCase:
    """Show one case: participants, comments, events, and what can be done from here."""
    case = found(act, command.key)
    return showing.agent_case(act, case) if act.principal.is_staff else showing.contact_case(act, case)


@query(Action.CASE_READ)
def read_file(act: Act, command: ReadFile) -> FileContent:
    """Read one file of a comment. Contacts get no file of a note."""
    case = found(act, command.key)
    comment = act.uow.cases.comments_by_ids([command.comment_id]).get(command.comment_id)
    if comment is None or comment.case_id != case.id or (comment.kind == "note" and not act.principal.is_staff):
        raise NotFound("comment", command.comment_id)
    if not act.principal.is_staff and comment.id in undoing.withdrawn(act.uow.cases.events(case.id)):
        raise NotFound("comment", command.comment_id)
    file = next((one for one in comment.files if one.sha256 == command.sha256), None)
    if file is None:
        raise NotFound("file", command.sha256)
    return FileContent(file.filename, file.content_type, act.uow.blobs.get(file.sha256))
