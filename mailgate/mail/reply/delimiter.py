"""Finds the signature below a delimiter: `-- ` (RFC 3676 section 4.3) or a client's variant of it. Stage: reply extraction.

In: lines. Out: positions of signature lines. Prose below the delimiter is the author's, who wrote below the inserted signature. It must
never take a rule between paragraphs for a delimiter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailgate.mail.reply.author_lines import kind_by_author, lists_person
from mailgate.mail.reply.contact import NUMBER
from mailgate.mail.reply.correspondence import Correspondence
from mailgate.mail.reply.footer import is_footer
from mailgate.mail.reply.line_kinds import CLOSING, NAME, PLAIN, PROOFS, PROSE, kind_of, names_author
from mailgate.mail.reply.mobile_signature import is_mobile_signature
from mailgate.mail.reply.quote_lines import is_blank, is_quoted
from mailgate.mail.reply.words.prose_words import PROSE_WORDS

# The delimiter of RFC 3676, with or without its trailing space.
STRICT = "--"
# Variants of clients and mail trackers: weaker evidence, so only signature lines may follow.
LOOSE = ("—", "―", "––", "ᐧ")
_ANY = frozenset({STRICT, *LOOSE})
_SENTENCE_WORDS = 6
_SELF_NAMED = re.compile(r"\b(?:signature|signatur|underskrift)\b", re.IGNORECASE)
_LIST_ITEM = re.compile(r"\s*(?:[-*•+]|\d{1,3}[.)])\s+\S")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def under_delimiter(lines: Sequence[str], floor: int, end: int, who: Correspondence, first: bool = False) -> list[int]:
    """The positions of the delimiter and of the signature below it; empty without one.

    Something must stand above it, unless `first`: then nothing but blank lines may.
    """
    written = next((index for index in range(end) if not is_blank(lines[index])), end)
    for index in range(max(floor, written if first else written + 1), end):
        core = lines[index].strip()
        if core in _ANY:
            found = _strict(lines, index, end, who) if core == STRICT else _loose(lines, index, end, who)
            if found:
                return found
        if first and index == written:
            return []
    return []


def _strict(lines: Sequence[str], index: int, end: int, who: Correspondence) -> list[int]:
    taken: list[int] = []
    for number, (start, stop) in enumerate(_paragraphs(lines, index + 1, end)):
        paragraph = range(start, stop)
        if any(is_quoted(lines[line]) for line in paragraph):
            return []
        if is_footer("\n".join(lines[start:stop])):
            taken.extend(paragraph)
        elif number == 0:
            said = [line for line in paragraph if not _named_kind(lines, line, end, who) and _is_sentence(lines[line], who)]
            if lines[index].rstrip("\r") == STRICT and _continues_list(lines, index, start, who):
                said = [start]
            if lines[index].rstrip("\r") == STRICT and _parts_text(lines, index, paragraph, said, end, who):
                return []
            taken.extend(line for line in paragraph if not said or line < said[0])
        elif any(lists_person(lines[line], who) for line in paragraph):
            continue
        elif _continues_signature({_named_kind(lines, line, end, who) or kind_of(lines[line], who) for line in paragraph}):
            taken.extend(paragraph)
    if not taken and any(not is_blank(line) for line in lines[index + 1 : end]):
        return []
    return sorted({index, *taken, *(line for line in range(index, end) if is_blank(lines[line]))})


def _parts_text(lines: Sequence[str], index: int, paragraph: range, said: list[int], end: int, who: Correspondence) -> bool:
    """True for `--` without its space that parts a text: prose right below it, or, between two lines of text, nothing of a signature."""
    if said and said[0] == paragraph[0]:
        return True
    between = index > 0 and not is_blank(lines[index - 1]) and paragraph[0] == index + 1 and who.author is not None
    kinds = [_named_kind(lines, line, end, who) or kind_of(lines[line], who) for line in paragraph] if between else []
    return between and not any(kind in PROOFS or kind == CLOSING for kind in kinds) and not names_author(lines[paragraph[0]], who)


def _named_kind(lines: Sequence[str], index: int, end: int, who: Correspondence) -> str:
    """The kind of a line that the author's name proves, else ""."""
    return kind_by_author(lines[index], lines[index + 1] if index + 1 < end else "", who)


def _continues_signature(kinds: set[str]) -> bool:
    """True for a further paragraph of a signature: no prose, and unknown words or numbers (`v2.14.1`) only beside a contact."""
    return PROSE not in kinds and (kinds.isdisjoint((PLAIN, NUMBER)) or not kinds.isdisjoint(PROOFS))


def _continues_list(lines: Sequence[str], index: int, start: int, who: Correspondence) -> bool:
    """True for `--` without its space inside a list: an item right above it, lower case right below."""
    item = index > 0 and _LIST_ITEM.match(lines[index - 1]) is not None
    return item and lines[start].lstrip()[:1].islower() and kind_of(lines[start], who) == PROSE


def _is_sentence(line: str, who: Correspondence) -> bool:
    """True for a question, a sentence or a word of prose in the paragraph right below the delimiter."""
    if is_mobile_signature(line) or "@" in line or "www." in line:
        return False
    words = _WORD.findall(line)
    if kind_of(line, who) == CLOSING or (len(words) <= _SENTENCE_WORDS and _SELF_NAMED.search(line)):
        return False
    if "?" in line or not PROSE_WORDS.isdisjoint(word.lower() for word in words if not word.isupper()):
        return True
    return len(words) >= _SENTENCE_WORDS and line.rstrip().endswith((".", "!"))


def _loose(lines: Sequence[str], index: int, end: int, who: Correspondence) -> list[int]:
    """Below a weak delimiter: nothing but a signature that starts with a name."""
    below = [line for line in range(index + 1, end) if not is_blank(lines[line])]
    kinds = [kind_of(lines[line], who) for line in below]
    if not kinds or PROSE in kinds or kinds[0] not in (NAME, CLOSING):
        return []
    proven = who.author is None or names_author(lines[below[0]], who) or any(kind in PROOFS or kind == CLOSING for kind in kinds)
    return list(range(index, end)) if proven else []


def _paragraphs(lines: Sequence[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Start and end of each run of lines that are not blank."""
    opened: int | None = None
    for index in range(start, end + 1):
        shown = index < end and not is_blank(lines[index])
        if shown and opened is None:
            opened = index
        elif not shown and opened is not None:
            yield opened, index
            opened = None
