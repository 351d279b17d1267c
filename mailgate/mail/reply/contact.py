"""Recognises contact details: telephone, mail address, web site, street address, opening hours. Stage: reply extraction.

In: a line or a piece of one. Out: a kind, or yes or no. A local number without a label is only a `number`, never a `contact`.
"""

from __future__ import annotations

import re

from mailgate.mail.reply.words.device_words import DEVICES
from mailgate.mail.reply.words.quote_words import WEEKDAYS
from mailgate.mail.reply.words.signature_words import CONTACT_LABELS, FOLLOW_STARTS, HOURS, POSTBOX, SOCIAL, STREET_ENDS

CONTACT, NUMBER = "contact", "number"

_PHONE = re.compile(r"(?:\(?\+|\b00)?\(?\d[\d ()./\xa0-]{4,22}\d")
_ADDRESS = re.compile(r"(?:mailto:)?[^\s<>()\[\],;:\"@]{1,64}@[\w.-]{1,190}\.[A-Za-z]{2,20}", re.IGNORECASE)
_SITE = re.compile(r"(?:https?://)?(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,20}(?:/[\w%~@.-]{0,40}){0,3}/?", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\d{6}")
_POSTCODE = re.compile(r"(?:[A-Z]{1,2}-?\s?)?\d{3,5}(?:\s?\d\d)?\s+(?P<town>[^\W\d_][\w.'’-]*(?:\s[^\W\d_][\w.'’-]*){0,2})")
_BEHIND_NUMBER = re.compile(r"\d\S*((?:\s+\S+)*)$")
_TOWN_LINKS = frozenset(["i", "på", "am", "an", "der", "in", "on", "upon", "ved", "og"])
_HOURS = re.compile(r"[\s\d.:–—/,-]+|kl")
_LABEL = re.compile(r"([^\W\d_][\w./-]{0,24})(\s?[.:]{1,2}\s*|\s+|/(?=\w))")
_JOINED = re.compile(r"[./-]")
_LETTERS = re.compile(r"[^\W\d_]+")


def contact_kind(core: str) -> str:
    """`contact` for a labelled number, an international number, an address or a site; `number` for digits alone, which may be anything."""
    rest, labelled = _without_labels(core)
    if not rest:
        return CONTACT if labelled and core.rstrip(" .").endswith(":") else ""
    digits = sum(map(str.isdigit, rest))
    if digits < 5 and "@" not in rest and "." not in rest:
        return ""
    if labelled and "/" in rest and digits <= 32 and all(_PHONE.fullmatch(number.strip()) for number in rest.split("/")):
        return CONTACT
    if 5 <= digits <= 15 and _PHONE.fullmatch(rest):
        international = rest.lstrip("(")[:1] == "+" or rest.startswith("00")
        return CONTACT if labelled or international else NUMBER
    if "@" in rest and _ADDRESS.fullmatch(rest):
        return CONTACT
    if _SITE.fullmatch(rest) and ("/" not in rest or rest.lower().startswith(("http", "www.")) or labelled):
        return CONTACT if _is_home_page(rest) else ""
    return CONTACT if labelled and 5 <= digits <= 15 and len(rest) <= 30 and rest.upper() == rest else ""


def _without_labels(core: str) -> tuple[str, bool]:
    """The text behind "Tlf.:" or "Mobil / Direkte:", and whether there was such a label."""
    rest, labelled = core, False
    for _ in range(3):
        found = _LABEL.match(rest)
        if found is None or not _is_label(found[1].lower().strip(".:/")):
            break
        if len(found[1]) == 1 and not found[2]:
            break
        rest, labelled = rest[found.end() :], True
    return rest.strip(" .:,;"), labelled


def _is_label(word: str) -> bool:
    """True for a label, also for two joined: "tlf.dir"."""
    return word in CONTACT_LABELS or (len(word) > 5 and all(part in CONTACT_LABELS for part in _JOINED.split(word)))


def _is_home_page(site: str) -> bool:
    """True for a front page or a profile, not for a file or a numbered page, which would be content."""
    bare = site.lower().removeprefix("https://").removeprefix("http://")
    host, _, path = bare.rstrip("/").partition("/")
    if any(name in host.split(".") for name in SOCIAL):
        return True
    return path.count("/") == 0 and "." not in path and not has_digit(path) and len(path) <= 20


def is_follow(core: str) -> bool:
    """True for a request to follow or visit a company: "Følg oss på LinkedIn"."""
    low = core.lower()
    return low.startswith(FOLLOW_STARTS) and len(core) <= 70 and not core.endswith("?")


def is_hours(core: str) -> bool:
    """Opening hours behind their label: "Kontortid man-fre 08-16"."""
    label, _, rest = core.lower().partition(" ")
    if label.rstrip(":") not in HOURS or not has_digit(rest):
        return False
    return all(word in WEEKDAYS for word in _LETTERS.findall(_HOURS.sub(" ", rest)))


def is_address(core: str, low: list[str]) -> bool:
    """True for a street with its number, a post code with its town, a post box. `low`: the words of `core` in lower case."""
    if low and low[0] in CONTACT_LABELS and len(low) > 1 and ":" in core:
        core = core.partition(":")[2].strip()
        low = low[1:]
    coded = _POSTCODE.fullmatch(core)
    if coded and core.lower() not in DEVICES:
        return _is_place(coded["town"])
    if not has_digit(core) or not _is_place(_behind_number(core)):
        return False
    if low and low[0] in POSTBOX:
        return _LONG_NUMBER.search(core) is None
    return len(low) <= 5 and (core[:1].isupper() or core[:1].isdigit()) and _is_street(core.lower().split())


def _is_street(words: list[str]) -> bool:
    """True when a word for a street stands right before the number, or behind a number that comes first."""
    number = next((index for index, word in enumerate(words) if has_digit(word)), 0)
    named = words[number - 1 : number] if number else words[1:]
    return any(word.strip(".,").endswith(STREET_ENDS) for word in named)


def _behind_number(core: str) -> str:
    """What stands behind the first number: "Sentrum" in "Postboks 12 Sentrum"."""
    found = _BEHIND_NUMBER.search(core)
    return found[1] if found else ""


def _is_place(words: str) -> bool:
    """True for capitalised words, which a town or district has, and the words between them; "stengt" is prose."""
    return all(not word[0].islower() or len(word) == 1 or word in _TOWN_LINKS for word in words.split())


def has_digit(text: str) -> bool:
    """True when a digit stands in the text."""
    return any(map(str.isdigit, text))
