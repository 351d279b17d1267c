"""Recognises the lines with which mail clients announce quoted text: attributions, header blocks, delimiters. Stage: reply extraction.

Lines of text come in, spans of lines go out. A grammar over word kinds (date words, verb, author, colon), not one pattern per client,
so that a locale or client that nobody listed is still seen. Every look is bounded: at most `MAX_WINDOW` lines of at most
`MAX_HEADER_CHARS` characters. Must never decide what is kept: that is `reply`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mailgate.mail.quote_words import (
    DATE,
    FORWARDED,
    FROM,
    JOINED_VERBS,
    LABEL_CHARS,
    LABELS,
    MONTHS,
    OPENERS,
    ORIGINAL,
    PRONOUNS,
    QUOTING,
    REPLY_ABOVE,
    SENT,
    SUBJECT,
    TO,
    VERBS,
    WEEKDAYS,
)

MAX_WINDOW = 6
MAX_HEADER_CHARS = 500
MAX_LINE_CHARS = 300
MAX_BLOCK_LINES = 30
MAX_AUTHOR_WORDS = 8

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_NUMERIC_DATE = re.compile(r"\d{1,4}\s?[./\-年]\s?\d{1,2}\s?[./\-月]\s?\d{0,4}")
_ISO_DATE = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}\b")
_TIME = re.compile(r"\d{1,2}[:.h]\d{2}")
_ABOVE = re.compile(r" above | over |oberhalb|ovanför|dessus| boven |encima")
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@]{1,80}@[^\s<>()\[\],;:\"@]{1,120}")
_BRACKETED = re.compile(r"<[^<>]{0,200}>|\[[^\[\]]{0,200}\]|\([^()]{0,200}\)")
_INVISIBLE = " \t\r\xa0\u200b\u200e\u200f\u202a\u202b\u202c\u2060\ufeff"
_EDGE = _INVISIBLE + "*_"
_COLONS = ":："


class Span(NamedTuple):
    """Lines `start` up to, not including, `end` that announce a quote.

    `kind` is `attribution` ("On … wrote:"), `block` (From/Sent/To/Subject), `original` or `forwarded` (a delimiter with the
    block below it, if any) or `above` (a reply-above-this-line marker).
    """

    kind: str
    start: int
    end: int


def is_blank(line: str) -> bool:
    """True when the line shows nothing: white space, zero-width marks."""
    return not line.strip(_INVISIBLE)


def is_quoted(line: str) -> bool:
    """True for a line with a `>` mark, also one led by up to three initials ("OK> …")."""
    head = line[:8].lstrip(_INVISIBLE)
    if head[:1] == ">":
        return True
    initials, mark, _ = head.partition(">")
    return bool(mark) and len(initials) <= 3 and initials.isalpha() and initials.isupper()


def may_end_attribution(line: str) -> bool:
    """True when an attribution may end with this line: a colon, or the dashes or the bare date of clients that write none."""
    if line[-1:].isalnum():
        return line[:1].isdigit() and _ISO_DATE.match(line) is not None
    tail = line[-12:].rstrip(_EDGE)
    return (bool(tail) and (tail[-1] in _COLONS or tail[-2:] == "--")) or _ISO_DATE.match(line) is not None


def attribution_at(lines: Sequence[str], index: int, floor: int, quote_follows: bool) -> Span | None:
    """The attribution that ends with line `index`, or None. It never starts above `floor`.

    `quote_follows`: the next line that shows something is quoted; then weaker evidence is enough.
    """
    line = lines[index]
    if len(line) > MAX_LINE_CHARS:
        return None
    if not quote_follows and not may_end_attribution(line):
        return None
    windows = _windows(lines, index, floor)
    if not windows or not _may_hold_author(windows, quote_follows):
        return None
    for start, header in windows:
        if starts_like_date(header) and _is_dated(header, quote_follows):
            return Span("attribution", start, index + 1)
    for start, header in windows[:3]:
        if _is_author_first(header, quote_follows) or _is_unworded(header):
            return Span("attribution", start, index + 1)
    return None


def _may_hold_author(windows: list[tuple[int, str]], quote_follows: bool) -> bool:
    """Cheap: a digit, an address, or a leading word of writing. Most prose that ends with a colon has none of them."""
    longest = windows[-1][1]
    if quote_follows or "@" in longest or _DIGIT.search(longest) is not None:
        return True
    first = windows[0][1][:20].split(maxsplit=1)
    return bool(first) and (first[0].lower() in VERBS or first[0].lower() in QUOTING)


def _windows(lines: Sequence[str], index: int, floor: int) -> list[tuple[int, str]]:
    """The texts that end with line `index`, one line longer each time; a blank line ends them unless an address goes on after it."""
    found: list[tuple[int, str]] = []
    header = ""
    for start in range(index, max(floor, index - MAX_WINDOW) - 1, -1):
        line = lines[start].strip(_INVISIBLE)
        if not line:
            if header[:1] not in ("<", '"') and not header.startswith("mailto:"):
                break
            continue
        if len(line) > MAX_LINE_CHARS or len(header) > MAX_HEADER_CHARS:
            break
        header = f"{line} {header}" if header else line
        found.append((start, header.strip("-" + _EDGE)))
    return found


def look_chars(lines: Sequence[str], index: int) -> int:
    """What a look at line `index` costs at most, in characters read."""
    return sum(map(len, lines[max(0, index - MAX_WINDOW) : index + 1]))


def starts_like_date(header: str) -> bool:
    """True when the text opens with a date: a digit, a weekday or a month, or an opener ("Den", "On", "Am") right before one."""
    head = header[:48].lstrip('>"' + _EDGE).lower()
    if head[:1] in ("在", "于") or head[:1].isdigit():
        return True
    words = _TOKEN.findall(head)[:4]
    for position, word in enumerate(words):
        if word.isdigit():
            return position > 0
        if word in WEEKDAYS or word in MONTHS:
            return any(c.isdigit() for c in head)
        if word not in OPENERS or position > 1:
            return False
    return False


def _is_dated(header: str, quote_follows: bool) -> bool:
    """`[opener] date … author … verb … :` in any order after the date, or a date, an author's address and a colon."""
    if header.count("<") < header.count(">"):
        return False
    lower = header.lower()
    words = _TOKEN.findall(lower)
    has_address = bool(_ADDRESS.search(header))
    if not has_date(lower, words) or not _closes(header, words, has_address, quote_follows):
        return False
    if quote_follows and (has_address or has_verb(lower, words)):
        return True
    if not has_verb(lower, words):
        return (has_address and header[-1:] in _COLONS) or _is_bare_gmail(header, has_address)
    return _author_is_plausible(header, words, has_address) and (has_address or _TIME.search(lower) is not None or _verb_ends(words))


