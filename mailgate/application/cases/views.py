"""A case as it is shown: one typed model per thing, the same for JSON, API and pages.

Two types, not one with holes: what contacts see has no field for notes, deliveries, suppressions, raw mail or other people's addresses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

Facts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case without its comments, for staff. `participants` and `waiting` (for approval) are addresses; `status` is a key.

    `operations`: what can be done from this status. `version`: for the next change. `merged_into`: key of the case that it became part of.
    `due_at`: when the customer's last words must be answered, None when nothing of theirs waits for us.
    """

    key: str
    id: str
    summary: str
    status: str
    status_label: str
    type: str
    priority: str
    component: str
    assignee: str
    reporter: str
    participants: Sequence[str]
    waiting: Sequence[str]
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    link: str
    operations: Sequence[str]
    environment: str
    version: int
    merged_into: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A participant who gets no mail, why and until when (None: until somebody lifts it)."""

    address: str
    cause: str
    since: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One mail about the case and what became of it: our own state, then what reports said later."""

    at: datetime
    address: str
    template: str
    state: str
    why: str
    outbox_id: str


@dataclass(frozen=True, slots=True)
class NoticeOutcome:
    """What became of one notice to one person. `state`: of the notice until there is a mail, then the mail's; `why`: in the words of the
    source, such as the smarthost's reply or a bounce.
    """

    address: str
    state: str
    why: str
    at: datetime | None
    outbox_id: str | None


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a comment. `disposition`: attachment, inline or decoration."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    disposition: str


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment or note for staff. `by`: the address of a contact who takes part, else a name. `journal_id`: the mail it came with.

    `signature` and `quoted`: what was cut off the mail's text; `forwarded`: the text holds a mail of somebody else. `withdrawn_by`: who
    hid it from customers, "" when it stands. `notified`: who got notice of it.
    """

    id: str
    kind: str
    at: datetime
    by: str
    text: str
    journal_id: str | None
    files: Sequence[FileView]
    signature: str = ""
    quoted: str = ""
    forwarded: bool = False
    withdrawn_by: str = ""
    notified: Sequence[NoticeOutcome] = ()


@dataclass(frozen=True, slots=True)
class EventView:
    """What happened, when and by whom. Of one moment, things with lower ids came first, comments among them: see `cases.ids`."""

    id: str
    at: datetime
    kind: str
    by: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class AgentEvent(EventView):
    """The same for staff. `notified`: who got notice of it; of a comment, `CommentView` says so."""

    notified: Sequence[NoticeOutcome] = ()


@dataclass(frozen=True, slots=True)
class HeldMail:
    """A mail that was matched to the case and waits for a person."""

    journal_id: str
    at: datetime
    author: str
    subject: str


@dataclass(frozen=True, slots=True)
class AgentCase(CaseRow):
    """The whole case for staff: everything that is known, oldest first."""

    unreachable: Sequence[Unreachable]
    deliveries: Sequence[DeliveryView]
    customer: str
    description: str
    comments: Sequence[CommentView]
    events: Sequence[AgentEvent]
    held: Sequence[HeldMail]


@dataclass(frozen=True, slots=True)
class ContactCaseRow:
    """A case without its comments, for somebody who takes part in it. `reporter` is a name."""

    key: str
    summary: str
    status: str
    status_label: str
    type: str
    priority: str
    component: str
    environment: str
    assignee: str
    reporter: str
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    link: str
    operations: Sequence[str]
    version: int


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """Somebody who takes part, for the others: a name (may be ""), never an address. `you`: the one who asks. `id`: to name them by."""

    id: str
    name: str
    role: str
    you: bool


@dataclass(frozen=True, slots=True)
class ContactComment:
    """A comment for contacts. Notes have no such view. `withdrawn`: it has neither words nor files any more.

    `signature` and `quoted` were cut off the mail's text; `forwarded` as in `CommentView`. Reply addresses of ours are hidden in all of it:
    who has one can write in its owner's name.
    """

    id: str
    at: datetime
    by: str
    you: bool
    text: str
    files: Sequence[FileView]
    withdrawn: bool = False
    signature: str = ""
    quoted: str = ""
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class ContactCase(ContactCaseRow):
    """The whole case for somebody who takes part in it, oldest first.

    `role`: reporter or participant, or what a colleague may do with it (`access.Relation`). `agreement`: its name. `respond_by`: when
    support answers at the latest, None while it is not their turn. `muted`: nothing is told of it to the one who asks.
    """

    participants: Sequence[ContactPerson]
    description: str
    comments: Sequence[ContactComment]
    events: Sequence[EventView]
    role: str
    agreement: str
    respond_by: datetime | None
    muted: bool


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file with its bytes, to be downloaded. `content_type` is the sender's word: never trust it to show the file."""

    filename: str
    content_type: str
    content: bytes
