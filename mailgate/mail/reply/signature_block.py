"""Finds the start of a signature without a delimiter: a closing, the author's name, or a rule. Stage: reply extraction.

In: lines. Out: a position; `end` when nothing is proven. It must never include prose, nor the name of somebody else that the mail
introduces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailgate.mail.reply.author_lines import kind_by_author, lists_person, names_signer
from mailgate.mail.reply.contact import CONTACT, NUMBER
from mailgate.mail.reply.correspondence import Correspondence
from mailgate.mail.reply.line_kinds import (
    ADDRESS,
    BLANK,
    CLOSING,
    COMPANY,
    NAME,
    NOISE,
    PLAIN,
    PROOFS,
    PROSE,
    TITLE,
    WEAK,
    closing_name,
    is_loose_title,
    is_picture,
    kind_of,
    looks_like_name,
    names_author,
)
from mailgate.mail.reply.quote_lines import is_blank, is_quoted, is_rule
from mailgate.mail.reply.thanks import is_thanks_only
from mailgate.mail.reply.words.prose_words import ANNOUNCING, ASKED_FOR, INTRODUCES_CONTACT

MAX_LINES = 24
MAX_NAME_CHARS = 48
_DASHED_NAME = re.compile(r"\s{0,4}(?:[-–—~/]{1,2}|//)\s?[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,2}\s*")
_LOCAL_PHONE = re.compile(r"(?:\d[ .]?){8}|0\d[\d ./-]{5,14}|\(\d{3}\) ?\d{3}[- .]\d{4}")
_FIRST_PIECE_END = re.compile(r"\s*[|•·,/–]\s*|\t|\s-\s|\s{3,}")
_SHORT_FORMULAS = 3
# A name and a street alone, below a question: where something is to be sent, as likely as a signature.
_WHERE_TO_SEND = frozenset({NAME, ADDRESS, BLANK})
_THANKS_LINES = 12
# Lines of no known kind ("Avd. nord", "Kontaktlærer 7B") between the name and a company, a contact or an address.
_MAX_PLAIN_LINES = 3
_MAX_PLAIN_WORDS = 6


def name_block_start(lines: Sequence[str], floor: int, end: int, who: Correspondence, below_quote: bool = False) -> int:
    """The line at which the signature starts that ends right above `end`; `end` when none is proven.

    `below_quote`: it is alone below the quoted mail, which is evidence by itself.
    """
    kinds = _kinds(lines, floor, end, who)
    first = next((index for index in range(end) if not is_blank(lines[index])), end)
    starts = [start for start in sorted(kinds, reverse=True) if below_quote or start > first]
    for start in starts:
        if _closes(lines, kinds, start, end, who):
            return _with_closings_above(kinds, start, first)
        if _opens_with_author(lines, kinds, start, end, who):
            closed = (above for above in starts if above < start and kinds[above] == CLOSING and _closes(lines, kinds, above, end, who))
            return _with_closings_above(kinds, next(closed, start), first)
    for start in starts:
        if _is_ruled(lines, kinds, start, end, who) or (_is_shared_mailbox_signature(lines, kinds, start, end, who, below_quote)):
            return start
    return end


def _kinds(lines: Sequence[str], floor: int, end: int, who: Correspondence) -> dict[int, str]:
    """The kinds of the last lines, down from the first that is prose or quoted."""
    kinds: dict[int, str] = {}
    shown = 0
    for index in range(end - 1, floor - 1, -1):
        kind = PROSE if is_quoted(lines[index]) else kind_of(lines[index], who)
        if kind in (PLAIN, PROSE, NUMBER, NAME) and not is_quoted(lines[index]):
            kind = kind_by_author(lines[index], lines[index + 1] if index + 1 < end else "", who) or kind
        shown += kind != BLANK
        if kind == PROSE or shown > MAX_LINES:
            break
        kinds[index] = kind
    return kinds


def _closes(lines: Sequence[str], kinds: dict[int, str], start: int, end: int, who: Correspondence) -> bool:
    """True for a closing with nothing but a name and contact details below it."""
    if kinds[start] not in (CLOSING, WEAK):
        return False
    below = _next_shown(kinds, start, end)
    named = closing_name(lines[start])
    signed = named or (lines[below] if below is not None and kinds[below] == NAME else "")
    if signed and who.author is not None and not names_author(signed, who) and (_is_announced(lines, start) or _is_led_in(lines, start)):
        return False  # "Endre signaturen til", and then somebody's signature
    if kinds[start] == WEAK:
        room = 1 if lines[start].rstrip().endswith(("!", ".")) else 2
        name = named or (lines[below] if below is not None and below - start <= room and kinds[below] == NAME else "")
        if not name or _is_listed(lines, start, below) or not _is_signed(lines, kinds, start, end, name, who):
            return False
    return _is_signature_body(lines, kinds, start, end, who, named=bool(named))


def _is_listed(lines: Sequence[str], start: int, below: int | None) -> bool:
    """True for an abbreviation that ends a list of such words, with the name in a paragraph of its own: NOK, SEK, KR."""
    above = lines[start - 1].rstrip() if start else ""
    apart = below is not None and below > start + 1
    return apart and 0 < len(above.strip()) <= _SHORT_FORMULAS + 1 and above[-1:].isalnum() and len(lines[start].strip()) <= _SHORT_FORMULAS


def _is_signed(lines: Sequence[str], kinds: dict[int, str], start: int, end: int, name: str, who: Correspondence) -> bool:
    """True when the name below thanks or an abbreviation signs the mail and is not the next item of a list."""
    if names_author(name, who):
        return True
    if who.author is None:
        word = lines[start].strip(" *_,.!")
        return looks_like_name(name) and (len(word) > _SHORT_FORMULAS or _is_complete(lines, start))
    formula = lines[start].strip(" *_>\t")
    if formula.endswith(",") and len(formula) > _SHORT_FORMULAS + 1 and looks_like_name(name):
        return True
    return any(kinds[index] in PROOFS for index in range(start, end))


def _is_signature_body(lines: Sequence[str], kinds: dict[int, str], start: int, end: int, who: Correspondence, named: bool) -> bool:
    """True when each line below the first is a signature line, in the order of a signature."""
    in_paragraph = named or kinds[start] not in (CLOSING, WEAK)
    seen_name, plain = in_paragraph, 0
    new_paragraph = False
    for index in range(start + 1, end):
        kind = kinds[index]
        if kind == BLANK:
            new_paragraph, in_paragraph = True, False
            continue
        if new_paragraph and seen_name and lists_person(lines[index], who):
            return False
        if new_paragraph and kind == TITLE and is_loose_title(lines[index]) and not _is_proven_below(kinds, index, end):
            return False
        if kind == WEAK or (kind == NAME and seen_name and new_paragraph and not _names(lines[index], who)):
            return False
        if kind in (PLAIN, NUMBER) or (kind == NAME and seen_name and not _names(lines[index], who)):
            reached = any(kinds[below] in PROOFS for below in range(index + 1, end))
            telephone = _is_local_phone(lines[index], kind) and any(kinds[above] in PROOFS for above in range(start, index))
            plain += not telephone
            if not in_paragraph or plain > (_MAX_PLAIN_LINES if reached else 1) or not _may_follow_name(lines[index], kind, reached):
                return False
        seen_name = seen_name or kind == NAME
        new_paragraph = False
        in_paragraph = in_paragraph or kind not in (CLOSING, NOISE)
    return True


def _names(line: str, who: Correspondence) -> bool:
    """True for the author's name, also behind "v/"."""
    return names_author(line, who) or names_signer(line, who)


