"""Addresses of header fields. In: raw values of From, To and similar fields. Out: `Mailbox` values. Never raises, never asks the network.

RFC 5322 section 3.4. Three ways, the cheap one first: a plain form by one pattern; flanker's grammar; a lax search that takes, for a
single author, the last address in angle brackets, since display names are where attackers put a second one.
"""

from __future__ import annotations

import re
from email import utils

from mailgate.mail import author_form, flanker_adapter
from mailgate.mail.limits import DEFAULT_LIMITS, ReadLimits
from mailgate.mail.mime.charset import decode, one_line
from mailgate.mail.mime.headers import decode_words, unfold
from mailgate.mail.model import Mailbox

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,128}"
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
_PLAIN_ONE = re.compile(
    rf"""(?:(?:"([^"\\<>@=]{{0,200}})"|([^",;:<>@()\\\[\]]{{0,200}}?))\s*<({_ATOM})@({_DOMAIN})>|({_ATOM})@({_DOMAIN}))\s*(?:,|\Z)"""
)
_ANGLED = re.compile(r"<\s*([^<>\s]{1,320})\s*>")
_LOOSE = re.compile(r"[^\s<>()\[\]\",;:\\]{1,128}@[^\s<>()\[\]\",;:\\]{1,255}")
_APOSTROPHES = re.compile(r"(?<![^\s,;])'([^'\"<>,;\s]{1,128}@[^'\"<>,;\s]{1,255})'(?=\s*(?:[<,;]|\Z))")
"""Outlook writes a name, and an address that it has no name for, in apostrophes."""
_NAMED_BY_ADDRESS = re.compile(r"(?<![^,;])\s{0,20}([^<>,;:\"()\\@]{0,128}@[^<>,;:\"()\\]{1,255}?)\s{0,20}(?=<)")
"""A name with an @ that should stand in quotes: read by the grammar it would be an address of its own."""
_GROUP = re.compile(r"^[^:;<>@\"]{0,200}:(.*);\s*$", re.DOTALL)
_COMMENT_NAME = re.compile(r"^\s*<?([^\s<>(),;:]{1,320})>?\s*\(([^()]{1,200})\)\s*$")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb]")
_MAX_CHARS = 65_536
# Newer Pythons return nothing for an odd field (CVE-2023-27043) unless asked not to be strict. An author found here is doubted anyway.
_AS_IT_STANDS = {"strict": False} if getattr(utils, "supports_strict_parsing", False) else {}


def normal(address: str) -> str:
    """`local@domain` with the domain in lower case (RFC 5321 section 2.4: the local part is the receiver's business).

    Control characters and bidirectional controls are left out, so that the address is safe to show and to store.
    """
    if not address.isprintable():
        address = _UNSEEN.sub("", address)
    if address.startswith("@"):
        address = address.rpartition(":")[2]  # a route (RFC 5322 section 4.4): through which hosts it should go, no part of the address
    local, at, domain = address.strip().rpartition("@")
    return f"{local}@{domain.lower().rstrip('.')}" if at else domain


def read_list(raw: bytes, limits: ReadLimits = DEFAULT_LIMITS, hint: str = "") -> tuple[Mailbox, ...]:
    """The mailboxes of a raw field value in order, at most `limits.addresses`; groups are opened, URLs and nameless words dropped."""
    text = _text(raw, hint)
    if not text:
        return ()
    found = _plain(text, limits.addresses)
    if found is None:
        text = _NAMED_BY_ADDRESS.sub(r'"\1" ', _APOSTROPHES.sub(r"\1", text))
        found = _commented(text) or _with_comments(_flanker(text), text) or _lax(text, limits.addresses)
    if not found and "=?" in text and "@" in (plain := decode_words(text)):
        found = _lax(plain, limits.addresses)  # encoded as a whole, against RFC 2047 section 5
    return tuple(found[: limits.addresses])


def read_author(raw: bytes, limits: ReadLimits = DEFAULT_LIMITS, hint: str = "") -> tuple[Mailbox | None, bool]:
    """The author in a raw From value, and whether it can be doubted: none, several, or only found by a lax search."""
    text = _text(raw, hint)
    author, doubtful = _author(text)
    if "=?" in text and (author is None or _is_no_address(author.address) or "=?" in author.address):
        found, _ = _author(decode_words(text))  # encoded as a whole, against RFC 2047 section 5
        return (found, True) if found else (author, True)
    return author, doubtful


def _author(text: str) -> tuple[Mailbox | None, bool]:
    found = _plain(text, 50)
    if found is None:
        found = _commented(text) or _flanker(text)
    if found:
        return found[0], len(found) > 1 or _is_unpaired(text) or _names_another(text, found[0].address)
    angled = [one for one in _ANGLED.findall(text) if "//" not in one and not one.lower().startswith("mailto:")]
    if angled:
        others = {normal(one) for one in (*angled, *_LOOSE.findall(text))}
        broken = text.count("<") > 1 or _is_no_address(angled[-1]) or bool(text.rpartition(">")[2].strip())
        broken = broken or any(sign in angled[-1] for sign in ",;:") or _is_unpaired(text)
        broken = broken or _names_another(text, angled[-1])
        return Mailbox(normal(angled[-1]), _name(text[: text.rfind("<")].rstrip("< \t"))), len(others) > 1 or broken
    found = _lax(text, 50)
    if not found:
        return None, True
    one = found[-1].address
    if len(found) == 1 and not found[0].name:
        found = [Mailbox(one, _name_beside(text, one))]
    return found[-1], text.strip("<> \t").lower() != one.lower() or _is_no_address(one) or _is_unpaired(text)


