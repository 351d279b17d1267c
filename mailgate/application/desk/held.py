"""Held mail: what waits for a person, and what each decision would do before it is taken. The decisions are those of `journal`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from mailgate.application.access import Action
from mailgate.application.journal.release_target import release_targets, staff_among
from mailgate.application.journal.views import EntryRow, entry_row
from mailgate.application.paging import Page, cursor_of, page_of, sort_key_of
from mailgate.application.use_case import Act, query
from mailgate.application.words import one_of
from mailgate.cases.model import Case
from mailgate.cases.workflow import Incoming, ReplyAnswer, on_reply
from mailgate.errors import NotFound
from mailgate.store.rows import JournalEntry

DECISIONS = ("comment", "create", "redirect", "discard")
MOST = 100


@dataclass(frozen=True, slots=True)
class ListHeld:
    """`cursor`: of the page before."""

    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A held mail. `trust`: how far its author is trusted; `case_key` and `case_summary`: the case that it seems to belong to."""

    entry: EntryRow
    trust: str
    case_key: str
    case_summary: str


@dataclass(frozen=True, slots=True)
class Rehearse:
    """What would happen to these held mails. `case`: the key of the case for all of them, "" for the one that each was matched to."""

    ids: Sequence[str]
    decision: str
    case: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would happen to one. `notified`: who would get mail of it. `status`: the case's after it, "" for unchanged.

    `problem`: no_case, refused or not_held, "" when it can be done. `crosses`: the author belongs to another customer than the case, and
    would take part in it: the case must be named again (`Release.across`).
    """

    id: str
    author: str
    subject: str
    case_key: str
    status: str
    notified: Sequence[str]
    problem: str = ""
    crosses: bool = False


@query(Action.JOURNAL_READ)
def list_held(act: Act, command: ListHeld) -> Page[HeldRow]:
    """List held mail, the newest first, with the case that each seems to belong to."""
    before = sort_key_of(command.cursor)[0] if command.cursor else None
    found = act.uow.journal.list("held", command.limit + 1, before=before)
    cases = act.uow.cases.by_ids({one.decision.case_id for one in found if one.decision and one.decision.case_id})
    return page_of([_row(one, cases) for one in found], command.limit, [cursor_of(one.id) for one in found])


@query(Action.JOURNAL_READ, policy=True)
def rehearse(act: Act, command: Rehearse) -> Sequence[Rehearsed]:
    """Say what a decision would do to each mail, and who would get mail of it. Changes nothing."""
    one_of(command.decision, DECISIONS, "decision", "decision")
    ids = [act.uow.journal.find(id_) for id_ in command.ids[:MOST]]
    entries = act.uow.journal.by_ids(ids)
    named = _case_named(act, command.case)
    cases = act.uow.cases.by_ids({one.decision.case_id for one in entries.values() if one.decision and one.decision.case_id})
    staff = staff_among(act, {one.decision.author.lower() for one in entries.values() if one.decision})
    plan = [_rehearsed(act, command.decision, entries[id_], named or _case_of(entries[id_], cases), staff) for id_ in ids if id_ in entries]
    if command.decision != "comment":
        return plan
    targets = release_targets(act, list(entries.values()), named.number if named else None)
    crossing = {one.journal_id for one in targets if one.crosses}
    return [replace(one, crosses=one.id in crossing and not one.problem) for one in plan]


def _rehearsed(act: Act, decision: str, entry: JournalEntry, case: Case | None, staff: Collection[str]) -> Rehearsed:
    row = entry_row(entry)
    if entry.state != "held":
        return Rehearsed(row.id, row.author, row.subject, "", "", (), "not_held")
    if decision == "discard":
        return Rehearsed(row.id, row.author, row.subject, "", "", ())
    if decision in ("create", "redirect"):
        return Rehearsed(row.id, row.author, row.subject, "", "", (row.author,))
    if case is None:
        return Rehearsed(row.id, row.author, row.subject, "", "", (), "no_case")
    author = row.author.lower()
    answer = _answer(act, row, case, of_staff=author in staff)
    if answer.does == "refuse":
        return Rehearsed(row.id, row.author, row.subject, case.key, "", (row.author,), "refused")
    notified = [one.contact.address for one in case.participants if one.approved and one.contact.address.lower() != author]
    return Rehearsed(row.id, row.author, row.subject, case.key, answer.move_to or "", notified if answer.does == "comment" else ())


def _answer(act: Act, row: EntryRow, case: Case, *, of_staff: bool) -> ReplyAnswer:
    """What the workflow says to a person's mail. Staff who take no part comment as on the desk, which leaves the status as it is."""
    person = case.participant(row.author)
    if of_staff and not (person and person.approved):
        return ReplyAnswer("comment", "one of our staff")
    return on_reply(act.policy.workflow, Incoming(case.status, row.kind, act.now, "participant", resolved_at=case.resolved_at))


def _case_named(act: Act, key: str) -> Case | None:
    if not key.strip():
        return None
    case = act.uow.cases.get(key.strip())
    if case.merged_into:
        raise NotFound("case", key, f"{case.key} is a duplicate; name the case that it became part of")
    return case


def _case_of(entry: JournalEntry, cases: Mapping[str, Case]) -> Case | None:
    return cases.get(entry.decision.case_id or "") if entry.decision else None


def _row(entry: JournalEntry, cases: Mapping[str, Case]) -> HeldRow:
    case = _case_of(entry, cases)
    return HeldRow(entry_row(entry), entry.decision.trust if entry.decision else "", case.key if case else "", case.summary if case else "")
