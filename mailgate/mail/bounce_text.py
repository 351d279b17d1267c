"""Delivery reports in prose (free form). Placeholder until the readers below it are complete."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from email import message_from_bytes

from mailgate.mail.headers import Section, to_text
from mailgate.mail.model import BouncedRecipient
from mailgate.mail.structure import Tree
from mailgate.mail.wording import DAEMON


@dataclass(frozen=True, slots=True)
class ReportText:
    text: str
    failed_header: tuple[str, ...]
    original_recipients: tuple[str, ...]


_SUBJECT = re.compile(
    r"(?i)undeliver|returned mail|delivery (?:status|failure|report|problem|has failed|notification)|failure notice|mail delivery|nondeliver|non[- ]delivery|could not be delivered|delivery error|returned to sender|bounce"
)


def looks_like_bounce(section: Section) -> str:
    author = to_text(section.first("from") or b"")
    found = re.search(r"([^\s<>\"]+)@", author)
    if found and DAEMON.fullmatch(found.group(1)):
        return "author:daemon"
    if _SUBJECT.search(to_text(section.first("subject") or b"")):
        return "subject:bounce"
    if to_text(section.first("return-path") or b"").replace(" ", "") == "<>":
        return "reverse_path:null"
    return ""


def found_recipients(text: ReportText, tree: Tree, section: Section) -> list[BouncedRecipient] | None:
    found = [BouncedRecipient(one, "failed") for one in text.failed_header]
    return found or None
