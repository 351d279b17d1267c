"""One case as the desk shows it: its timeline, who was notified of what and what became of it, and the facts beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailgate.application.access import Action
from mailgate.application.cases import showing
from mailgate.application.cases.changing import found
from mailgate.application.cases.notified import WITH_COMMENT
from mailgate.application.cases.views import AgentCase, CaseRow, CommentView, EventView, NoticeOutcome
from mailgate.application.desk.texts import ReplyTextName, names_of
from mailgate.application.journal.views import EntryRow, entry_row
from mailgate.application.use_case import Act, query
from mailgate.cases.changes import language_of
from mailgate.cases.model import Case, CaseEvent, Customer
from mailgate.cases.workflow import Turn
from mailgate.rules.agreement_words import promised
from mailgate.rules.facts import DEFAULT_AGREEMENT
from mailgate.store.repositories.desk import Presence
from mailgate.store.rows import EntryFilter

PRESENT_FOR = timedelta(seconds=70)
"""Who was heard of within that time has the case open: pages say so every 30 s."""
OTHERS_MOST, HELD_MOST = 6, 20
REVERSIBLE = frozenset({"comment_added", "note_added", "status_changed", "assignee_changed"})


@dataclass(frozen=True, slots=True)
class DeskEntry:
    """One thing in the timeline, a comment or an event, and who was notified of it."""

    id: str
    at: datetime
    comment: CommentView | None
    event: EventView | None
    notified: Sequence[NoticeOutcome]


@dataclass(frozen=True, slots=True)
class Promise:
    """What the customer has bought, in words."""

    customer: str
    customer_id: str
    agreement: str
    hours: str
    response: str
    phone: str
    opens: str


@dataclass(frozen=True, slots=True)
class DeskCase:
    """`people`: contact's address -> name. `turn`: whose it is. `others`: other open cases of the customer, or of the reporter."""

    case: AgentCase
    entries: Sequence[DeskEntry]
    promise: Promise
    turn: Turn
    people: Mapping[str, str]
    others: Sequence[CaseRow]
    held: Sequence[EntryRow]
    present: Sequence[Presence]
    texts: Sequence[ReplyTextName]
    staff: Sequence[str]
    can_take_back: bool


@query(Action.CASE_QUEUE, policy=True)
def show_desk_case(act: Act, key: str) -> DeskCase:
    """Show one case with its timeline, deliveries and the facts beside it."""
    case = found(act, key)
    shown, events = showing.agent_case(act, case), act.uow.cases.events(case.id)
    held = act.uow.journal.list(limit=HELD_MOST, where=EntryFilter(states=frozenset({"held"}), case_id=case.id))
    company = act.uow.customers.get([case.customer_id]).get(case.customer_id) if case.customer_id else None
    return DeskCase(
        case=shown,
        entries=_timeline(shown),
        promise=_promise(act, company, case.created_at),
        turn=act.policy.workflow.turn(case.status),
        people={one.contact.address: one.contact.name for one in case.participants},
        others=_others(act, case),
        held=[entry_row(one) for one in held],
        present=[one for one in act.uow.desk.present(case.id, act.now - PRESENT_FOR) if one.account_id != act.principal.id],
        texts=names_of(act, _language(act, case, company)),
        staff=act.uow.staff.names(),
        can_take_back=_can_take_back(act, events),
    )


def _can_take_back(act: Act, events: Sequence[CaseEvent]) -> bool:
    """Whether the newest event is one of ours about which no mail has left yet."""
    newest = events[-1]
    held_back = max(act.policy.notices.window, timedelta(seconds=act.app.settings.outbound.hold_back_s))
    return newest.actor.kind == "operator" and newest.kind in REVERSIBLE and act.now - newest.at < held_back


def _timeline(case: AgentCase) -> list[DeskEntry]:
    """Comments in their places, and the events that are no comments; each with what was notified of it."""
    entries = [DeskEntry(one.id, one.at, one, None, one.notified) for one in case.comments]
    entries += [DeskEntry(one.id, one.at, None, one, one.notified) for one in case.events if one.kind not in WITH_COMMENT]
    return sorted(entries, key=lambda one: (one.at, one.id))


def _language(act: Act, case: Case, company: Customer | None) -> str:
    """The language that the reporter is written to."""
    languages = {company.id: company.language} if company else {}
    default = act.app.settings.service.default_language
    return next((language_of(one.contact, languages, default) for one in case.participants if one.role == "reporter"), default)


def _promise(act: Act, company: Customer | None, created_at: datetime) -> Promise:
    agreement = act.policy.agreement(company.agreement if company else DEFAULT_AGREEMENT)
    language = act.principal.language or act.app.settings.service.default_language
    words = promised(agreement, language, created_at, act.now)
    name, id_ = (company.name, company.id) if company else ("", "")
    return Promise(name, id_, words.name, words.hours, words.response, words.phone, words.opens)


def _others(act: Act, case: Case) -> list[CaseRow]:
    reporter = None if case.customer_id else case.reporter_id
    rows = act.uow.cases.list(OTHERS_MOST * 5, customer_id=case.customer_id, contact_id=reporter)
    workflow = act.policy.workflow
    still_open = [one for one in rows if one.id != case.id and workflow.turn(one.status) != "done"]
    return showing.case_rows(act, still_open[:OTHERS_MOST])
