"""Classifies single lines: blank, quoted, rule, code, PGP armor. Used by all of reply extraction; decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

# Longer lines announce no quote and are not examined.
MAX_LINE_CHARS = 400

# A mark of quoting stands among so many first characters.
QUOTE_MARK_CHARS = 8

INVISIBLE = " \t\r\xa0\u200b\u200e\u200f\u202a\u202b\u202c\u2060\ufeff"
# Characters that clients put around a header: emphasis and invisible marks.
EDGE = INVISIBLE + "*_"
COLONS = ":："
ARMOR_START = "-----BEGIN PGP SIGNATURE-----"
_ARMOR_END = "-----END PGP SIGNATURE-----"
_SIGNED_START = "-----BEGIN PGP SIGNED MESSAGE-----"
_MAX_ARMOR_HEADER_LINES = 4
_MAX_ARMOR_LINES = 200
# Characters that rules are drawn with.
_RULE_EDGE = INVISIBLE + ">"
RULE_SIGNS = "-_=*~#+—–―─━═＿－•"


class Span(NamedTuple):
    """Lines `start` up to, not including, `end` that announce a quote.

    `kind` is `attribution` ("On … wrote:"), `block` (From/Sent/To/Subject), `original` or `forwarded` (a delimiter with the
    block below it, if any) or `above` (a reply-above-this-line marker).
    """

    kind: str
    start: int
    end: int


def is_blank(line: str) -> bool:
    """True for white space and zero-width characters only."""
    return not line or line.isspace() or not line.strip(INVISIBLE)


def is_quoted(line: str) -> bool:
    """True for a line with a `>` mark, also one led by up to three initials ("OK> …")."""
    head = line[:QUOTE_MARK_CHARS]
    if ">" not in head:
        return False
    head = head.lstrip(INVISIBLE)
    if head[:1] == ">":
        return True
    initials, mark, _ = head.partition(">")
    return bool(mark) and len(initials) <= 3 and initials.isalpha() and initials.isupper()


def is_rule(line: str) -> bool:
    """True for a line drawn of one sign or two, three or more of them, quoted or not."""
    core = line[:MAX_LINE_CHARS].strip(_RULE_EDGE)
    return len(core) >= 3 and core[0] in RULE_SIGNS and not core.strip(RULE_SIGNS) and len(set(core)) <= 2


def is_titled_rule(line: str) -> bool:
    """True for a few words between two runs of dashes, as clients of all locales put above the quoted mail."""
    core = line[:MAX_LINE_CHARS].strip(_RULE_EDGE)
    if core[:3] != "---":
        return False
    words = core.strip("-")
    return core.endswith("---") and 0 < len(words) <= 60 and len(core) - len(words) >= 8


def is_difference(lines: Sequence[str], end: int) -> bool:
    """True when lines above `end` show the old side of a difference, as `diff` prints it: `< old`, `---`, and then `> new`."""
    return end > 1 and lines[end - 1].strip() == "---" and lines[end - 2][:1] == "<"


def fenced_lines(lines: Sequence[str]) -> set[int]:
    """The lines inside closed ``` fences: code, which holds no announcement of a quote and no signature."""
    marks = [index for index, line in enumerate(lines) if line.startswith("```")]
    inside: set[int] = set()
    for opened, closed in zip(marks[::2], marks[1::2], strict=False):
        inside.update(range(opened, closed + 1))
    return inside


def armor_lines(lines: Sequence[str]) -> list[int]:
    """The lines that OpenPGP puts around a signed text (RFC 9580 section 7), header and signature; empty unless both are whole."""
    first = next((index for index, line in enumerate(lines) if not is_blank(line)), len(lines))
    if first == len(lines) or lines[first].rstrip() != _SIGNED_START:
        return []
    header = next((index for index in range(first + 1, min(len(lines), first + _MAX_ARMOR_HEADER_LINES)) if is_blank(lines[index])), first)
    if not all(line.startswith("Hash: ") for line in lines[first + 1 : header]) or header == first:
        return []
    start = next((index for index in range(len(lines) - 1, header, -1) if lines[index].rstrip() == ARMOR_START), len(lines))
    end = next((index for index in range(start, min(len(lines), start + _MAX_ARMOR_LINES)) if lines[index].rstrip() == _ARMOR_END), -1)
    return [*range(first, header), *range(start, end + 1)] if end > 0 else []
