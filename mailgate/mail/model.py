"""The values that reading a mail gives, and the envelope it came in. Nothing here reads, writes or decides.

All text in these values uses LF, holds no control characters but LF and TAB, no NUL and no surrogates.
Message ids are without angle brackets (RFC 5322 section 3.6.4). Addresses are `local@domain`, domain in lower case.
"""

from __future__ import annotations

import copyreg
from dataclasses import field, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal

from mailgate.values import value_class

Kind = Literal["human", "auto_reply", "bounce", "delivery_status", "bulk", "loop", "system"]
Disposal = Literal["attachment", "inline", "decoration"]

MACHINE_KINDS: frozenset[str] = frozenset({"auto_reply", "bounce", "delivery_status", "bulk", "loop", "system"})


@value_class
class Envelope:
    """RFC 5321 section 2.3.1: who sent it on the wire and to whom. `reverse_path is None` is `<>`."""

    reverse_path: str | None
    recipients: tuple[str, ...]


@value_class
class Mailbox:
    """One address of a header field, with its display name as text ("" when there is none). RFC 5322 section 3.4."""

    address: str
    name: str = ""


@value_class
class Attachment:
    """One part that is not the text. `content` is the decoded bytes; `filename` is safe for display, `filename_sent` as sent.

    `disposition` is `decoration` for signature logos: small inline images; they are kept like any other part.
    `content_type` is as declared; `detected_type` is guessed from the bytes, "" when unknown. `other_names` are further names that the
    part gives itself, as sent: a check of extensions must check all of them.
    """

    filename: str
    content_type: str
    content: bytes
    sha256: str
    disposition: Disposal = "attachment"
    content_id: str = ""
    filename_sent: str = ""
    detected_type: str = ""
    other_names: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Size of the decoded bytes."""
        return len(self.content)


@value_class
class Reply:
    """The text taken apart. Lossless: every word of the mail's text is in one of the three.

    `forwarded`: `text` holds a mail of somebody else that the author passes on or pasted.
    """

    text: str = ""
    signature: str = ""
    quoted: str = ""
    thanks_only: bool = False
    forwarded: bool = False


@value_class
class BouncedRecipient:
    """One recipient of a delivery report. `action` and `status` as in RFC 3464 section 2.3, "" when not stated."""

    address: str
    action: str = ""
    status: str = ""
    diagnostic: str = ""


@value_class
class Bounce:
    """What a delivery report says (RFC 3464 or free form). `original_message_id` is of the mail that it reports on.

    `return_path`: the reverse-path of that mail as far as the report shows it, "" when it does not. `complaint`: it was delivered, and
    its receiver calls it unwanted (RFC 5965).
    """

    recipients: tuple[BouncedRecipient, ...] = ()
    original_message_id: str | None = None
    return_path: str = ""
    complaint: bool = False


@value_class
class Mail:
    """A mail as understood. Made by `mail.read`, which never raises on content: it records defects.

    `headers` holds every field of the top section in order as (name as sent, unfolded decoded value), bounded by the limits;
    code looks fields up through `header(name)`. `identity_doubtful` is true when more than one From, or none that
    can be read, was found: then nobody may be taken as the author for a right.
    `other_text` is what the HTML says when it says something else than `text` (defect `alternatives_differ`), else "".
    `has_html`: it can be looked at as HTML (`html_view`).
    `returns_at` is the date an out-of-office note says its author is back, when it says so.
    """

    size_bytes: int
    defects: tuple[str, ...] = ()
    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None
    author: Mailbox | None = None
    reply_to: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    subject: str = ""
    kind: Kind = "human"
    kind_reasons: tuple[str, ...] = ()
    language: str = ""
    text: str = ""
    reply: Reply = field(default_factory=Reply)
    attachments: tuple[Attachment, ...] = ()
    bounce: Bounce | None = None
    headers: tuple[tuple[str, str], ...] = ()
    identity_doubtful: bool = False
    returns_at: datetime | None = None
    other_text: str = ""
    has_html: bool = False

    @property
    def kind_unsure(self) -> bool:
        """Whether a person may have written what the marks call a machine's mail, or ours: then a person must see it."""
        known = self.kind_reasons[:1] and self.kind_reasons[0].partition(":")[0] in ("known_machine", "policy")
        return not known and any(reason.startswith("unsure:") for reason in self.kind_reasons)

    @property
    def encrypted(self) -> bool:
        """Whether what the author wrote cannot be read here because it is encrypted (RFC 3156, RFC 8551 section 3.3)."""
        return "encrypted" in self.defects

    def header(self, name: str) -> str | None:
        """First value of the field `name` (any case), or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def header_all(self, name: str) -> tuple[str, ...]:
        """Every value of the field `name` (any case), in order."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)


def _pickle_by_fields(kind: type[Any]) -> None:
    """Have values of `kind` pickled as a call with their fields: half the cost of what `dataclass` writes for frozen classes with slots."""
    values = attrgetter(*(one.name for one in fields(kind)))
    copyreg.pickle(kind, lambda value: (kind, values(value)))


for _kind in (Envelope, Mailbox, Attachment, Reply, BouncedRecipient, Bounce, Mail):
    _pickle_by_fields(_kind)
