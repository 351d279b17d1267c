"""What is attached to a mail that a rule forwards. In: the original bytes. Out: attachments, and the text without the original. Pure.

Programs that read invoices find files that are parts of the mail itself, not those inside of an attached message: for them the files are
attached again. It must never leave anything of the mail behind: one without files, not read to its end, with a long text or with an HTML
that says something else goes as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mailgate.mail.compose import AttachedFile, file_of, is_plain_message
from mailgate.mail.model import Mail
from mailgate.outbound.render import clean

TEXT_MAX_CHARS = 16_000
CUT = frozenset({"too_many_parts", "too_deep", "too_many_false_boundaries"})
"""Defects of a mail of which not all parts were read."""


@dataclass(frozen=True, slots=True)
class Attached:
    """The attachments: the mail itself or its files. `text`: what it says, "" when it is attached itself."""

    what: Literal["mail", "files"]
    parts: tuple[AttachedFile, ...]
    text: str = ""


def attached(raw: bytes, *, files: bool) -> Attached:
    """The mail as one attachment, or with `files` the files that a person sent with it, as far as there are any."""
    mail = _read(raw) if files else None
    found = [one for one in mail.attachments if one.disposition != "decoration"] if mail and _is_told_whole(mail) else []
    if mail is None or not found:
        kind = "message/rfc822" if is_plain_message(raw) else "application/octet-stream"
        return Attached("mail", (AttachedFile("original.eml", kind, raw),))
    parts = tuple(file_of(one.filename, one.content_type, one.content) for one in found)
    return Attached("files", parts, clean(mail.text).strip())


def _read(raw: bytes) -> Mail:
    from mailgate.mail.read import read  # the readers of mail take 13 MB, and few rules pass files on

    return read(raw)


def _is_told_whole(mail: Mail) -> bool:
    """Whether files and text hold all of the mail: read to its end, with a text that fits, and with nothing else in its HTML."""
    return not CUT & set(mail.defects) and not mail.other_text and len(mail.text) <= TEXT_MAX_CHARS
