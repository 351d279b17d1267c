"""Splits a line that holds an answer and the attribution of its quote: "Ok On Fri, Nov 27, 2026 … wrote:". Stage: reply extraction.

In: lines. Out: lines with the same words in the same order. It must never split a sentence that says when somebody wrote.
"""

from __future__ import annotations

import re

from mailgate.mail.reply.attribution import attribution_at, has_date, has_verb, starts_like_date, tokens
from mailgate.mail.reply.header_block import block_at, delimiter
from mailgate.mail.reply.quote_lines import EDGE, MAX_LINE_CHARS
from mailgate.mail.reply.words.quote_words import ANSWER_STARTS, MONTHS, OPENERS, VERBS, WEEKDAYS

# Where an attribution may begin within a line: an opener before a date, spelled as clients do.
_OPENING = re.compile(
    r"(?<=[\s.,!?)\-–—])(?=(?:(?:On|Den|Am|Le|Op|El|På|Il|Em|Dnia|Dne)\s(?:[^\W\d_]{2,12}\.?,?\s)?(?:[^\W\d_]{3,12}\.?\s)?"
    r"\d{1,4}(?:st|nd|rd|th)?\b|\d{4}-\d\d-\d\d\s|\d{1,2}\.?\s[^\W\d_]{3,12}\.?\s\d{4}\skl[.o]?\s|"
    r"[^\W\d_]{2,8}[.,]+\s\d{1,2}\.\s[^\W\d_]{3,10}\.?\s\d{4}\s))"
)
# The day of the week before such a date, and the word between them: "torsdag den 26. november", "to. 26. nov." (also Finnish and nynorsk).
_WEEKDAY = re.compile(r"(?:^|(?<=[\s.,!?)\-–—]))([^\W\d_]{2,14})[.,]{0,2}\s(?:den\s)?$", re.IGNORECASE)
_SHORT_WEEKDAYS = frozenset(["to", "må", "ty", "ti", "on", "fr", "la", "su", "ma", "ke", "pe"])
# A header that opens with its author, behind the end of a sentence or a word of answer.
_NAMED = re.compile(r"(?:[^\W\d_][\w.'’-]*\s){1,4}<[^<>\s@]{1,80}@[^<>\s]{1,190}>")
_WORD = re.compile(r"\S+\s")
_MAX_TRIES = 4
_ENDS = (":", ">", "：", ")")
# A header that was wrapped: its verb alone on the next line, or its address (with the end of the name) on a line of its own.
_VERB_BELOW = re.compile(r"\s{0,4}[^\W\d_]{4,12}\s?[:：]\s{0,4}")
_DELIMITER = re.compile(r"\S\s{1,4}(-{4,20}\s?[^\W\d_][^\n-]{3,40}-{4,20})\s{0,4}$")
# The first label of a header block, behind the end of a sentence.
_LABEL = re.compile(r"(?<=[.!?)] )\*?[^\W\d_]{2,6}\*?:(?= )")
_MIN_WRAPPED_CHARS = 30
_MAX_TAIL_CHARS = 120
_HEADER_WORDS = VERBS | MONTHS | WEEKDAYS | OPENERS


def split_inline_header(lines: list[str]) -> list[str]:
    """The lines, those with an answer and an attribution split in two. Changes the list in place."""
    found: list[tuple[int, int]] = []
    for index, line in [(index, line) for index, line in enumerate(lines) if "@" in line or "----" in line]:
        if "@" not in line:
            found.extend(_split_delimiter(index, line))
        elif line.count(":") > 3 and (block := _block_start(line)):
            found.append((index, block))
        elif len(line) <= MAX_LINE_CHARS and line.rstrip(EDGE)[-1:] in _ENDS and line[0] not in ">|":
            at = _split_at(line)
            found.extend([(index, at)] if at else _split_wrapped(lines, index))
    for index, at in reversed(found):
        lines[index : index + 1] = [lines[index][:at].rstrip(), lines[index][at:]]
    return lines


def _block_start(line: str) -> int:
    """Where a header block on one line begins behind an answer: "Ja. Fra: … Sendt: … Til: … Emne: …". 0 without both."""
    if len(line) > MAX_LINE_CHARS or line[0] in ">|":
        return 0
    label = _LABEL.search(line)
    return label.start() if label and block_at([line[label.start() :]], 0)[0] else 0


