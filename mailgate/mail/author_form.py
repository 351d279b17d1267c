"""Is an author written in plain form? In: the text of a From field and the address that was read from it. Out: what is odd. Pure.

An author counts as one mailbox only when every reader would find the same address in the field. Characters that are not seen, dots and
letters that UTS 46 maps to others, and group syntax (RFC 6854) make readers differ, so whoever writes them is no sure author. A domain
whose letters look like those of another script is a legal name: it is marked, not refused.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna

from mailgate.alike import ALIKE

DISGUISED, HOMOGLYPH = "disguised_author", "homoglyph_domain"
_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*("?)')  # one that is never closed is found whole, and not looked for at each quote in it
_ANGLED = re.compile(r"<([^<>]{0,1000})>")
_COMMENT = re.compile(r"\([^()]*\)")
_UNSEEN = frozenset({"Cf", "Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_NO_SCRIPT = frozenset("0123456789-.")


def oddities(text: str, address: str) -> tuple[str, ...]:
    """Defects of an author: DISGUISED when the address is not in plain form, HOMOGLYPH when its domain looks like another one."""
    if text.isascii() and address.isascii() and ":" not in text and "xn--" not in address.lower():
        return ()  # nearly every author: nothing is hidden in plain ASCII without a group
    bare = _COMMENT.sub(" ", unquoted(text))
    shown = _ANGLED.findall(bare) or [bare]
    found = [DISGUISED] if _is_group(bare) or not all(_is_plain(one) for one in (*shown, address)) else []
    return (*found, HOMOGLYPH) if looks_like_another(address.rpartition("@")[2]) else tuple(found)


def unquoted(text: str) -> str:
    """`text` without its quoted strings; one that is never closed stays."""
    return _QUOTED.sub(lambda found: "" if found[1] else found[0], text)


def looks_like_another(domain: str) -> bool:
    """True for a domain with letters of several scripts in one label, or whose letters (all) look like usual Latin ones."""
    return any(_is_mixed(label) or _is_all_alike(label) or _has_odd_latin(label) for label in _readable(domain).split("."))


def _is_group(bare: str) -> bool:
    """A colon with a semicolon behind it (RFC 5322 section 3.4, group). Linear, however many colons there are."""
    if ":" not in bare:
        return False
    outside = _ANGLED.sub("", bare)
    return -1 < outside.find(":") < outside.rfind(";")


def _is_plain(text: str) -> bool:
    text = text.strip()
    if text.isascii():
        return True
    if any(unicodedata.category(sign) in _UNSEEN for sign in text):
        return False
    local, _, domain = text.rpartition("@")
    return unicodedata.normalize("NFKC", local) == unicodedata.normalize("NFC", local) and _is_unmapped(
        domain.split()[0] if domain.strip() else ""
    )


@lru_cache(maxsize=1024)
def _is_unmapped(domain: str) -> bool:
    """UTS 46 changes nothing but letter case in this domain."""
    if domain.isascii():
        return True
    plain = "".join(map(_in_small, domain))
    try:
        return bool(idna.uts46_remap(plain, std3_rules=True) == plain)
    except idna.IDNAError:
        return False


def _in_small(sign: str) -> str:
    """The sign in lower case, unless that makes plain ASCII of something else, such as U+212A KELVIN SIGN."""
    small = sign.lower()
    return sign if len(small) != 1 or (small.isascii() and not sign.isascii()) else small


def _readable(domain: str) -> str:
    """The domain in letters: A-labels decoded; a label that cannot be decoded stays."""
    return ".".join(_label(label) for label in domain.lower().split("."))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii", "replace").decode("punycode")
    except UnicodeError:
        return label


def _is_mixed(label: str) -> bool:
    if label.isascii():
        return False
    scripts = {unicodedata.name(sign, "?").partition(" ")[0] for sign in label if sign not in _NO_SCRIPT and sign.isalpha()}
    return len(scripts - {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "KATAKANA-HIRAGANA"}) > 1 or (
        "LATIN" in scripts and len(scripts) > 1
    )


def _has_odd_latin(label: str) -> bool:
    """Small capitals and script letters, which no language's usual writing needs."""
    return not label.isascii() and any(sign in "ɑɡ" or "SMALL CAPITAL" in unicodedata.name(sign, "") for sign in label)


def _is_all_alike(label: str) -> bool:
    return not label.isascii() and label.translate(ALIKE).isascii()