def _is_proven_below(kinds: dict[int, str], index: int, end: int) -> bool:
    """True when a company, a contact or an address follows in the same paragraph."""
    for below in range(index + 1, end):
        if kinds[below] == BLANK:
            return False
        if kinds[below] in PROOFS and kinds[below] != TITLE:
            return True
    return False


def _may_follow_name(line: str, kind: str, reached: bool) -> bool:
    """True for a line of unknown kind right below a name: few words without digits, or a number like a telephone's.

    `reached`: a title or contact follows further below. Else only capitalised words count: "Ei toimi" may be prose.
    """
    if kind == NUMBER:
        return _is_local_phone(line, kind)
    words = [word for word in line.split() if word[0].isalnum()]
    if reached and kind == PLAIN:
        return len(words) <= _MAX_PLAIN_WORDS
    return len(words) <= 4 and not any(map(str.isdigit, line)) and (reached or all(not word[0].islower() for word in words))


def _is_local_phone(line: str, kind: str) -> bool:
    """True for a number without a label that has the length of a telephone number."""
    return kind == NUMBER and all(_LOCAL_PHONE.fullmatch(number.strip()) for number in line.split("/"))


def _opens_with_author(lines: Sequence[str], kinds: dict[int, str], start: int, end: int, who: Correspondence) -> bool:
    """True for the author's name with a contact, a title or a company below it: a signature without a closing."""
    if kinds[start] not in (NAME, TITLE, COMPANY):
        return False
    above = lines[start - 1].rstrip() if start else ""
    if not is_blank(above) and not above.endswith((".", "!", ")")) and not is_rule(above):
        return False
    if not _names_author_first(lines[start], who):
        return False
    found = {kinds[index] for index in range(start, end)}
    proofs = found & PROOFS or any(_is_local_phone(lines[index], kinds[index]) for index in range(start, end))
    if not proofs or (found <= _WHERE_TO_SEND and _is_asked(lines, start)) or not _is_complete(lines, start, may_introduce=True):
        return False
    return _is_signature_body(lines, kinds, start, end, who, named=True)