def _split_delimiter(index: int, line: str) -> list[tuple[int, int]]:
    """Where the delimiter begins that ends the line: "Ja. -------- Opprinnelig melding --------"."""
    rule = _DELIMITER.search(line) if len(line) <= MAX_LINE_CHARS and line[0] not in ">|-" else None
    return [(index, rule.start(1))] if rule and delimiter(rule[1]) == "original" else []


def _split_wrapped(lines: list[str], index: int) -> list[tuple[int, int]]:
    """Where a header begins that was wrapped around its address (in line `index`): its first line and the place in it."""
    line, above = lines[index], lines[index - 1] if index else ""
    below = lines[index + 1] if index + 1 < len(lines) else ""
    if _VERB_BELOW.fullmatch(below):
        at = _split_at(f"{line} {below}")
        return [(index, at)] if 0 < at < len(line) else []
    if len(line) > _MAX_TAIL_CHARS or not _MIN_WRAPPED_CHARS <= len(above) <= MAX_LINE_CHARS or "@" in above or above[0] in ">|":
        return []
    if delimiter(above):
        return []
    at = _split_at(f"{above} {line}")
    return [(index - 1, at)] if 0 < at < len(above) else []


def _split_at(line: str) -> int:
    """Where the header begins, 0 when the line holds no answer before it."""
    if _opens_at_once(line):
        return 0
    for number, opening in enumerate(_OPENING.finditer(line)):
        at = _with_weekday(line, opening.start())
        before = line[:at].strip(" \t-–—" + EDGE)
        if number == _MAX_TRIES:
            break
        if (
            not before
            or before.endswith(("<", '"', "(", "["))
            or all(word in _HEADER_WORDS or word.isdigit() for word in tokens(before.lower()))
        ):
            continue
        rest = line[opening.start() :]
        if "@" in rest and "@" not in before and _is_header(rest):
            return _end_of_answer(line[:at].rstrip())
    return _split_at_name(line)


def _with_weekday(line: str, at: int) -> int:
    """Where the header begins when a weekday stands before the date at `at`."""
    found = _WEEKDAY.search(line, max(0, at - 24), at)
    return found.start() if found and (found[1].lower() in WEEKDAYS or found[1].lower() in _SHORT_WEEKDAYS) else at


def _split_at_name(line: str) -> int:
    """Where a header begins that opens with its author: "Ok Ola Nes <ola@kunde.example> kirjoitti 26.11.2026 kello 14.05:"."""
    address = line.find("<")
    start = 0
    for word in _WORD.finditer(line, 0, max(0, address)):
        if word[0].rstrip()[-1] in ".,!?)-–—" or word[0].strip().lower() in ANSWER_STARTS:
            start = word.end()
    if not start or not _NAMED.match(line, start) or not all(word[0].isupper() for word in line[start:address].split()):
        return 0
    return _end_of_answer(line[:start].rstrip()) if _is_header_by_name(line[start:]) else 0


def _is_header_by_name(text: str) -> bool:
    lower = text.lower()
    words = tokens(lower)
    return has_verb(lower, words) and has_date(lower, words) and attribution_at([text], 0, 0, quote_follows=True) is not None


def _end_of_answer(answer: str) -> int:
    """Where the answer ends: a dash joined to a word belongs to the answer, separate or repeated dashes do not."""
    bare = len(answer.rstrip(" \t-–—"))
    hanging = answer[bare:].strip()
    return bare if answer[bare : bare + 1].strip() == "" or len(hanging) > 1 else len(answer)


def _opens_at_once(line: str) -> bool:
    """Fast pre-check, true of most lines: the header fills the line, "On Fri, Nov 27"."""
    words = tokens(line[:24].lower())
    return len(words) > 1 and words[0] in OPENERS and (words[1].isdigit() or words[1] in WEEKDAYS or words[1] in MONTHS)


def _is_header(text: str) -> bool:
    """A whole attribution with a date, a verb of writing and an address."""
    if not starts_like_date(text) or VERBS.isdisjoint(tokens(text.lower())):
        return False
    return attribution_at([text], 0, 0, quote_follows=True) is not None
