"""Outgoing mail as every edge shows it. In: rows of the store. Out: values with plain fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from mailgate.application.journal.views import Move
from mailgate.store.rows import Attempt, OutboxMail


@dataclass(frozen=True, slots=True)
class MailRow:
    """An outgoing mail in a list. `state` is ours; `delivery` is what reports said later. `reverse_path` None is `<>`."""

    id: str
    template: str
    address: str
    reverse_path: str | None
    message_id: str
    created_at: datetime
    expires_at: datetime
    state: str
    attempts: int
    due_at: datetime | None
    error: str
    maybe_sent: bool
    at_most_once: bool
    case_id: str | None
    contact_id: str | None
    journal_id: str | None
    language: str
    subject: str
    delivery: str
    delivery_status: str
    delivery_text: str


@dataclass(frozen=True, slots=True)
class MailDetail:
    """One outgoing mail with each attempt to deliver it, and what operators did to it."""

    row: MailRow
    attempts_made: Sequence[Attempt]
    interventions: Sequence[Move]


def mail_row(mail: OutboxMail) -> MailRow:
    """A mail as lists show it."""
    return MailRow(**{name: value for name, value in asdict(mail).items() if name != "history"})
