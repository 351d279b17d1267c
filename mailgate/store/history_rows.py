"""Earlier mail as the store returns it: to backtests, and to intake for mail that arrives by several ways. Values only, as in `rows`."""

from __future__ import annotations

from datetime import datetime

from mailgate.mail.model import Envelope
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.store.rows import JournalState
from mailgate.values import value_class


@value_class
class EarlierDelivery:
    """A decided entry that has acted on a case: what a later delivery of the same mail is compared with.

    `content_key`: see `mail.submission_key.content_key`.
    """

    journal_id: str
    message_id: str
    case_id: str | None
    content_key: str


@value_class
class HistoryEntry:
    """An accepted mail as a backtest needs it. `operator_decision`: the last one; `decided_at` None: not decided."""

    id: str
    accepted_at: datetime
    envelope: Envelope
    raw_sha256: str
    size_bytes: int
    state: JournalState
    operator_decision: OperatorDecision | None
    raw_kept: bool
    decided_at: datetime | None
    rule: str = ""
    policy_version: str = ""


@value_class
class GivenAnswer:
    """An automatic answer to `address` that the mail `journal_id` was given. `template`: `redirect`, `accepted` or `case_closed`."""

    journal_id: str
    template: str
    address: str
    at: datetime
