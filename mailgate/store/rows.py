"""The values that the store takes and gives, one dataclass per purpose. Nothing here reads, writes or decides.

Ids are UUIDv7 in canonical text. Times are aware UTC. Hashes are SHA-256 in lower-case hex. JSON is text, handled by whoever made it.
A *claim* is a row under lease: its `lease_token` is the fencing token that every later write on the row must still match.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, Literal

from mailgate.cases.model import NoticeKind
from mailgate.mail.model import Envelope
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.values import value_class

JournalState = Literal["pending", "commented", "redirected", "noted", "created", "forwarded", "held", "discarded", "shunted"]
FinalState = Literal["commented", "redirected", "noted", "created", "forwarded", "held", "discarded"]
NoticeState = Literal["pending", "rendering", "rendered", "suppressed", "withheld", "failed"]
OutboxState = Literal["pending", "sending", "deferred", "sent", "failed", "uncertain", "captured", "cancelled"]
SendState = Literal["sent", "deferred", "failed", "uncertain", "captured"]
SubjectKind = Literal[
    "case", "comment", "contact", "customer", "suppression", "journal", "outbox", "policy", "account", "text", "todo", "person", "backup",
    "database", "key",
]  # fmt: skip
LinkPurpose = Literal["register", "reset", "first_admin", "second_factor", "oidc", "answer", "claim", "claim_code", "notices"]
ActivationKind = Literal["first", "activated", "rolled_back"]

JOURNAL_STATES: tuple[JournalState, ...] = (
    "pending", "commented", "redirected", "noted", "created", "forwarded", "held", "discarded", "shunted",
)  # fmt: skip


@value_class
class NewEntry:
    """One message to be made durable.

    `raw` has CRLF line ends and is dot-unstuffed. `submission_key` is `mail.submission_key.submission_key` of it.
    """

    id: str
    accepted_at: datetime
    envelope: Envelope
    raw: bytes
    raw_sha256: str
    submission_key: str
    client_address: str
    helo: str
    protocol: str
    tls: bool
    smtp_utf8: bool
    notes: tuple[str, ...] = ()


@value_class
class Appended:
    """What became of one `NewEntry`: its own id, or the id of the same submission that was there before."""

    journal_id: str
    duplicate: bool


@value_class
class ClaimedEntry:
    """A journal row under lease, with its bytes. `attempts` counts this one. `operator_decision`: None when there is none."""

    id: str
    envelope: Envelope
    raw: bytes
    raw_sha256: str
    accepted_at: datetime
    attempts: int
    lease_token: int
    client_address: str
    helo: str
    protocol: str
    tls: bool
    smtp_utf8: bool
    notes: tuple[str, ...] = ()
    operator_decision: OperatorDecision | None = None


@value_class
class Outcome:
    """What was decided about one entry and why.

    `trail` has the rules that were evaluated and what else led to the decision, in values that JSON can hold. `tags` are put on the entry.
    """

    journal_id: str
    state: FinalState
    rule: str = ""
    reason: str = ""
    kind: str = ""
    trust: str = ""
    case_id: str | None = None
    policy_version: str = ""
    trail: Mapping[str, Any] = field(default_factory=dict)
    message_id: str | None = None
    author: str = ""
    subject: str = ""
    defects: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@value_class
class JournalEntry:
    """A journal row as people see it: what was accepted, where it stands, and the decision when there is one (else None).

    `due_at` is when a worker may take it next, None when it is not waiting for a worker. `raw_kept` is false after retention took the
    bytes.
    """

    id: str
    accepted_at: datetime
    envelope: Envelope
    raw_sha256: str
    size_bytes: int
    client_address: str
    helo: str
    protocol: str
    tls: bool
    smtp_utf8: bool
    notes: tuple[str, ...]
    state: JournalState
    attempts: int
    due_at: datetime | None
    error: str
    raw_kept: bool
    decision: Outcome | None = None
    decided_at: datetime | None = None


@value_class
class ClaimedNotice:
    """A notice under lease. Notices with the same `group` go to one recipient about one case and become one mail."""

    id: str
    group: str
    kind: NoticeKind
    address: str
    created_at: datetime
    case_id: str | None
    contact_id: str | None
    event_id: str | None
    journal_id: str | None
    language: str
    facts: Mapping[str, str]
    attempts: int
    lease_token: int


@value_class
class MailedLink:
    """A link that is in a mail, and what it is for. The token is stored as SHA-256 only."""

    token_sha256: str
    purpose: LinkPurpose
    address: str
    created_at: datetime
    expires_at: datetime
    facts: Mapping[str, str]


@value_class
class OutboxRow:
    """One frozen mail. `reverse_path is None` is `<>`. `at_most_once` marks automatic answers: an unclear attempt is never repeated.
    `links`: those that stand in it. `lane`: a value of `repositories.outbox.lane.Lane`.
    """

    id: str
    template: str
    address: str
    reverse_path: str | None
    message_id: str
    raw: bytes
    created_at: datetime
    next_attempt_at: datetime
    expires_at: datetime
    case_id: str | None = None
    contact_id: str | None = None
    journal_id: str | None = None
    at_most_once: bool = False
    language: str = ""
    subject: str = ""
    links: tuple[MailedLink, ...] = ()
    lane: int = 2


@value_class
class ClaimedMail:
    """An outbox row under lease, with its bytes. `attempts` counts this one. `maybe_sent`: an earlier attempt ended without a known
    answer. `intact` False: the bytes are missing or not those that were frozen, and must not be sent.
    """

    id: str
    template: str
    address: str
    reverse_path: str | None
    message_id: str
    raw: bytes
    created_at: datetime
    expires_at: datetime
    attempts: int
    lease_token: int
    maybe_sent: bool
    at_most_once: bool
    case_id: str | None = None
    contact_id: str | None = None
    intact: bool = True


@value_class
class SendResult:
    """How one attempt ended. `next_attempt_at` is required for `deferred` and allowed for `uncertain`.

    `code`, `enhanced` and `text` are the next hop's reply, as far as there was one.
    """

    outbox_id: str
    lease_token: int
    state: SendState
    started_at: datetime
    ended_at: datetime
    host: str = ""
    code: int = 0
    enhanced: str = ""
    text: str = ""
    next_attempt_at: datetime | None = None


@value_class
class Attempt:
    """One try to deliver an outbox row, as recorded."""

    id: str
    outbox_id: str
    number: int
    state: str
    started_at: datetime
    ended_at: datetime
    host: str
    code: int
    enhanced: str
    text: str


@value_class
class OutboxMail:
    """An outbox row as people see it. `delivery`: "" or what a report said later, with its status (RFC 3463) and its words."""

    id: str
    template: str
    address: str
    reverse_path: str | None
    message_id: str
    created_at: datetime
    expires_at: datetime
    state: OutboxState
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
    delivery: str = ""
    delivery_status: str = ""
    delivery_text: str = ""
    history: tuple[Attempt, ...] = ()


@value_class
class Delivery:
    """What a report says about an outbox row; `status` as in RFC 3463."""

    outbox_id: str
    state: Literal["failed", "delayed", "delivered", "complained"]
    status: str = ""
    diagnostic: str = ""


@value_class
class PolicyVersion:
    """One version of the operators' policy, never changed. `text` is the document as it was given, `sha256` that of its UTF-8."""

    number: int
    text: str
    sha256: str
    author: str
    comment: str
    created_at: datetime

    @property
    def label(self) -> str:
        """How a version is named where mail was decided by it: number and the beginning of its hash."""
        return f"{self.number}-{self.sha256[:8]}"


