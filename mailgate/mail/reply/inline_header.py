"""Parts a line that holds an answer and the header of its quote: "Ok On Fri, Nov 27, 2026 … wrote:". Stage: reply extraction.

Lines come in, lines go out, with the same words in the same order. It must never part a line in which a person tells when somebody wrote.
"""

from __future__ import annotations

import re

from mailgate.mail.reply.attribution import attribution_at, starts_like_date, tokens
from mailgate.mail.reply.quote_lines import EDGE, MAX_LINE_CHARS
from mailgate.mail.reply.words.quote_words import MONTHS, OPENERS, VERBS, WEEKDAYS

# Where a header may begin within a line: an opener before a date, in the case that clients write it.
_OPENING = re.compile(
    r"(?<=[\s.,!?)\-–—])(?=(?:(?:On|Den|Am|Le|Op|El|På|Il|Em|Dnia|Dne)\s(?:[^\W\d_]{2,12}\.?,?\s)?(?:[^\W\d_]{3,12}\.?\s)?\d{1,4}\b|"
    r"\d{4}-\d\d-\d\d\s|\d{1,2}\.?\s[^\W\d_]{3,10}\.?\s\d{4}\skl[.o]?\s|[^\W\d_]{2,8}[.,]+\s\d{1,2}\.\s[^\W\d_]{3,10}\.?\s\d{4}\s))"
)
_MAX_TRIES = 4
_HEADER_WORDS = VERBS | MONTHS | WEEKDAYS | OPENERS


def split_inline_header(lines: list[str]) -> list[str]:
    """The lines, with those parted that hold an answer and the header of a quote under it."""
    found: list[tuple[int, int]] = []
    for index, line in [(index, line) for index, line in enumerate(lines) if "@" in line]:
        if len(line) <= MAX_LINE_CHARS and line.rstrip(EDGE)[-1:] in (":", ">", "：") and line[0] not in ">|":
            at = _split_at(lines, index, line)
            if at:
                found.append((index, at))
    for index, at in reversed(found):
        lines[index : index + 1] = [lines[index][:at].rstrip(), lines[index][at:]]
    return lines


def _split_at(lines: list[str], index: int, line: str) -> int:
    """Where the header begins, 0 when the line holds no answer before it."""
    if _opens_at_once(line):
        return 0
    for number, opening in enumerate(_OPENING.finditer(line)):
        at = opening.start()
        before = line[:at].strip(" \t-–—" + EDGE)
        if number == _MAX_TRIES:
            break
        if (
            not before
            or before.endswith(("<", '"', "(", "["))
            or all(word in _HEADER_WORDS or word.isdigit() for word in tokens(before.lower()))
        ):
            continue
        rest = line[at:]
        if "@" in rest and "@" not in before and _is_header(rest):
            return _end_of_answer(line[:at].rstrip())
    return 0


def _end_of_answer(answer: str) -> int:
    """Where the words end: dashes that stand apart belong to the header, one that hangs on a word to the word, several never."""
    bare = len(answer.rstrip(" \t-–—"))
    hanging = answer[bare:].strip()
    return bare if answer[bare : bare + 1].strip() == "" or len(hanging) > 1 else len(answer)


def _opens_at_once(line: str) -> bool:
    """Cheap, true of nearly all: the header fills the line, "On Fri, Nov 27"."""
    words = tokens(line[:24].lower())
    return len(words) > 1 and words[0] in OPENERS and (words[1].isdigit() or words[1] in WEEKDAYS or words[1] in MONTHS)


def _is_header(text: str) -> bool:
    """A whole attribution with a date, a verb of writing and an address."""
    if not starts_like_date(text) or VERBS.isdisjoint(tokens(text.lower())):
        return False
    return attribution_at([text], 0, 0, quote_follows=True) is not None
