"""Makes the views of cases. In: cases as stored, the act that asks. Out: `views`. About access it decides only which view is made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from mailgate.application.access import relation
from mailgate.application.cases.changing import own_names
from mailgate.application.cases.notified import WITH_COMMENT, of_comments, outcomes_by_event
from mailgate.application.cases.views import (
    AgentCase,
    AgentEvent,
    CaseRow,
    CommentView,
    ContactCase,
    ContactCaseRow,
    ContactComment,
    ContactPerson,
    DeliveryView,
    EventView,
    FileView,
    HeldMail,
    NoticeOutcome,
    Unreachable,
)
from mailgate.application.use_case import Act
from mailgate.cases import carriers, undoing
from mailgate.cases.link_tokens import without_links
from mailgate.cases.model import Actor, Case, CaseEvent, Comment, StoredFile
from mailgate.cases.names import registered_name
from mailgate.cases.tokens import TokenKeys
from mailgate.cases.workflow import possible
from mailgate.rules.agreement_words import in_words
from mailgate.rules.facts import DEFAULT_AGREEMENT
from mailgate.store.rows import OutboxMail

LATEST_MAILS = 20
SHOWN_EVENTS = frozenset({"case_created", "comment_added", "status_changed", "assignee_changed", "field_changed", "merged"})
"""The events that contacts see; of these, only the facts that name no person and no other case."""
SHOWN_FACTS = frozenset({"from", "to", "status", "operation", "field"})


def case_rows(act: Act, cases: Sequence[Case]) -> list[CaseRow]:
    """The rows of these cases for staff."""
    duplicates = {case.merged_into for case in cases if case.merged_into}
    keys = {id_: case.key for id_, case in act.uow.cases.by_ids(duplicates).items()}
    return [_row(act, case, keys) for case in cases]


def customers_of(act: Act, cases: Sequence[Case]) -> dict[str, str]:
    """Key of a case -> the name of its customer, for those that have one."""
    names = {id_: one.name for id_, one in act.uow.customers.get({case.customer_id for case in cases if case.customer_id}).items()}
    return {case.key: names[case.customer_id] for case in cases if case.customer_id in names}


def case_row(act: Act, case: Case) -> CaseRow | ContactCaseRow:
    """The row of one case, as the principal may see it."""
    return case_rows(act, [case])[0] if act.principal.is_staff else contact_rows(act, [case])[0]


def _row(act: Act, case: Case, keys: Mapping[str, str]) -> CaseRow:
    people = [(person.contact, person.approved) for person in case.participants]
    return CaseRow(
        **_shared(act, case),
        id=case.id,
        reporter=next((contact.address for contact, _ in people if contact.id == case.reporter_id), ""),
        participants=[contact.address for contact, approved in people if approved],
        waiting=[contact.address for contact, approved in people if not approved],
        merged_into=keys.get(case.merged_into or "", ""),
        due_at=case.due_at,
    )


def contact_rows(act: Act, cases: Sequence[Case]) -> list[ContactCaseRow]:
    """The rows of these cases for somebody who takes part in them."""
    ours = own_names(act, *cases)
    return [_contact_row(act, case, _names(case, ours)) for case in cases]


def _contact_row(act: Act, case: Case, names: Mapping[str, str]) -> ContactCaseRow:
    return ContactCaseRow(**_shared(act, case), reporter=names.get(case.reporter_id, ""))


def _names(case: Case, ours: Collection[str]) -> Mapping[str, str]:
    """Contact id -> name, for the other customers in the case: "" for somebody who has none, or one like ours."""
    return {one.contact.id: registered_name(one.contact, ours) for one in case.participants}


def _shared(act: Act, case: Case) -> dict[str, Any]:
    workflow, service = act.policy.workflow, act.app.settings.service
    language = act.principal.language or service.default_language
    return {
        "key": case.key,
        "summary": case.summary,
        "status": case.status,
        "status_label": workflow.status(case.status).label(language),
        "type": case.case_type,
        "priority": case.priority,
        "component": case.component,
        "environment": case.environment,
        "assignee": case.assignee,
        "created_at": case.created_at,
        "updated_at": case.updated_at,
        "resolved_at": case.resolved_at,
        "link": service.link(case.key),
        "operations": list(possible(workflow, case.status, act.principal.actor.kind)),
        "version": case.version,
    }


def agent_case(act: Act, case: Case) -> AgentCase:
    """The whole case for staff, with the latest mails about it."""
    people = {person.contact.id: person.contact.address for person in case.participants}
    customer = act.uow.customers.get([case.customer_id]).get(case.customer_id) if case.customer_id else None
    mails = act.uow.outbox.list(limit=LATEST_MAILS, case_id=case.id)
    events = act.uow.cases.events(case.id)
    gone, notified = undoing.withdrawn(events), outcomes_by_event(act, case)
    of_comment = of_comments(events, notified)
    return AgentCase(
        **_fields_of(case_rows(act, [case])[0]),
        unreachable=[
            Unreachable(one.address, one.cause, one.created_at, one.until, one.reason) for one in act.uow.suppressions.of(people.values())
        ],
        deliveries=[_delivery(mail) for mail in reversed(mails)],
        customer=customer.name if customer else "",
        description=case.description,
        comments=[
            _comment(comment, people, gone.get(comment.id), of_comment.get(comment.id, ())) for comment in act.uow.cases.comments(case.id)
        ],
        events=[_event(event, people, () if event.kind in WITH_COMMENT else notified.get(event.id, ())) for event in events],
        held=[HeldMail(one.id, one.accepted_at, one.author, one.subject) for one in act.uow.todo.held_on(case.id)],
    )


def contact_case(act: Act, case: Case) -> ContactCase:
    """The whole case for somebody who takes part in it: comments and what the workflow did, nothing internal.

    What was taken back before anybody was notified is not there; of a comment that was withdrawn later only that there was one.
    """
    names = _names(case, own_names(act, case))
    every = act.uow.cases.events(case.id)
    undone, withdrawn = undoing.taken_back(every), undoing.withdrawn(every)
    never_said = {one.facts.get("comment_id") for one in every if one.id in undone}
    comments = [one for one in act.uow.cases.comments(case.id) if one.kind == "comment" and one.id not in never_said]
    happened = [one for one in every if one.id not in undone]
    muted, key = act.uow.portal.muted_and_agreement(act.principal.id, case.id, case.customer_id)
    agreement = act.policy.agreement(key or DEFAULT_AGREEMENT)
    hide = _token_hider(act)
    return ContactCase(
        **_fields_of(_contact_row(act, case, names)),
        participants=[
            ContactPerson(one.contact.id, names[one.contact.id], one.role, one.contact.id == act.principal.id)
            for one in case.participants
            if one.approved
        ],
        description=hide(case.description),
        comments=[_contact_comment(act, one, _name(one.author, names), hide, withdrawn=one.id in withdrawn) for one in comments],
        events=[_contact_event(one, names) for one in happened if one.kind in SHOWN_EVENTS],
        role=relation(act.principal, case),
        agreement=in_words(agreement, act.principal.language).name,
        respond_by=case.due_at if act.policy.workflow.turn(case.status) == "ours" else None,
        muted=muted,
    )


def _token_hider(act: Act) -> Callable[[str], str]:
    vault, today = act.app.settings.vault, act.now.date()
    keys = TokenKeys(vault.token_keys, vault.valid_until)
    return lambda text: without_links(carriers.without_tokens(keys, text, today))


def _contact_comment(act: Act, comment: Comment, who: str, hide: Callable[[str], str], *, withdrawn: bool) -> ContactComment:
    you = comment.author.contact_id == act.principal.id
    if withdrawn:
        return ContactComment(comment.id, comment.created_at, who, you, "", [], withdrawn=True)
    text, signature, quoted = map(hide, (comment.text, comment.signature, comment.quoted))
    shown = ContactComment(comment.id, comment.created_at, who, you, text, _files(comment.files))
    return replace(shown, signature=signature, quoted=quoted, forwarded=comment.forwarded)


def _contact_event(event: CaseEvent, names: Mapping[str, str]) -> EventView:
    facts = {name: value for name, value in event.facts.items() if name in SHOWN_FACTS}
    return EventView(event.id, event.at, event.kind, _name(event.actor, names), facts)


def _name(actor: Actor, names: Mapping[str, str]) -> str:
    """A name, never an address; empty for somebody who wrote by mail without a name."""
    name = names.get(actor.contact_id or "", "") or actor.name
    return "" if "@" in name else name


def _who(actor: Actor, people: Mapping[str, str]) -> str:
    return people.get(actor.contact_id or "") or actor.name or actor.kind


def _comment(comment: Comment, people: Mapping[str, str], withdrawal: CaseEvent | None, notified: Sequence[NoticeOutcome]) -> CommentView:
    who, files = _who(comment.author, people), _files(comment.files)
    cut = (comment.signature, comment.quoted, comment.forwarded, _who(withdrawal.actor, people) if withdrawal else "")
    return CommentView(comment.id, comment.kind, comment.created_at, who, comment.text, comment.journal_id, files, *cut, notified)


def _event(event: CaseEvent, people: Mapping[str, str], notified: Sequence[NoticeOutcome]) -> AgentEvent:
    return AgentEvent(event.id, event.at, event.kind, _who(event.actor, people), dict(event.facts), notified)


def _files(files: Sequence[StoredFile]) -> list[FileView]:
    return [FileView(one.filename, one.content_type, one.size_bytes, one.sha256, one.disposition) for one in files]


def _delivery(mail: OutboxMail) -> DeliveryView:
    state = mail.delivery or mail.state
    why = " ".join(part for part in (mail.delivery_status, mail.delivery_text) if part) if mail.delivery else mail.error
    return DeliveryView(mail.created_at, mail.address, mail.template, state, why, mail.id)


def _fields_of(row: CaseRow | ContactCaseRow) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def as_json(view: Any) -> dict[str, Any]:
    """A view as plain mappings and lists, in the order of its fields; times stay times."""
    return asdict(view)
