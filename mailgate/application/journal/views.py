"""Entries of the journal and what operators did to them, as every edge shows them. In: rows of the store. Out: values with plain fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailgate.store.rows import AuditRow, JournalEntry


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry in a list. What was decided is empty while it is pending; `reason` is then why the last attempt failed, if one did."""

    id: str
    accepted_at: datetime
    state: str
    reverse_path: str | None
    recipients: Sequence[str]
    author: str
    subject: str
    message_id: str | None
    kind: str
    rule: str
    reason: str
    tags: Sequence[str]
    size_bytes: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Move:
    """What an operator did to one entry or one outgoing mail (the other id is None), when and why. `detail`: what was asked for."""

    id: str
    at: datetime
    operator: str
    verb: str
    journal_id: str | None
    outbox_id: str | None
    from_state: str
    to_state: str
    reason: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Left:
    """One row that was not moved. `code`: wrong_state, pending, purged; or final, for one that rightly stays in `state`."""

    id: str
    code: str
    state: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What a verb did: the moves, the rows that it could not move, and those that stay as they are because their work is done."""

    moves: Sequence[Move]
    left: Sequence[Left] = ()
    stay: Sequence[Left] = ()


NO_MOVES = ("inject", "raw")
"""Verbs of the audit that put mail into the journal or hand out its bytes: no decision about mail that is there."""


@dataclass(frozen=True, slots=True)
class EntryDetail:
    """One entry with all that is known of it. `decided`: fields of the decision and of its trail, {} while it is pending."""

    row: EntryRow
    client_address: str
    helo: str
    protocol: str
    tls: bool
    smtp_utf8: bool
    raw_sha256: str
    raw_kept: bool
    notes: Sequence[str]
    due_at: datetime | None
    error: str
    decided: Mapping[str, Any] = field(default_factory=dict)
    interventions: Sequence[Move] = ()


def entry_row(entry: JournalEntry) -> EntryRow:
    """An entry as lists show it."""
    decision = entry.decision
    return EntryRow(
        id=entry.id,
        accepted_at=entry.accepted_at,
        state=entry.state,
        reverse_path=entry.envelope.reverse_path,
        recipients=list(entry.envelope.recipients),
        author=decision.author if decision else "",
        subject=decision.subject if decision else "",
        message_id=decision.message_id if decision else None,
        kind=decision.kind if decision else "",
        rule=decision.rule if decision else "",
        reason=decision.reason if decision else entry.error,
        tags=list(decision.tags) if decision else [],
        size_bytes=entry.size_bytes,
        attempts=entry.attempts,
    )


def move(row: AuditRow) -> Move:
    """An audit row about an entry or an outgoing mail."""
    before, after = str(row.before.get("state", "")), str(row.after.get("state", ""))
    journal_id = row.subject_id if row.subject_kind == "journal" else None
    outbox_id = row.subject_id if row.subject_kind == "outbox" else None
    return Move(row.id, row.at, row.principal, row.verb, journal_id, outbox_id, before, after, row.reason, row.detail)