def _names_author_first(line: str, who: Correspondence) -> bool:
    """True when the line is the author's name or begins with it: "Ola Nes | Driftsleder"."""
    return names_author(_FIRST_PIECE_END.split(line.strip(" *_>"), maxsplit=1)[0], who)


def _is_ruled(lines: Sequence[str], kinds: dict[int, str], start: int, end: int, who: Correspondence) -> bool:
    """True for a rule with a name and a contact, or the author's name alone, below it."""
    if not is_rule(lines[start]) or not _is_complete(lines, start, may_introduce=True) or _underlines(lines, start):
        return False
    first = _next_shown(kinds, start, end)
    if first is None or kinds[first] not in (NAME, CLOSING) or any(is_rule(lines[index]) for index in range(start + 1, end)):
        return False
    proven = who.author is None or names_author(lines[first], who) or len({kinds[i] for i in range(first, end)} & PROOFS) >= 2
    return proven and _is_signature_body(lines, kinds, first, end, who, named=True)


def _underlines(lines: Sequence[str], index: int) -> bool:
    """True when the rule underlines the heading right above it."""
    above, rule = lines[index - 1].strip() if index else "", lines[index].strip()
    return bool(above) and rule[0] in "-=~─━═" and abs(len(above) - len(rule)) <= 3


