"""Rows of the journal to values, and filters to SQL. In: rows, filters, outcomes. Out: values of `store.rows`, conditions. Runs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from mailgate.mail.model import Envelope
from mailgate.rules.operator_decision import from_json
from mailgate.store.repositories.statements import array, literal, to_json, words
from mailgate.store.rows import ClaimedEntry, EntryFilter, JournalEntry, Outcome
from mailgate.store.schema import blobs, decisions, entry_tags, journal


def claimed_entry(row: Any, raw: bytes) -> ClaimedEntry:
    """A row under lease with its bytes."""
    return ClaimedEntry(
        id=row.id,
        envelope=Envelope(row.reverse_path, words(row.recipients)),
        raw=raw,
        raw_sha256=row.raw_sha256,
        accepted_at=row.accepted_at,
        attempts=row.attempts,
        lease_token=row.lease_token,
        client_address=row.client_address,
        helo=row.helo,
        protocol=row.protocol,
        tls=row.tls,
        smtp_utf8=row.smtp_utf8,
        notes=words(row.notes),
        operator_decision=from_json(row.operator_decision),
    )


def decision_values(outcome: Outcome, now: datetime) -> dict[str, Any]:
    """The row of `decisions` for an outcome."""
    return {
        "journal_id": outcome.journal_id,
        "decided_at": now,
        "rule": outcome.rule,
        "reason": outcome.reason,
        "kind": outcome.kind,
        "trust": outcome.trust,
        "case_id": outcome.case_id,
        "policy_version": outcome.policy_version,
        "trail": to_json(outcome.trail),
        "message_id": outcome.message_id,
        "author": outcome.author,
        "subject": outcome.subject,
        "defects": array(outcome.defects),
    }


def trail_of(text: str) -> Mapping[str, Any]:
    """The trail of a decision row; {} for an operator's own decision, which has none (earlier versions wrote `[]`)."""
    found: Mapping[str, Any] = json.loads(text) or {}
    return found


def conditions(where: EntryFilter) -> Iterator[ColumnElement[bool]]:
    """The WHERE clauses of a filter."""
    if where.states is not None:
        yield journal.c.state.in_(sorted(where.states))
    if where.rule is not None:
        yield decisions.c.rule == where.rule
    if where.author is not None:
        author, wanted = func.lower(decisions.c.author), where.author.lower().removeprefix("@")
        yield author == wanted if "@" in wanted else author.endswith(f"@{wanted}", autoescape=True)
    if where.tag is not None:
        yield journal.c.id.in_(select(entry_tags.c.journal_id).where(entry_tags.c.tag == where.tag))
    if where.case_id is not None:
        yield decisions.c.case_id == where.case_id
    if where.since is not None:
        yield journal.c.accepted_at >= where.since
    if where.until is not None:
        yield journal.c.accepted_at < where.until


def shown_entries() -> Select[Any]:
    """Entries with their decision, and whether their bytes are kept."""
    kept = select(literal(1)).where(blobs.c.sha256 == journal.c.raw_sha256).correlate(journal).exists()
    of_decision = [column.label(f"d_{column.name}") for column in decisions.columns]
    return select(journal, kept.label("raw_kept"), *of_decision).outerjoin(decisions, decisions.c.journal_id == journal.c.id)


def journal_entry(row: Any, tags: tuple[str, ...]) -> JournalEntry:
    """A row of `shown_entries` with its tags."""
    return JournalEntry(
        id=row.id,
        accepted_at=row.accepted_at,
        envelope=Envelope(row.reverse_path, words(row.recipients)),
        raw_sha256=row.raw_sha256,
        size_bytes=row.size_bytes,
        client_address=row.client_address,
        helo=row.helo,
        protocol=row.protocol,
        tls=row.tls,
        smtp_utf8=row.smtp_utf8,
        notes=words(row.notes),
        state=row.state,
        attempts=row.attempts,
        due_at=row.due_at,
        error=row.error,
        raw_kept=bool(row.raw_kept),
        decision=outcome_of(row, tags) if row.d_journal_id else None,
        decided_at=row.d_decided_at,
    )


def outcome_of(row: Any, tags: tuple[str, ...]) -> Outcome:
    """The decision in a row of `shown_entries`."""
    return Outcome(
        journal_id=row.id,
        state=row.state,
        rule=row.d_rule,
        reason=row.d_reason,
        kind=row.d_kind,
        trust=row.d_trust,
        case_id=row.d_case_id,
        policy_version=row.d_policy_version,
        trail=trail_of(row.d_trail),
        message_id=row.d_message_id,
        author=row.d_author,
        subject=row.d_subject,
        defects=words(row.d_defects),
        tags=tags,
    )
