"""Tells whether the plain and the HTML form of one text say different things. In: both. Out: what the HTML shows, or "". Pure.

RFC 2046 section 5.1.4: the alternatives are the same text. A mail that shows one thing to a person and another to a program is an attack,
so rules must see both. Two sets of words are compared; the HTML is read properly only when its bare source already differs.
"""

from __future__ import annotations

import re
from html import escape

from mailgate.mail.mime.html_strip import bare_text
from mailgate.mail.mime.html_text import Marked, to_marked
from mailgate.mail.words.word_lists import words

DEFECT = "alternatives_differ"
_LEAST_WORDS = 4
"""Fewer words that only one of the forms has are a preview, the name of a picture or of a link."""
_LEAST_SHARE = 0.25
_MAX_GAPS = 40
_LINE_EDGE = " >\t\r\xa0"
_WORD = re.compile(r"[^\W_]{2,}")
_NAMES = words("image bilde bild picture logo png jpg jpeg gif cid nbsp")


def other_form(text: str, html: str) -> Marked | None:
    """What `html` shows, when it says something else than `text`; else None. Time is linear in both."""
    if _is_line_by_line(text, html):
        return None
    low, bare = text.lower(), bare_text(html.lower())
    if _agree(set(low.split()), set(bare.split())):
        return None
    said = _words(low)
    if not _differ(said, _words(bare)):
        return None
    marked = to_marked(html)
    return marked if _differ(said, _words(marked.text.lower())) else None


def _is_line_by_line(text: str, html: str) -> bool:
    """Each line of `text` stands in the markup, in order, and no word between them: so clients write both forms of short mails."""
    at, between = 0, set()
    for line in text.split("\n"):
        said = line.strip(_LINE_EDGE)
        if not said:
            continue
        found = html.find(said, at)
        if found < 0 and ("&" in said or "<" in said or ">" in said):
            said = next((form for form in (escape(said, quote=False), said.replace(">", "&gt;")) if html.find(form, at) >= 0), said)
            found = html.find(said, at)
        if found < 0:
            return False
        between.add(html[at:found])
        at = found + len(said)
    between.add(html[at:])
    return len(between) <= _MAX_GAPS and not any(_WORD.search(bare_text(gap.lower())) for gap in between)


def _agree(one: set[str], other: set[str]) -> bool:
    """Cheap, true of nearly every mail: they share a word, and what stands in one of them only are too few words to differ."""
    if any(token.isalnum() and len(token) > 1 for token in one & other):
        return len(_WORD.findall(" ".join(one ^ other))) < _LEAST_WORDS
    return False


def _words(low: str) -> set[str]:
    """The words of a text in lower case; addresses and links stand in one of the forms only."""
    tokens = set(low.split())
    if "@" in low or "://" in low or "www." in low:
        tokens = {token for token in tokens if "://" not in token and "@" not in token and "www." not in token}
    return set(_WORD.findall(" ".join(tokens))) - _NAMES


def _differ(one: set[str], other: set[str]) -> bool:
    """Either says enough that the other does not, or they have no word in common."""
    if not one or not other:
        return False
    return one.isdisjoint(other) or any(
        len(mine - theirs) >= max(_LEAST_WORDS, _LEAST_SHARE * len(mine)) for mine, theirs in ((one, other), (other, one))
    )