def _is_shared_mailbox_signature(
    lines: Sequence[str], kinds: dict[int, str], start: int, end: int, who: Correspondence, below_quote: bool
) -> bool:
    """True for another person's name with company and number, as from a shared mailbox: below mere thanks, a logo, or the quote.

    When nothing is known of the author, a name with two signs under a complete text is taken as theirs.
    """
    pictured = start > 0 and is_picture(lines[start - 1])
    if kinds[start] not in (NAME, COMPANY, TITLE) or (start and not pictured and not is_blank(lines[start - 1])):
        return False
    thanked = not below_quote and start <= _THANKS_LINES and is_thanks_only("\n".join(lines[:start]).strip())
    if (kinds[start] == COMPANY and not thanked) or (kinds[start] == TITLE and not pictured):
        return False
    signs = {kinds[index] for index in range(start + 1, end)} & PROOFS
    if CONTACT not in signs and not (COMPANY in signs and below_quote):
        return False
    if not below_quote and not pictured and not thanked and who.author is not None:
        return False
    if len(signs) < 2 and not (who.author is None and _is_complete(lines, start, may_introduce=True)):
        return False
    if not below_quote and not _is_complete(lines, start, may_introduce=True):
        return False
    return _is_signature_body(lines, kinds, start, end, who, named=True)


def _is_complete(lines: Sequence[str], start: int, may_introduce: bool = False) -> bool:
    """True when the text above announces nothing below it and, with `may_introduce`, introduces no person or address."""
    above = next((lines[index] for index in range(start - 1, -1, -1) if not is_blank(lines[index])), "")
    core = above.strip(" \t\xa0*_").lower()
    last = core.split(" ")[-2:]
    if core.endswith((":", ",")) or last[-1] in ANNOUNCING or tuple(last) in ASKED_FOR:
        return False
    return not may_introduce or not any(map(core.__contains__, INTRODUCES_CONTACT))


def _is_announced(lines: Sequence[str], start: int) -> bool:
    """True when the line above announces this one: "Navnet er", "Send den til"."""
    above = next((lines[index] for index in range(start - 1, -1, -1) if not is_blank(lines[index])), "")
    return above.rstrip().endswith(":") or above.strip(" \t\xa0*_").lower().split(" ")[-1] in ANNOUNCING


def _is_led_in(lines: Sequence[str], start: int) -> bool:
    """True when a colon leads to the paragraph that this line ends: "Det henger en lapp på den:" and what it says."""
    first = start
    while first and not is_blank(lines[first - 1]):
        first -= 1
    return first < start and (_is_announced(lines, first) if first else False)


def _is_asked(lines: Sequence[str], start: int) -> bool:
    """True when the line above asks something: "Kan dere sende den til meg?"."""
    above = next((lines[index] for index in range(start - 1, -1, -1) if not is_blank(lines[index])), "")
    return above.rstrip().endswith("?")


def _next_shown(kinds: dict[int, str], start: int, end: int) -> int | None:
    return next((index for index in range(start + 1, end) if kinds[index] not in (BLANK, NOISE)), None)


def _with_closings_above(kinds: dict[int, str], start: int, first: int) -> int:
    """The start extended over closings right above it: some signatures have them in two languages."""
    above = start - 1
    while above > first and kinds.get(above) in (BLANK, CLOSING):
        if kinds[above] == CLOSING:
            start = above
        elif kinds.get(start) == CLOSING:
            break
        above -= 1
    return start


def dashed_name(lines: Sequence[str], end: int, who: Correspondence) -> int:
    """A name after a dash or slash: "-Ola", "/Kari", "// Jef" as the last line of its own paragraph, not an item of a list; else `end`."""
    if not end or len(lines[end - 1]) > MAX_NAME_CHARS or not _DASHED_NAME.fullmatch(lines[end - 1]):
        return end
    mark, above = lines[end - 1].lstrip()[0], end - 2
    while above >= 0 and is_blank(lines[above]):
        above -= 1
    if above < 0 or lines[above].lstrip()[:1] == mark or not _is_complete(lines, end - 1, may_introduce=True):
        return end
    name = lines[end - 1].lstrip(" -–—~/").strip()
    if len(name) > 2 and not looks_like_name(name) and not names_author(name, who):
        return end
    spaced = lines[end - 1].lstrip()[1:2] == " " and not names_author(name, who)
    if mark == "-" and (above == end - 2 or spaced or not name[:1].isupper()):
        return end
    return end - 1
