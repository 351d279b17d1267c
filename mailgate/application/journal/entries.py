"""Look at accepted mail: list, show, raw. In: filters, ids. Out: views, bytes. The audit says who took a mail's bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from mailgate.application.access import Action
from mailgate.application.journal.selection import ALL, JournalFilter
from mailgate.application.journal.views import NO_MOVES, EntryDetail, EntryRow, entry_row, move
from mailgate.application.paging import Page, cursor_of, id_of, page_of
from mailgate.application.use_case import Act, query, use_case
from mailgate.errors import NotFound, PolicyError
from mailgate.rules.chain import TrailEntry, restored
from mailgate.rules.index import PassedOver
from mailgate.rules.policy import Policy
from mailgate.store.rows import JournalEntry, Outcome

_DECIDED = ("trust", "case_id", "policy_version", "defects")
_SEEN = ("matched_by", "carriers_refused", "auth", "cases_named", "answer", "answer_refused", "muted", "shadow", "effects", "facts")


@dataclass(frozen=True, slots=True)
class ListEntries:
    """`before`: an id, or a unique beginning of one; only older entries. `cursor`: of the page before; it replaces `before`."""

    filter: JournalFilter = ALL
    limit: int = 50
    before: str | None = None
    cursor: str | None = None


@query(Action.JOURNAL_READ)
def list_entries(act: Act, command: ListEntries) -> Page[EntryRow]:
    """List entries, the newest first."""
    before = act.uow.journal.find(command.before) if command.before else None
    if command.cursor is not None:
        before = id_of(command.cursor)
    found = act.uow.journal.list(limit=command.limit + 1, before=before, where=command.filter.where())
    return page_of([entry_row(one) for one in found], command.limit, [cursor_of(one.id) for one in found])


@query(Action.JOURNAL_READ)
def show_entry(act: Act, id_: str) -> EntryDetail:
    """Show one entry: what came in, what was decided, the answer of each rule, and what operators did to it."""
    entry = act.uow.journal.get(act.uow.journal.find(id_))
    done = [move(row) for row in act.uow.audit.of("journal", entry.id) if row.verb not in NO_MOVES]
    return EntryDetail(
        row=entry_row(entry),
        client_address=entry.client_address,
        helo=entry.helo,
        protocol=entry.protocol,
        tls=entry.tls,
        smtp_utf8=entry.smtp_utf8,
        raw_sha256=entry.raw_sha256,
        raw_kept=entry.raw_kept,
        notes=list(entry.notes),
        due_at=entry.due_at,
        error=entry.error,
        decided=_decided(entry, lambda: _policy_of(act, entry)),
        interventions=done,
    )


@query(Action.JOURNAL_READ)
def rule_description(act: Act, id_: str) -> str:
    """What the policy version that decided an entry says about the rule that did; "" for no rule, or when it says nothing."""
    entry = act.uow.journal.get(act.uow.journal.find(id_))
    policy = _policy_of(act, entry)
    if policy is None or entry.decision is None or policy.version != entry.decision.policy_version:
        return ""
    return policy.description(entry.decision.rule)


@query(Action.JOURNAL_READ)
def short_ids(act: Act, ids: Sequence[str]) -> dict[str, str]:
    """The beginnings by which entries are told from all others: what a person may type in place of their ids."""
    return act.uow.journal.short_ids(ids)


@use_case(Action.JOURNAL_RAW)
def raw_entry(act: Act, id_: str) -> bytes:
    """The accepted bytes of one entry, with CRLF line ends. Raises NotFound when retention has deleted them."""
    found = act.uow.journal.find(id_)
    raw = act.uow.journal.raw(found)
    act.record(("journal", found))
    return raw


def _policy_of(act: Act, entry: JournalEntry) -> Policy | None:
    """The policy that decided the entry; None when this program cannot read it (any more)."""
    number = entry.decision.policy_version.partition("-")[0] if entry.decision else ""
    with suppress(PolicyError, NotFound, ValueError):
        return act.app.parts.compiled(act.uow.policies.get(int(number)))
    return None


def _decided(entry: JournalEntry, policy: Callable[[], Policy | None]) -> dict[str, Any]:
    if entry.decision is None:
        return {}
    decision = asdict(entry.decision)
    return {**{name: decision[name] for name in _DECIDED}, "decided_at": entry.decided_at, **_trail(entry.decision, policy)}


def _trail(decision: Outcome, policy: Callable[[], Policy | None]) -> dict[str, Any]:
    """What was seen on the way, and the answer of each rule under `trail`. An operator's own decision has none.

    Of many rules, those that could not match were only counted. They are named here with the help of the policy version that decided;
    when this program cannot read that version, they stay counted under `passed_over`.
    """
    found = decision.trail
    if not found:
        return {"trail": []}
    seen = {name: found[name] for name in _SEEN if name in found}
    entries = [TrailEntry(**one) for one in found["rules"]]
    groups = [PassedOver(**one) for one in found.get("passed_over", ())]
    decided_by = policy() if groups else None
    if decided_by is not None and decided_by.version == decision.policy_version:
        entries, groups = restored(decided_by, entries, groups), []
    counted = {"passed_over": [asdict(group) for group in groups]} if groups else {}
    return {
        "trust_reason": found["trust"][1],
        "kind_reasons": found["kind"][1:],
        **seen,
        "trail": [entry._asdict() for entry in entries],
        **counted,
    }
