"""Distinguishes lines that the author marked with `>` (an error message, a rule) from a quote without a header. Stage: reply extraction.

In: the marked lines that end a mail, and the lines above them. Out: yes or no. Clients put a header above what they quote, so marked
lines without one are history only when they show it: a header, a greeting or a closing among them, a question that is answered, initials
as marks, or the author's closing above them. It must never take other marked lines for history: nobody would see them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailgate.mail.reply.attribution import attribution_at
from mailgate.mail.reply.correspondence import Correspondence
from mailgate.mail.reply.header_block import block_at, delimiter
from mailgate.mail.reply.line_kinds import CLOSING, kind_of
from mailgate.mail.reply.quote_lines import INVISIBLE, MAX_LINE_CHARS
from mailgate.mail.reply.signature import split_signature

MAX_INTRODUCED_LINES = 8
_LOOK_LINES = 6
_CLOSING_LINES = 16
_MIN_SENTENCE_WORDS = 4
_MARKS = "> " + INVISIBLE
_GREETING = re.compile(
    r"(?:hei|heisann|hallo|hej|hi|hello|hey|dear|kjære|kære|god(?:en)? (?:dag|morgen|kveld|aften|morgon)|guten (?:tag|morgen)|moin|"
    r"sehr geehrte|liebe[rs]?|bonjour|bästa|beste|moi|hyvä|sæl|sæll|góðan)\b[^.:?]{0,50}$",
    re.IGNORECASE,
)
# How a sentence ends whose object stands below it: "Displayet viser nå", "vi får denne meldingen".
_LEADS_ON = re.compile(
    r"\b(?:følgende|følgjande|fylgjande|følgande|følgende|följande|the following|folgende[nrs]?|"
    r"(?:denne|dette|disse|desse|denna|detta|dessa|this|these|diese[rs]?) (?:fe[ij]l|felmeddel|melding|meddel|tekst|text|linj|rad|error|"
    r"message|line|fehler|zeile)\w{0,12}|står det|det står|viser|visar|sier|seier|säger|siger|says|shows|reads|zeigt|steht|lautet|lyder)"
    r"(?: nå| no| nu| now| jetzt)?\W{0,4}$",
    re.IGNORECASE,
)


def is_author_marked(lines: Sequence[str], end: int, trailing: Sequence[int], who: Correspondence) -> bool:
    """True when nothing shows that the marked lines `trailing` (their numbers) are a quote. `end`: the line after the text above."""
    if is_introduced(lines, end, trailing):
        return True
    bare = [line for line in (lines[index][: 2 * MAX_LINE_CHARS].strip(_MARKS) for index in trailing) if line]
    if not bare or lines[trailing[0]].lstrip(INVISIBLE)[:1] != ">" or _has_header(bare[:_LOOK_LINES]) or _is_letter(bare, who):
        return False
    above = lines[end - 1]
    if _LEADS_ON.search(above[-2 * MAX_LINE_CHARS :]):
        return True
    return not any(line.endswith("?") for line in bare) and not _is_signed(lines, end, who)


def is_introduced(lines: Sequence[str], end: int, trailing: Sequence[int]) -> bool:
    """True when a colon leads to the marked lines: "Feilen er:". A sentence may lead to any number of them, a word or two to a few."""
    above = lines[end - 1].rstrip()
    if not above.endswith(":") or trailing[0] > end + 1 or attribution_at(lines, end - 1, 0, quote_follows=True) is not None:
        return False
    sentence = len(above.split()) >= _MIN_SENTENCE_WORDS and "@" not in above and not any(map(str.isdigit, above))
    return sentence or len(trailing) <= MAX_INTRODUCED_LINES


def _has_header(bare: list[str]) -> bool:
    return any(
        attribution_at(bare, index, 0, quote_follows=True) or block_at(bare, index)[0] or delimiter(line) for index, line in enumerate(bare)
    )


def _is_letter(bare: list[str], who: Correspondence) -> bool:
    """True for lines that open with a greeting or end with a closing: a whole mail."""
    if bare and _GREETING.match(bare[0]):
        return True
    return any(kind_of(line, who) == CLOSING for line in bare[-_CLOSING_LINES:])


def _is_signed(lines: Sequence[str], end: int, who: Correspondence) -> bool:
    """True when the text above line `end` ends with a signature: what stands below it was put there by a client."""
    near = lines[max(0, end - 2 * _CLOSING_LINES) : end]
    return bool(near) and len(near) - 1 in split_signature(near, who=who)
