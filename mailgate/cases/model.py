"""The values of the domain. Ids are UUIDv7 in canonical text, made by the writer; numbers are small and shown to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Literal

from mailgate.values import value_class

ActorKind = Literal["contact", "operator", "system"]
CommentKind = Literal["comment", "note"]
EventKind = Literal[
    "case_created",
    "comment_added",
    "note_added",
    "status_changed",
    "assignee_changed",
    "field_changed",
    "participant_added",
    "participant_removed",
    "delivery_failed",
    "muted",
    "merged",
    "comment_moved",
    "file_removed",
    "comment_withdrawn",
    "taken_back",
    "reminded",
]
NoticeKind = Literal[
    "case_created", "comment_added", "status_changed", "assignee_changed", "participant_added", "redirect", "accepted",
    "case_closed", "forward", "team_notice", "account_verify", "account_exists", "account_reset", "account_password",
    "claim_code", "todo_list", "reminder", "choice",
]  # fmt: skip
Agreement = Literal["enkel", "standard", "utvidet"]
CompanyAccess = Literal["", "view", "comment"]
NoticeWish = Literal["all", "important", "digest", "none"]
"""Which notices of cases somebody wants: `important` when it is their turn or the case is solved, `digest` once a day."""


@value_class
class Customer:
    """A company. `domains` are mail domains in lower case; `language` is nb, nn, en or "" for not stated."""

    id: str
    name: str
    agreement: str = "enkel"
    domains: tuple[str, ...] = ()
    language: str = ""


@value_class
class Contact:
    """A person with one mail address (`local@domain`, compared without case). `number` goes into reply tokens.

    `recent_endings`: how their last mails ended, newest first; what stands there again is their signature. `company_access`: whether they
    see, or also comment on, all cases of their company on the web; "" for their own alone. `away_until`: by their out-of-office note.
    """

    id: str
    number: int
    address: str
    name: str = ""
    language: str = ""
    customer_id: str | None = None
    recent_endings: tuple[str, ...] = ()
    company_access: CompanyAccess = ""
    away_until: datetime | None = None


@value_class
class StaffAuthor:
    """Somebody of the staff as the author of a mail. `name`: as customers read it."""

    account_id: str
    name: str
    roles: tuple[str, ...] = ()


@value_class
class Actor:
    """Who causes a change: a contact, an operator (by name), or the system itself."""

    kind: ActorKind
    name: str = ""
    contact_id: str | None = None


@value_class
class Participant:
    """A contact who is notified of a case's changes and may reply to it. The reporter is one, too. Not approved = waits for a person."""

    contact: Contact
    role: Literal["reporter", "participant"] = "participant"
    approved: bool = True


@value_class
class Case:
    """A case as stored. `key` is prefix and number (`SUP-123`); `status` a key of the workflow; times are aware UTC.

    `due_at`: when the customer's last words must be answered, None when nothing of theirs waits for us.
    `environment`: where a driftsproblem is seen. `version` counts the writes; the store sets it. `merged_into`: id of the case that this
    duplicate became part of.
    """

    id: str
    number: int
    key: str
    summary: str
    status: str
    case_type: str
    priority: str
    created_at: datetime
    updated_at: datetime
    reporter_id: str
    customer_id: str | None = None
    component: str = ""
    assignee: str = ""
    description: str = ""
    resolved_at: datetime | None = None
    participants: tuple[Participant, ...] = ()
    environment: str = ""
    version: int = 1
    merged_into: str | None = None
    due_at: datetime | None = None

    def participant(self, address: str) -> Participant | None:
        """The participant with this mail address (any case), or None."""
        wanted = address.lower()
        return next((p for p in self.participants if p.contact.address.lower() == wanted), None)


@value_class
class StoredFile:
    """An attachment whose bytes are in the blob store under `sha256` (lower-case hex)."""

    sha256: str
    filename: str
    content_type: str
    size_bytes: int
    disposition: str = "attachment"
    content_id: str = ""


@value_class
class Comment:
    """One entry of a case. A `note` comes from machines or operators: customers never see it, and it changes no status.

    Of a mail, `signature` and `quoted` are what was cut off its text, and `forwarded` says that the text holds a mail of somebody else.
    """

    id: str
    case_id: str
    kind: CommentKind
    text: str
    author: Actor
    created_at: datetime
    journal_id: str | None = None
    files: tuple[StoredFile, ...] = ()
    signature: str = ""
    quoted: str = ""
    forwarded: bool = False


@value_class
class CaseEvent:
    """What happened to a case. `facts` are plain text values, such as `from` and `to` of a status."""

    id: str
    case_id: str
    kind: EventKind
    actor: Actor
    at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)


@value_class
class Notice:
    """a notification of one person about one event, as data. Due notices of one recipient and case become one mail.

    `address` is set when the recipient is no contact (a legacy sender's redirect). `journal_id` is the mail that caused it, if one did.
    """

    id: str
    kind: NoticeKind
    address: str
    created_at: datetime
    due_at: datetime
    case_id: str | None = None
    contact_id: str | None = None
    event_id: str | None = None
    journal_id: str | None = None
    language: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@value_class
class Change:
    """All that one operation on one case writes, in one transaction: the case as it is after, and what is added."""

    case: Case
    comments: tuple[Comment, ...] = ()
    events: tuple[CaseEvent, ...] = ()
    notices: tuple[Notice, ...] = ()
    created: bool = False
    participants_added: tuple[Participant, ...] = ()
    participants_removed: tuple[str, ...] = ()
