"""Words that stay in an anonymised mail. In: the word lists of the reading. Out: whether a word is one of them. Pure.

The reading tells quote, signature and machines by these words, so a case without them would be read otherwise. All others are replaced:
a list of what to keep cannot forget a name, a list of what to hide can.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from mailgate.mail import language
from mailgate.mail.automatic import calendar_answer, reaction, return_date
from mailgate.mail.reply import (
    attribution,
    delimiter,
    footer,
    header_block,
    line_kinds,
    mobile_signature,
    placeholder,
    signature_block,
    thanks,
)
from mailgate.mail.reply.words import device_words, footer_words, history_words, prose_words, quote_words, signature_words
from mailgate.mail.words import absence_words, automated_words
from mailgate.mail.words.word_lists import words

_MODULES = (
    absence_words, automated_words, calendar_answer, language, reaction, return_date, attribution, delimiter, device_words, footer,
    footer_words, header_block, history_words, line_kinds, mobile_signature, placeholder, quote_words, signature_block, signature_words,
    prose_words, thanks,
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]{2,}")
_ESCAPES = re.compile(r"\(\?P?<\w+>|\(\?[a-z]+\)|\\[a-zA-Z]")
_MIN_STEM = 4
_MAX_ENDING = 3

# Keywords of fields and reports, roles of mailboxes, endings of file names.
_KEYWORDS = words(
    """
    smtp esmtp esmtps esmtpsa lmtp http https mailto tel cid from by with for id via to cc bcc re sv vs fwd fw vb aw wg rfc utf ascii iso
    auto generated replied no yes all bulk list junk oof dr rn nrn autoreply pass fail softfail neutral none temperror permerror spf dkim
    dmarc arc signed relaxed simple sha rsa normal high low urgent failed delayed delivered relayed expanded action status final original
    recipient reporting arrival date diagnostic code remote mta dns user unknown mailbox full undeliverable undelivered returned mail
    delivery notification failure system error address not found rejected mailer daemon postmaster noreply reply donotreply support post
    info help admin abuse bounce bounces owner request calendar vcalendar vevent method version begin end text plain html charset
    pdf png jpg jpeg gif docx doc xlsx xls pptx txt csv zip eml msg ics vcf heic mov log xml json image srs
    """
)
ROLES = words(
    """
    support post postmaster mailer daemon noreply no reply donotreply info help admin abuse bounce bounces owner request srs0 srs1 prvs
    """
)


@cache
def vocabulary() -> frozenset[str]:
    """All words of the reading's lists, in lower case."""
    found = set(_KEYWORDS)
    for module in _MODULES:
        for text in _strings(_constants(module)):
            found.update(_WORD.findall(_ESCAPES.sub(" ", text).lower()))
    return frozenset(found)


def is_kept(word: str) -> bool:
    """Whether a word may stay: a word of the lists, or, in lower case, one with a short ending ("mottat" keeps "mottatte")."""
    low, known = word.lower(), vocabulary()
    if low in known:
        return True
    return word == low and any(low[:end] in known for end in range(max(_MIN_STEM, len(low) - _MAX_ENDING), len(low)))


def _constants(module: ModuleType) -> Iterator[Any]:
    return (value for name, value in vars(module).items() if not name.startswith("__"))


def _strings(values: Iterable[Any]) -> Iterator[str]:
    """Every text in constants: plain, in collections, and in patterns."""
    for value in values:
        pattern = getattr(value, "pattern", None)
        if isinstance(value, str):
            yield value
        elif isinstance(pattern, str):
            yield pattern
        elif isinstance(value, Mapping):
            yield from _strings((*value.keys(), *value.values()))
        elif isinstance(value, tuple | list | set | frozenset):
            yield from _strings(value)
