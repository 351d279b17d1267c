"""Rows of outgoing mail to values and back. Pure."""

from __future__ import annotations

import hashlib
from typing import Any

from mailgate.cases.ids import new_id
from mailgate.store.repositories.blobs import matches
from mailgate.store.rows import Attempt, ClaimedMail, OutboxMail, OutboxRow, SendResult


def outbox_row(row: OutboxRow) -> dict[str, Any]:
    """The row of a mail that is frozen now."""
    return {
        "id": row.id,
        "template": row.template,
        "address": row.address,
        "reverse_path": row.reverse_path,
        "message_id": row.message_id,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "case_id": row.case_id,
        "contact_id": row.contact_id,
        "journal_id": row.journal_id,
        "at_most_once": row.at_most_once,
        "language": row.language,
        "subject": row.subject,
        "lane": row.lane,
        "size_bytes": len(row.raw),
        "raw_sha256": hashlib.sha256(row.raw).hexdigest(),
        "state": "pending",
        "due_at": row.next_attempt_at,
    }


def attempt_row(result: SendResult, number: int) -> dict[str, Any]:
    """The row of an attempt that has ended."""
    return {
        "id": new_id(result.ended_at),
        "outbox_id": result.outbox_id,
        "number": number,
        "state": result.state,
        "started_at": result.started_at,
        "ended_at": result.ended_at,
        "host": result.host,
        "code": result.code,
        "enhanced": result.enhanced,
        "text": result.text,
    }


CLAIMED_COLUMNS = (
    "id", "template", "address", "reverse_path", "message_id", "raw_sha256", "created_at", "expires_at", "attempts", "lease_token", "lost",
    "at_most_once", "case_id", "contact_id",
)  # fmt: skip
"""What `claimed_of` reads."""


def claimed_of(row: Any, raw: bytes | None) -> ClaimedMail:
    """A mail under lease; `raw` is None when its bytes are gone."""
    return ClaimedMail(
        id=row.id,
        template=row.template,
        address=row.address,
        reverse_path=row.reverse_path,
        message_id=row.message_id,
        raw=raw or b"",
        intact=raw is not None and (row.raw_sha256 is None or matches(row.raw_sha256, raw)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        attempts=row.attempts,
        lease_token=row.lease_token,
        maybe_sent=row.lost > 0,
        at_most_once=row.at_most_once,
        case_id=row.case_id,
        contact_id=row.contact_id,
    )


def mail_of(row: Any, history: tuple[Attempt, ...] = ()) -> OutboxMail:
    """A mail as people see it."""
    return OutboxMail(
        id=row.id,
        template=row.template,
        address=row.address,
        reverse_path=row.reverse_path,
        message_id=row.message_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=row.state,
        attempts=row.attempts,
        due_at=row.due_at,
        error=row.error,
        maybe_sent=row.lost > 0,
        at_most_once=row.at_most_once,
        case_id=row.case_id,
        contact_id=row.contact_id,
        journal_id=row.journal_id,
        language=row.language,
        subject=row.subject,
        delivery=row.delivery,
        delivery_status=row.delivery_status,
        delivery_text=row.delivery_text,
        history=history,
    )
