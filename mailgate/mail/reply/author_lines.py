"""Classifies lines of a signature by the author's own name. Stage: reply extraction.

In: a line, the line below it, the author. Out: a kind, "" when the line does not name the author, whose name allows forms that would
prove nothing with another. It must never match a line that says anything beside a closing, the name and a telephone number.
"""

from __future__ import annotations

import re

from mailgate.mail.reply.contact import CONTACT
from mailgate.mail.reply.correspondence import Correspondence
from mailgate.mail.reply.line_kinds import CLOSING, NAME, WEAK, kind_of, names_author
from mailgate.mail.reply.words.prose_words import PROSE_WORDS
from mailgate.mail.reply.words.signature_words import CLOSING_LINKS, CLOSINGS, PLACES, WEAK_CLOSINGS

MAX_CHARS = 80
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# ":-)", ";)", "<3" and full stops behind the name.
_SMILE = re.compile(r"(?:\s*(?:[:;=]-?[)DPp*]|<3|\^\^|[.!]))+$")
_NUMBER_TAIL = re.compile(r"(?:\s*[,/|–-]\s*|\s+)(?:\((?:\+\d\d )?\d[\d ]{6,14}\d\)|(?:\+\d\d )?\d[\d ]{6,14}\d)$")
# "i. A. Kari Nordby", "v/ Kari Nordby": who signs for whom.
_FOR = re.compile(r"(?:i\.\s?[AV]\.|ppa\.|p\.\s?p\.|v/|v\s/|ved|v\.)\s{0,2}(?=[^\W\d_])", re.IGNORECASE)
_BY = re.compile(r"\s+(?:v/|v\s/|ved)\s{0,2}(?=[^\W\d_])")
_NAME_END = re.compile(r"\s*[|•·,/–]\s*|\t|\s-\s|\s{3,}")
_SENTENCES = re.compile(r"(?<=[.!])\s+")
_MAX_GROUP_WORDS = 5
_MAX_BESIDE_WORDS = 2


def kind_by_author(line: str, below: str, who: Correspondence) -> str:
    """`name` for "ola nes" or "i.A. Ola Nes", `closing` for "Hilsen Ola på IT" or "Mvh Ola Nes, 99 88 77 66", `weak` for "Klem fra Ola".

    `below`: the line right below. "" for lines without the author's name.
    """
    if len(line) > MAX_CHARS or "?" in line or not who.author_words:
        return ""
    core = _NUMBER_TAIL.sub("", _SMILE.sub("", line.strip(" \t\xa0*_")))
    words = _WORD.findall(core)
    low = [word.lower() for word in words]
    if who.author_words.isdisjoint(low):
        if _is_initials(core, who) or (_may_name_group(core, low) and _signs_for(below, who)):
            return NAME
        return CLOSING if _signs_for_group(line, low) and names_signer(below, who) else ""
    return _name_kind(core, words, low, who) or _closing_kind(core, words, low, who)


def lists_person(line: str, who: Correspondence) -> bool:
    """True for somebody else's full name with an address or a telephone on one line: "Per Dahl, per.dahl@kunde.example"."""
    core = line.strip(" \t\xa0*_>")
    name = _NAME_END.split(core, maxsplit=1)[0]
    if who.author is None or len(line) > MAX_CHARS or name == core or len(name.split()) < 2 or names_author(name, who):
        return False
    return kind_of(name, who) == NAME and kind_of(core, who) == CONTACT


def _name_kind(core: str, words: list[str], low: list[str], who: Correspondence) -> str:
    if _is_initials(core, who):
        return NAME
    if len(words) <= 3 and core.islower() and who.author_words.issuperset(low) and all(map(str.isalpha, core.split())):
        return NAME
    if names_signer(core, who) or (names_author(core, who) and kind_of(core, who) == NAME):
        return NAME
    name, comma, beside = core.partition(", ")
    apart = comma and len(beside.split()) <= _MAX_BESIDE_WORDS and PROSE_WORDS.isdisjoint(beside.lower().split())
    return NAME if apart and len(name.split()) > 1 and names_author(name, who) and kind_of(name, who) == NAME else ""


def _is_initials(core: str, who: Correspondence) -> bool:
    """True for the initials of the author's name, two or more: "ON", "O.N."."""
    letters = core.replace(".", "")
    if who.author is None or not 2 <= len(letters) <= 4 or not letters.isupper() or len(core) > 2 * len(letters):
        return False
    return letters == "".join(word[0] for word in (who.author.name or "").upper().split())


def _may_name_group(core: str, low: list[str]) -> bool:
    """True for a few words such as "IT-avdelingen i Kunde kommune"."""
    return core[:1].isupper() and core[-1:].isalpha() and 0 < len(low) <= _MAX_GROUP_WORDS and (PROSE_WORDS & set(low)) <= {"i"}


def _signs_for(line: str, who: Correspondence) -> bool:
    """True for the author behind "v/", as below the name of a department; "i.A." stands below a closing."""
    return line.strip(" \t\xa0*_").lower().startswith(("v/", "v /", "ved ", "v. ")) and names_signer(line, who)


def names_signer(line: str, who: Correspondence) -> bool:
    """True for the author's name behind "v/" or "i.A."."""
    core = line.strip(" \t\xa0*_")
    found = _FOR.match(core)
    return found is not None and names_author(core[found.end() :], who) and kind_of(core[found.end() :], who) == NAME


def _closing_kind(core: str, words: list[str], low: list[str], who: Correspondence) -> str:
    first, *rest = _SENTENCES.split(core, maxsplit=1)
    if rest and kind_of(first, who) in (CLOSING, WEAK):
        return _closing_kind(rest[0], words, _lower(rest[0]), who)
    size = _formula_size(low)
    if not size:
        return ""
    named = [word for word in low[size:] if word not in CLOSING_LINKS]
    if named and who.author_words.issuperset(named) and not any(map(str.isdigit, core)):
        return CLOSING if " ".join(low[:size]) in CLOSINGS else WEAK
    by = _BY.search(core)
    if by and len(_lower(core[: by.start()])) <= size + _MAX_GROUP_WORDS and names_author(core[by.end() :], who):
        return CLOSING if " ".join(low[:size]) in CLOSINGS and "," not in core[: by.start()] else ""
    place = next((at for at, word in enumerate(low) if word in PLACES), 0)
    placed = place > 1 and low[place - 1] in who.author_words and 0 < len(low) - place - 1 <= 2
    return CLOSING if placed and kind_of(" ".join(core.split()[:place]), who) == CLOSING else ""


def _lower(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _formula_size(low: list[str]) -> int:
    """The number of words of the closing formula with which the line begins, 0 without one."""
    sizes = (size for size in range(min(5, len(low)), 0, -1) if " ".join(low[:size]) in CLOSINGS or " ".join(low[:size]) in WEAK_CLOSINGS)
    return next(sizes, 0)


def _signs_for_group(line: str, low: list[str]) -> bool:
    """True for "Hilsen oss på lageret" or "Mvh styret": a closing and a few words, which prove nothing without the name below."""
    size = _formula_size(low)
    closing = size > 0 and " ".join(low[:size]) in CLOSINGS
    return closing and size < len(low) <= size + _MAX_GROUP_WORDS and line.rstrip()[-1:].isalpha() and "," not in line
