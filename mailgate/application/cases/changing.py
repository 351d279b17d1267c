"""What the use cases of cases share: a case found under the caller's rights, locked, changed and recorded.

A change is made under the case's lock. Notices become due in the database; the worker's sweeper finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mailgate.application.access import require
from mailgate.application.use_case import Act
from mailgate.cases.changes import ChangeContext
from mailgate.cases.model import Actor, Case, Change, Comment, Contact
from mailgate.cases.names import shown_name
from mailgate.errors import Conflict
from mailgate.rules.agreements import respond_by
from mailgate.rules.facts import DEFAULT_AGREEMENT

Make = Callable[[Case, ChangeContext], Change]

_RECORDED = {
    "summary": "summary", "description": "description", "status": "status", "type": "case_type", "priority": "priority",
    "component": "component", "environment": "environment", "assignee": "assignee", "merged_into": "merged_into",
}  # fmt: skip


def found(act: Act, key: str) -> Case:
    """The case of this key or id, when the principal may do the act with it. Raises NotFound, Forbidden."""
    case = act.uow.cases.get(key)
    require(act.principal, act.action, case, named=key)
    return case


def locked(act: Act, key: str, version: int | None = None) -> Case:
    """The same case, locked until the transaction ends. Raises NotFound, Forbidden, and Conflict when it is not at this version."""
    id_ = found(act, key).id
    case = act.uow.cases.lock([id_])[id_]
    require(act.principal, act.action, case, named=key)
    if version is not None and version != case.version:
        raise Conflict(case.key, case.version)
    return case


def comment_of(act: Act, id_: str) -> Comment:
    """The comment with this id, or whose id alone begins so. Raises NotFound, Ambiguous. The case is for the caller to ask for."""
    whole = act.uow.cases.find_comment(id_)
    return act.uow.cases.comments_by_ids([whole])[whole]


def refuse_moved(act: Act, comment: Comment, case: Case) -> Comment:
    """The comment as it is now that this case is locked, where it was read. Raises Conflict when it is on another one meanwhile."""
    now = act.uow.cases.comments_by_ids([comment.id]).get(comment.id)
    if now is None or now.case_id != case.id:
        raise Conflict(case.key, case.version)
    return now


def own_names(act: Act, *cases: Case) -> frozenset[str]:
    """Names that no customer may appear under: the company's and those of its staff."""
    service = {act.app.settings.service.company, act.app.settings.from_name}
    return frozenset(service | act.uow.accounts.staff_names() | {case.assignee for case in cases})


def _actor(act: Act, cases: Iterable[Case]) -> Actor:
    """Who acts, as others get to read it. Otherwise a contact could choose a name that looks like ours."""
    actor = act.principal.actor
    contact = act.uow.contacts.get([act.principal.id]).get(act.principal.id) if act.principal.kind == "contact" else None
    return replace(actor, name=shown_name(contact, own_names(act, *cases))) if contact else actor


def context(act: Act, people: Iterable[Contact], customer_id: str | None, cases: Iterable[Case] = ()) -> ChangeContext:
    """Who changes, when, how notices to these people are made, and by when this customer is promised an answer."""
    companies = act.uow.customers.get({id_ for id_ in (customer_id, *(person.customer_id for person in people)) if id_})
    company = companies.get(customer_id or "")
    return ChangeContext(
        actor=_actor(act, cases),
        now=act.now,
        workflow=act.policy.workflow,
        notice_window=max(act.policy.notices.window, _held_back(act)),
        notice_windows={kind: max(window, _held_back(act)) for kind, window in act.policy.notices.windows.items()},
        urgent_window=_held_back(act),
        notice_kinds=act.policy.notices.kinds,
        languages={id_: company.language for id_, company in companies.items()},
        default_language=act.app.settings.service.default_language,
        answer_by=respond_by(act.policy.agreement(company.agreement if company else DEFAULT_AGREEMENT), act.now),
    )


def _held_back(act: Act) -> timedelta:
    """Changes by staff can be taken back for a while; notices of what customers do follow the policy."""
    return timedelta(seconds=act.app.settings.outbound.hold_back_s) if act.principal.is_staff else timedelta(0)


def context_of(act: Act, *cases: Case) -> ChangeContext:
    """The context for the participants of these cases; the promise is that of the first."""
    return context(act, [person.contact for case in cases for person in case.participants], cases[0].customer_id, cases)


def change(act: Act, key: str, version: int | None, make: Make, *, reason: str = "", **detail: Any) -> Case:
    """Change one case under its lock; the case after it. Raises what `locked` and `make` raise."""
    case = locked(act, key, version)
    return write(act, case, make(case, context_of(act, case)), reason=reason, **detail)


def write(act: Act, before: Case | None, made: Change, *, reason: str = "", **detail: Any) -> Case:
    """Write a change and its audit row; the case as it is stored now. A change without events writes nothing. `before` None: a new case."""
    if not made.events:
        act.unchanged()
        return made.case
    act.uow.cases.write([made])
    old, new = _recorded(before), _recorded(made.case)
    changed = [name for name in new if old.get(name) != new[name]]
    comments = {"comment_id": made.comments[0].id} if made.comments else {}
    act.record(
        ("case", made.case.id),
        {name: old[name] for name in changed if before is not None},
        {name: new[name] for name in changed},
        reason=reason,
        detail={"key": made.case.key, **comments, **detail},
    )
    return made.case if before is None else replace(made.case, version=before.version + 1)


def _recorded(case: Case | None) -> Mapping[str, Any]:
    if case is None:
        return {}
    people = {
        "participants": [one.contact.address for one in case.participants if one.approved],
        "waiting": [one.contact.address for one in case.participants if not one.approved],
    }
    return {name: getattr(case, attribute) for name, attribute in _RECORDED.items()} | people
