"""The fields at the top that say who wrote, to whom, when, and what it answers. In: the header section. Out: a `Head` and defects.

RFC 5322 section 3.6: each of these fields stands once at most. Of several the first counts, and it is said: two From make the identity
doubtful, since mail programs disagree on which one they show.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from mailgate.mail import address
from mailgate.mail.dates import read_date
from mailgate.mail.limits import ReadLimits
from mailgate.mail.mime.charset import codec_name, without_bidi
from mailgate.mail.mime.headers import HeaderSection, to_text
from mailgate.mail.mime.structure import Tree
from mailgate.mail.model import Mailbox
from mailgate.mail.msgid import read_id, read_ids

DOUBTFUL = frozenset(
    {
        "two_from",
        "two_content_types",
        "bare_cr_in_header",
        "blank_line_in_header",
        "byte_order_mark",
        "odd_line_above_from",
        "no_from",
        "unclear_from",
        "disguised_author",
        "space_before_colon_in_from",
        "missing_header_body_separator",
        "unclear_content_type",
        "bare_cr_before_boundary",
        "two_boundaries",
        "longer_delimiter",
    }
)
"""Defects after which nobody may be taken for the author by right."""

_ONCE = ("from", "subject", "date", "message-id", "in-reply-to", "references", "to", "cc", "reply-to", "sender")


class Head(NamedTuple):
    """The fields read; ids without brackets, addresses normal, the date in UTC."""

    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    date: datetime | None
    author: Mailbox | None
    reply_to: tuple[Mailbox, ...]
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    subject: str
    defects: tuple[str, ...] = ()


def charset_hint(tree: Tree) -> str:
    """The charset of the first part that names one: what a careless sender also used, unencoded, in the header."""
    for part in (tree.top, *tree.leaves[:5]):
        declared = part.params.get("charset", "")
        if declared and codec_name(declared):
            return declared
    return ""


def read_head(section: HeaderSection, hint: str, limits: ReadLimits) -> Head:
    """Read the fields of `section`; `hint` is the charset for unencoded bytes."""
    defects: list[str] = []
    index = section.by_name
    defects += [f"two_{name.replace('-', '_')}" for name in _ONCE if len(index.get(name, ())) > 1]
    author = _author(index, hint, limits, defects)
    references = _ids(index, "references", limits, defects)
    return Head(
        message_id=read_id(_text(index, "message-id", hint)),
        in_reply_to=_ids(index, "in-reply-to", limits, defects),
        references=references,
        date=read_date(_text(index, "date", hint)),
        author=author,
        reply_to=_addresses(index, "reply-to", hint, limits),
        to=_addresses(index, "to", hint, limits),
        cc=_addresses(index, "cc", hint, limits),
        subject=_subject(index, hint, limits, defects),
        defects=tuple(defects),
    )


def _text(index: dict[str, list[bytes]], name: str, hint: str) -> str:
    values = index.get(name)
    return to_text(values[0], hint) if values else ""


def _author(index: dict[str, list[bytes]], hint: str, limits: ReadLimits, defects: list[str]) -> Mailbox | None:
    """From; when it is missing, Sender (RFC 5322 section 3.6.2), which gives no identity."""
    values = index.get("from")
    if not values:
        defects.append("no_from")
        sender = index.get("sender")
        return address.read_author(sender[0], limits, hint)[0] if sender else None
    author, doubtful = address.read_author(values[0], limits, hint)
    if doubtful:
        defects.append("unclear_from" if author else "no_from")
    defects += address.author_oddities(values[0], author, hint)
    return author


def _ids(index: dict[str, list[bytes]], name: str, limits: ReadLimits, defects: list[str]) -> tuple[str, ...]:
    joined = b" ".join(index.get(name, ()))
    if not joined:
        return ()
    ids, cut = read_ids(to_text(joined, max_chars=limits.field_bytes), limits.references)
    if cut:
        defects.append("too_many_references")
    return ids


def _addresses(index: dict[str, list[bytes]], name: str, hint: str, limits: ReadLimits) -> tuple[Mailbox, ...]:
    found: list[Mailbox] = []
    for raw in index.get(name, ()):
        found += address.read_list(raw, limits, hint)
    return tuple(dict.fromkeys(found))[: limits.addresses]


def _subject(index: dict[str, list[bytes]], hint: str, limits: ReadLimits, defects: list[str]) -> str:
    subject = without_bidi(_text(index, "subject", hint))
    if len(subject) > limits.subject_chars:
        defects.append("subject_too_long")
        subject = subject[: limits.subject_chars]
    return subject
