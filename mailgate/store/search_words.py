"""Text as the index of cases holds it, and what somebody types as terms to look for. Pure; both databases get the same words.

In: any text. Out: words in lower case, letters of Norwegian kept, other accents folded, so that `idé` finds `ide` and `å` is not `a`.
Bounds: a word, a text and a query; what is longer is not searched, and nothing that a mail holds can make a statement too large.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_WORD_CHARS = 64
MAX_TEXT_CHARS = 16_000
"""Of one comment."""
MAX_CASE_CHARS = 100_000
"""Of one case; what is said after that is not searched."""
MAX_TERMS = 8
PREFIX_FROM_CHARS = 3
"""A shorter word is looked for as it is: too many words begin with two letters."""

_WORD = re.compile(r"[^\W_]+")
_ACCENTED, _PLAIN = "àáâãçèéêëìíîïñòóôõùúûüýÿäö", "aaaaceeeeiiiinoooouuuuyyæø"
_FOLDED = str.maketrans(_ACCENTED, _PLAIN)
_HAS_ACCENTS = re.compile(f"[{_ACCENTED}]")
"""Looking for one costs a tenth of folding a text without any."""
_KEY = re.compile(r"\s*(?:[A-Za-z]+-)?([0-9]{1,15})\s*")


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a query. `prefix`: words that begin with it are found, too."""

    word: str
    prefix: bool


def searchable(text: str) -> str:
    """The words of a text, each once, with one space between them: a search asks for words, wherever and how often they stand."""
    return " ".join(dict.fromkeys(_words(text[:MAX_TEXT_CHARS])))


def terms(query: str) -> tuple[Term, ...]:
    """What a query asks for: cases that have all of these. Empty when it holds no word."""
    found = dict.fromkeys(_words(query[:MAX_TEXT_CHARS]))
    return tuple(Term(word, len(word) >= PREFIX_FROM_CHARS) for word in list(found)[:MAX_TERMS])


def case_number(query: str) -> int | None:
    """The number of the case that a query names by key (`sup-12`) or number; None when it is anything else."""
    found = _KEY.fullmatch(query)
    return int(found[1]) if found else None


def _words(text: str) -> list[str]:
    """The words in order. Most texts have letters of Latin-1 alone: one table makes them plain, and all else spaces."""
    try:
        words = text.encode("latin-1").translate(_LATIN_1).decode("latin-1").split()
    except UnicodeEncodeError:
        words = _WORD.findall(_plain(text))
    return words if max(map(len, words), default=0) <= MAX_WORD_CHARS else [word for word in words if len(word) <= MAX_WORD_CHARS]


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFC", text).lower()
    return plain.translate(_FOLDED) if _HAS_ACCENTS.search(plain) else plain


_LATIN_1 = re.sub(r"[\W_]", " ", _plain(bytes(range(256)).decode("latin-1"))).encode("latin-1")
"""Each letter of Latin-1 as it is indexed; a space for characters that separate words."""