def _closes(header: str, words: list[str], has_address: bool, quote_follows: bool) -> bool:
    if header[-1:] in _COLONS:
        return True
    last = words[-1] if words else ""
    return last in VERBS or quote_follows or _is_bare_gmail(header, has_address)


def _is_bare_gmail(header: str, has_address: bool) -> bool:
    """Older Gmail: `2016-03-03 17:21 GMT+01:00 Some One` with neither verb nor colon."""
    return _ISO_DATE.match(header) is not None and len(header) < 160 and ("GMT" in header or (has_address and header[-1] == ">"))


def _verb_ends(words: list[str]) -> bool:
    return any(word in VERBS for word in words[-3:])


def has_date(lower: str, words: list[str]) -> bool:
    """True when the text holds a day: in digits, as a month with a number, or as a weekday with a time."""
    if _NUMERIC_DATE.search(lower):
        return True
    has_digit = any(word.isdigit() for word in words)
    if has_digit and any(word in MONTHS for word in words):
        return True
    return _TIME.search(lower) is not None and (_YEAR.search(lower) is not None or any(word in WEEKDAYS for word in words))


def has_verb(lower: str, words: list[str]) -> bool:
    """True when a verb of writing stands in the text."""
    return any(word in VERBS for word in words) or any(verb in lower for verb in JOINED_VERBS)


def _author_is_plausible(header: str, words: list[str], has_address: bool) -> bool:
    """No sentence: few words beside date, verb and address, and no pronoun among them."""
    bare = _TOKEN.findall(_ADDRESS.sub("", _BRACKETED.sub("", header)).lower())
    rest = [w for w in bare if not w.isdigit() and w not in VERBS and w not in MONTHS and w not in WEEKDAYS and w not in OPENERS]
    limit = MAX_AUTHOR_WORDS + 4 if has_address else MAX_AUTHOR_WORDS
    return len(rest) <= limit and not any(w in PRONOUNS for w in rest)


def _is_author_first(header: str, quote_follows: bool) -> bool:
    """`Author <address> verb [date]:`, or `verb Author:` with a verb in lower case, as Thunderbird writes it."""
    if header.count("<") < header.count(">") or header[-1:] not in _COLONS:
        return False
    lower = header.lower()
    words = _TOKEN.findall(lower)
    if not words or not _author_is_plausible(header, words, has_address=False):
        return False
    if words[0] in QUOTING:
        return header[-2:-1] == ">" or quote_follows
    if not has_verb(lower, words):
        return False
    if words[0] in VERBS:
        return header[0].islower() and (quote_follows or _capitalised(header.split()[1:]))
    if _has_author_address(header) and (_verb_ends(words) or has_date(lower, words)):
        return True
    return (has_date(lower, words) and _TIME.search(lower) is not None) or (quote_follows and _verb_ends(words))


def _has_author_address(header: str) -> bool:
    """An address in brackets, or one that is all there is before the verb."""
    found = _ADDRESS.search(header)
    return found is not None and (found.start() < 2 or header[found.start() - 1] in "<([:")