@value_class
class PolicyActivation:
    """Version `number` came into force, by whom, when and why. `first`: an empty database began with it. Ordered by `sequence`."""

    sequence: int
    number: int
    what: ActivationKind
    author: str
    comment: str
    at: datetime
    sha256: str


@value_class
class RelayId:
    """A Message-ID (as SHA-256) that a relay has put in place of ours on a mail to this contact about this case.

    `journal_id` is the mail that taught it, `valid_until` the end of that mail's token.
    """

    sha256: str
    contact_id: str
    case_id: str
    journal_id: str
    learned_at: datetime
    valid_until: datetime


@value_class
class AuditRow:
    """What a person or a program changed: who, which thing, why, and the changed fields before and after.

    `principal` is the name that people know, `principal_id` the account, contact, token or login name behind it. `before` and `after` are
    empty for what did not exist. `detail`: what was asked beside the verb. All three hold JSON values only.
    """

    id: str
    at: datetime
    principal_kind: str
    principal_id: str
    principal: str
    verb: str
    subject_kind: SubjectKind
    subject_id: str
    reason: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)


@value_class
class EntryFilter:
    """Which entries are meant: all conditions together; None for any. `author` is an address or a domain, any case.

    Times are of acceptance: `since` counts, `until` does not.
    """

    states: frozenset[str] | None = None
    rule: str | None = None
    author: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    case_id: str | None = None


@value_class
class CaseNotice:
    """A notice of a case as people see it: about which event, to whom, where it stands, and the mail that it became part of."""

    event_id: str | None
    address: str
    kind: str
    state: NoticeState
    error: str
    created_at: datetime
    outbox_id: str | None


@value_class
class Purged:
    """What retention deleted, in rows."""

    blobs: int = 0
    submissions: int = 0
    frozen_mails: int = 0
    counters: int = 0


@value_class
class Queue:
    """How much waits in one stage: rows not final, and since when the oldest waits (None for none; a mail between its tries: from then)."""

    waiting: int
    oldest_at: datetime | None = None
    states: Mapping[str, int] = field(default_factory=dict)
