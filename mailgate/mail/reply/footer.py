"""Recognises boilerplate: confidentiality notes, list footers, scanner lines, and banners of mail servers.

In: a paragraph. Out: yes or no. Only whole formulas count: a known beginning about the message itself, and a second sign further on
(addressee, error, deletion of the mail). Single words prove nothing: customers often ask to delete what was uploaded by mistake. A
question, or a request to the reader, is never a footer.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailgate.mail.reply.words import footer_words as words

MAX_FOOTER_CHARS = 2_500
MAX_BANNER_CHARS = 600
_SHORT_CHARS = 160


def _any(parts: tuple[str, ...], *, start: bool = False) -> re.Pattern[str]:
    """A pattern for text in lower case: much faster than one that ignores case."""
    joined = "|".join(part.replace(" ", r"\s") for part in parts)
    return re.compile(rf"(?:{joined})" if start else rf"(?<!\w)(?:{joined})")


_MESSAGE_START = _any(words.MESSAGE_STARTS, start=True)
_HEADING = _any(words.HEADINGS, start=True)
_SIGNS = tuple(_any(group) for group in (words.SECRECY, words.ADDRESSEE, words.ERROR, words.REMOVAL, words.COPYING))
# What went wrong and that the mail is to be deleted: a person tells it of this mail, a note of any mail ("if you …").
_MISHAP = frozenset((_SIGNS[0], _SIGNS[2], _SIGNS[3]))
_CONDITION = re.compile(words.CONDITIONS)
_WHOLE = _any(words.WHOLE_FORMULAS, start=True)
_LIST = tuple((_any(first, start=True), re.compile("|".join(second))) for first, second in words.LIST_FORMULAS)
# Fast pre-check: all beginnings of formulas that continue.
_START = _any((*words.MESSAGE_STARTS, *words.HEADINGS, *(part for first, _ in words.LIST_FORMULAS for part in first)), start=True)
_LIST_WHOLE = _any(words.LIST_WHOLE, start=True)
_BANNER_LINE = _any(words.BANNER_LINES, start=True)
_BANNER_START = _any(words.BANNER_STARTS, start=True)
_BANNER_SIGN = _any(words.BANNER_SIGNS)
_WARNING_START = _any(words.WARNING_STARTS, start=True)
_TOLD = re.compile(words.TOLD)
_REQUEST = _any(words.REQUESTS)
_UNSUBSCRIBE = re.compile(words.UNSUBSCRIBE)
_LINK = re.compile(r"<?https?://[^\s<>]{1,500}>?|<?mailto:[^\s<>]{1,300}>?")
_PRINTED = re.compile(r"print|skriv|utskrift|udskriv|drucken|ausdruck|papir|papper|paper|tulosta")
_SENTENCE_END = re.compile(r"[.!]\s+")
_EDGE = " \t\n\xa0*_-–—|>=#~()[]\u200b"
_BANNER_EDGE = _EDGE + ".!⚠\ufe0f❗⛔"


def is_footer(text: str) -> bool:
    """True for a paragraph that is a confidentiality note, a scanner's line, a plea for trees, or the footer of a list."""
    return _remembered_footer(text) if len(text) <= _SHORT_CHARS else _is_footer(text)


def _is_footer(text: str) -> bool:
    core = _without_links(text[:MAX_FOOTER_CHARS], "https:x").strip(_EDGE).lower()
    if len(core) > 3 * _SHORT_CHARS and not _START.match(core):
        return False  # too long for a complete formula
    if _WHOLE.match(core) or _LIST_WHOLE.match(core):
        return len(core) <= 3 * _SHORT_CHARS and not _asks(core, may_end_in_question=_asks_to_print(core))
    if not _START.match(core) or _asks(core):
        return False
    if any(first.match(core) and second.search(core) for first, second in _LIST):
        return True
    found = [sign for sign in _SIGNS if sign.search(core) is not None]
    if len(found) < 2:
        return False
    if _HEADING.match(core):
        return True
    return _MESSAGE_START.match(core) is not None and (not _MISHAP.issuperset(found) or _CONDITION.search(core) is not None)


# Cached: the mails of one person end with the same lines.
_remembered_footer = lru_cache(maxsize=512)(_is_footer)


def is_footer_heading(line: str) -> bool:
    """True for the heading that stands alone above such a note: "Disclaimer"."""
    core = line.strip(_EDGE).lower()
    return len(core) <= 60 and _HEADING.fullmatch(core + ":") is not None


def _without_links(text: str, instead: str) -> str:
    return _LINK.sub(instead, text) if "://" in text or "mailto:" in text else text


def _asks_to_print(core: str) -> bool:
    """True when the only question is whether the mail must be printed."""
    asked = core.rpartition("?")[0]
    return "?" not in asked and _PRINTED.search(re.split(r"[.!,]\s", asked)[-1]) is not None


def _asks(core: str, may_end_in_question: bool = False) -> bool:
    """True for a question or a request to the reader."""
    if _REQUEST.search(_UNSUBSCRIBE.sub("", core) if "+unsubscribe@" in core else core):
        return True
    return "?" in core and not may_end_in_question


def is_banner(text: str) -> bool:
    """True for a paragraph that a mail server puts above the text: "CAUTION: This email originated from outside …"."""
    core = _without_links(text[:MAX_BANNER_CHARS], "").strip(_BANNER_EDGE)
    if len(text) > MAX_BANNER_CHARS or not core:
        return False
    folded = " ".join(core.lower().split())
    if _BANNER_LINE.fullmatch(folded) or (folded in words.BANNER_WORDS and (core.isupper() or text.lstrip()[:1] in "[*")):
        return True
    start = _BANNER_START.match(folded)
    if start is None or "?" in folded or _REQUEST.search(folded) or _TOLD.search(folded, start.end()):
        return False
    rest = folded[start.end() :]
    others = [sentence for sentence in _SENTENCE_END.split(rest)[1:] if sentence.strip(" .:!-")]
    if not rest.strip(" .:!-"):
        return True
    return _BANNER_SIGN.search(rest) is not None and all(is_warning(sentence) for sentence in others)


def is_warning(sentence: str) -> bool:
    """True for a further sentence of a banner: about links, attachments, the sender. No question, no request."""
    sentence = sentence.lower()
    warns = _WARNING_START.match(sentence.strip(_EDGE)) is not None and _BANNER_SIGN.search(sentence) is not None
    return warns and "?" not in sentence and not _REQUEST.search(sentence)