def _is_unworded(header: str) -> bool:
    """A locale whose words are not listed: an author's address in brackets, a day, a time and a colon, and few words beside them."""
    if header[-1:] not in _COLONS or header.count("<") != header.count(">") or not _has_author_address(header):
        return False
    lower = header.lower()
    words = _TOKEN.findall(lower)
    return _TIME.search(lower) is not None and has_date(lower, words) and _author_is_plausible(header, words, has_address=True)


def _capitalised(words: list[str]) -> bool:
    return 0 < len(words) <= 5 and all(word[:1].isupper() or word in ("van", "von", "de", "der", "af") for word in words)


def _label(line: str) -> str | None:
    """The role of a `Label: value` line, or None."""
    head, colon, _ = line[: LABEL_CHARS + 12].replace("：", ":").partition(":")
    if not colon:
        return None
    return LABELS.get(head.strip(">" + _EDGE).lower().replace("\xa0", " "))


def block_at(lines: Sequence[str], index: int) -> tuple[Span | None, int]:
    """The header block that starts at line `index`, and the line up to which no other block can start."""
    if _label(lines[index]) is None:
        return None, index + 1
    roles: dict[str, str] = {}
    end = cursor = index
    limit = min(len(lines), index + MAX_BLOCK_LINES)
    while cursor < limit:
        role = _label(lines[cursor])
        if role is not None:
            roles.setdefault(role, lines[cursor][:MAX_LINE_CHARS].replace("：", ":").partition(":")[2])
            end = cursor + 1
        elif not _goes_on(lines, cursor, end):
            break
        cursor += 1
    if not _is_header(roles):
        return None, end
    while end < limit and not is_blank(lines[end]) and lines[end][:1] in " \t":
        end += 1
    return Span("block", index, end), end


def _goes_on(lines: Sequence[str], cursor: int, end: int) -> bool:
    """A line without a label still belongs to the block when it is one blank line, or a short wrapped value, before the next label."""
    blank = is_blank(lines[cursor])
    for ahead in range(cursor + 1, min(len(lines), cursor + (2 if blank else 4))):
        if _label(lines[ahead]) is not None:
            return cursor - end < 4
        if blank or is_blank(lines[ahead]):
            return False
    return False


def _is_header(roles: dict[str, str]) -> bool:
    """Enough of From, Sent, To, Subject, and one value that only a mail header has: an address, a date with a time or year."""
    when = roles.get(SENT) or roles.get(DATE) or ""
    lower = when.lower()
    dated = has_date(lower, _TOKEN.findall(lower)) and (_TIME.search(lower) is not None or _YEAR.search(lower) is not None)
    addressed = any("@" in value for value in roles.values())
    if FROM in roles and SENT in roles and (SUBJECT in roles or TO in roles):
        return True
    if FROM in roles and len(roles) >= 3:
        return (addressed and (dated or SUBJECT in roles or TO in roles)) or (dated and SUBJECT in roles)
    if FROM in roles and len(roles) == 2:
        return addressed and (dated or SUBJECT in roles)
    return len(roles) >= 3 and addressed and dated


def may_be_delimiter(line: str) -> bool:
    """Cheap: the line starts with a sign, holds a colon, or is a short line with a word of a reply-above marker."""
    if not line[0].isalnum() or ":" in line:
        return True
    return len(line) < 90 and _ABOVE.search(line) is not None


def fenced_lines(lines: Sequence[str]) -> set[int]:
    """The lines inside closed ``` fences: code, in which nothing announces a quote and nothing is a signature."""
    marks = [index for index, line in enumerate(lines) if line.startswith("```")]
    inside: set[int] = set()
    for opened, closed in zip(marks[::2], marks[1::2], strict=False):
        inside.update(range(opened, closed + 1))
    return inside


def delimiter(line: str) -> str | None:
    """`original` or `forwarded` for a delimiter line, `above` for a reply-above marker, else None."""
    if len(line) > MAX_LINE_CHARS:
        return None
    core = line.strip(_INVISIBLE)
    ruled = core.strip("*> ")[:2] in ("--", "__", "==", "~~", "##", "- ", "—-", "——", "++")
    phrase = core.strip("-_=~#*+>—: \t\xa0\u200e\u200f").lower()
    if phrase in FORWARDED and (ruled or core[-1:] in _COLONS):
        return "forwarded"
    if ruled and phrase in ORIGINAL:
        return "original"
    if ruled and core.strip("*> ")[:4] in ("----", "-----"):
        return _delimiter_with_header(phrase)
    if "above" in phrase or "over " in phrase or len(phrase) > 12:
        return "above" if any(marker in phrase for marker in REPLY_ABOVE) else None
    return None


def _delimiter_with_header(phrase: str) -> str | None:
    """Yahoo sets the first header field on the delimiter's own line; Lotus Notes the author."""
    inner, dashes, rest = phrase.partition("--")
    inner = inner.strip("- ")
    if dashes and rest.strip("- ") and inner in FORWARDED:
        return "forwarded"
    if dashes and rest.strip("- ") and inner in ORIGINAL:
        return "original"
    return "forwarded" if inner.startswith("forwarded by ") else None