def author_oddities(raw: bytes, author: Mailbox | None, hint: str = "") -> tuple[str, ...]:
    """Defects of how the author is written (`author_form`): none for plain ASCII."""
    text = _text(raw, hint)
    return author_form.oddities(text, author.address if author else "")


def _is_no_address(text: str) -> bool:
    local, at, domain = text.partition("@")
    return not (local and at and domain) or "@" in domain


def _names_another(text: str, address: str) -> bool:
    """An @ that stands unquoted before the brackets, and is not the address once more: some programs find a second author there."""
    before, bracket, _ = author_form.unquoted(text).partition("<")
    return bool(bracket) and "@" in before and normal(before).lower() != address.lower()


def _is_unpaired(text: str) -> bool:
    """A quote or comment never closed, empty brackets, a second closing one or a control: programs disagree on where the address is."""
    bare = author_form.unquoted(text)
    if "(" in bare and bare.count("(") > bare.count(")"):
        return True
    return '"' in bare or "<>" in bare or bare.count(">") > 1 or _CONTROL.search(bare) is not None


def _text(raw: bytes, hint: str) -> str:
    raw = unfold(raw[:_MAX_CHARS])
    return (raw.decode("ascii") if raw.isascii() else decode(raw, hint)[0]).strip()


def _plain(text: str, limit: int) -> list[Mailbox] | None:
    """All of `text` by the one pattern, or None when it is anything but a plain list."""
    found: list[Mailbox] = []
    at = 0
    while at < len(text):
        match = _PLAIN_ONE.match(text, _after_blanks(text, at))
        if match is None:
            return None
        quoted, words, local, domain, bare_local, bare_domain = match.groups()
        local, domain = local or bare_local, domain or bare_domain
        if ".." in domain or ".." in local:
            return None
        found.append(Mailbox(f"{local}@{domain.lower()}", _name(quoted or words or "")))
        at = match.end()
        if len(found) >= limit:
            break
    return found


def _after_blanks(text: str, at: int) -> int:
    """Where the blanks at `at` end. Not part of the pattern, which would try every split between two adjacent runs of blanks."""
    while text[at : at + 1].isspace():
        at += 1
    return at


def _name(text: str) -> str:
    """A display name as text: encoded words, quotes and backslashes undone."""
    text = text.strip()
    if text.count('"') == 1 and text[0] == '"':
        text = text[1:]  # never closed
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    if "=?" in text:
        text = decode_words(text)
    text = one_line(text)
    if len(text) > 2 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return text[:500].strip()


def _name_beside(text: str, address: str) -> str:
    """The words that stand before or behind an address without brackets of its own: `Kari Nes - kari@example.no`."""
    before, _, after = text.partition(address)
    rest = before.removesuffix("mailto:") + " " + after
    return "" if "@" in rest or "//" in rest else _name(rest.strip("<>()[]-,;: \t"))


def _with_comments(found: list[Mailbox], text: str) -> list[Mailbox]:
    """Names that stand in comments (`ola@example.no (Ola), kari@example.no (Kari)`), which flanker leaves out."""
    if "(" not in text or all(one.name for one in found):
        return found
    named = {one.address: one.name for one in _lax(text, len(found))}
    return [one if one.name else Mailbox(one.address, named.get(one.address, "")) for one in found]


def _commented(text: str) -> list[Mailbox]:
    """`ola@example.no (Ola Nordmann)`, the form of old Unix mailers (RFC 5322 appendix A.5)."""
    match = _COMMENT_NAME.match(text)
    if match and "@" in match.group(1):
        return [Mailbox(normal(match.group(1)), _name(match.group(2)))]
    return []


def _flanker(text: str) -> list[Mailbox]:
    if "@" not in text:
        return []
    group = _GROUP.match(text)
    return [Mailbox(normal(address), _name(name)) for name, address in flanker_adapter.parse_list(group.group(1) if group else text)]


def _lax(text: str, limit: int) -> list[Mailbox]:
    """What the stdlib makes of it, and if it makes nothing, whatever looks like an address. Guarded: its parser recurses on comments."""
    pairs: list[tuple[str, str]] = []
    if len(text) <= flanker_adapter.MAX_LIST_CHARS and text.count("(") < 50:
        try:
            pairs = [(name, one) for name, one in utils.getaddresses([text], **_AS_IT_STANDS) if "@" in one.strip("@") and " " not in one]
        except (RecursionError, IndexError, ValueError, AttributeError, TypeError):
            pairs = []
    if not pairs:
        pairs = [("", one) for one in _LOOSE.findall(text)[:limit]]
    return [Mailbox(normal(one), _name(name)) for name, one in pairs[:limit] if "//" not in one]
