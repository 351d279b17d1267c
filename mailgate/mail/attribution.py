"""Recognises the line with which a client announces quoted text: "On … Ola wrote:", in any locale, on one line or several.

Lines of text come in, a span of lines goes out. A grammar over word kinds (date words, verb, author, colon), not one pattern per
client, so that a locale or client that nobody listed is still seen. Every look is bounded: at most `MAX_WINDOW` lines of at most
`MAX_HEADER_CHARS` characters. Must never decide what is kept: that is `reply`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailgate.mail.quote_lines import COLONS, EDGE, INVISIBLE, MAX_LINE_CHARS, Span
from mailgate.mail.quote_words import JOINED_VERBS, MONTHS, OPENERS, PRONOUNS, QUOTING, VERBS, WEEKDAYS

MAX_WINDOW = 6
MAX_HEADER_CHARS = 700
MAX_AUTHOR_WORDS = 8

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_NUMERIC_DATE = re.compile(r"\d{1,4}\s?[./\-年]\s?\d{1,2}\s?[./\-月]\s?\d{0,4}")
_ISO_DATE = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}\b")
_TIME = re.compile(r"\d{1,2}[:.h]\d{2}")
_GMAIL_2010 = re.compile(r"\d{4}-\d\d-\d\d \d{1,2}:\d\d GMT[+-]\d\d:\d\d \D{2,80}$")
_INNER_END = re.compile(r"(?:>|[^\W\d_]{4,12}) ?:(?=\s?\w)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGIT = re.compile(r"\d")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@]{1,80}@[^\s<>()\[\],;:\"@]{1,120}")
_BRACKETED = re.compile(r"<[^<>]{0,200}>|\[[^\[\]]{0,200}\]|\([^()]{0,200}\)")


def may_end_attribution(line: str) -> bool:
    """True when an attribution may end with this line: a colon, or the dashes or the bare date of clients that write none."""
    if line[-1:].isalnum():
        return line[:1].isdigit() and _ISO_DATE.match(line) is not None
    tail = line[-12:].rstrip(EDGE)
    return (bool(tail) and (tail[-1] in COLONS or tail[-2:] == "--")) or _ISO_DATE.match(line) is not None


def may_hold_attribution(line: str) -> bool:
    """Cheap: an address and a colon after it stand within the line."""
    at = line.find("@", 0, MAX_LINE_CHARS)
    return at > 0 and line.find(":", at, MAX_LINE_CHARS) > 0


def attribution_at(lines: Sequence[str], index: int, floor: int, quote_follows: bool) -> Span | None:
    """The attribution that ends with line `index`, or None. It never starts above `floor`.

    `quote_follows`: the next line that shows something is quoted; then weaker evidence is enough.
    """
    line = lines[index]
    if len(line) > MAX_LINE_CHARS:
        return None
    if _INNER_END.search(line) and _ends_inside(line):
        return Span("attribution", index, index + 1)
    if not quote_follows and not may_end_attribution(line):
        return None
    windows = _windows(lines, index, floor)
    if not windows or not _may_hold_author(windows, quote_follows):
        return None
    start = _first_start(lines, index, windows, quote_follows)
    return None if start is None else Span("attribution", start, index + 1)


def _first_start(lines: Sequence[str], index: int, windows: list[tuple[int, str]], quote_follows: bool) -> int | None:
    """Where the header starts: a date opens it, or else an author does, or, right above a quote, a name and a time."""
    for start, header in windows:
        if starts_like_date(header) and _is_dated(header, quote_follows) and (_is_closed(header) or _stands_alone(lines, start, index)):
            return start
    for start, header in windows[:3]:
        if _is_author_first(header, quote_follows) or _is_unworded(header):
            return start
    return next((start for start, header in windows[:2] if quote_follows and _is_name_and_time(header)), None)


def _is_closed(header: str) -> bool:
    return header[-1:] in COLONS or any(word in VERBS for word in tokens(header[-40:].lower())[-2:])


def _stands_alone(lines: Sequence[str], start: int, index: int) -> bool:
    """Blank lines or quotes around it: a header that no colon ends. Lines of a log stand together."""
    below = lines[index + 1].strip(INVISIBLE) if index + 1 < len(lines) else ""
    return below[:1] in ("", ">", "|") and (start == 0 or not _ISO_DATE.match(lines[start - 1]))


def _ends_inside(line: str) -> bool:
    """The header ends within the line and the quoted text goes on right after it, as when markup was flattened."""
    if not starts_like_date(line):
        return False
    heads = [line[: found.end()] for found in _INNER_END.finditer(line)][:4]
    return any("@" in head and has_verb(head.lower(), tokens(head.lower())) and _is_dated(head, quote_follows=False) for head in heads)


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
        line = lines[start].strip(INVISIBLE)
        if not line:
            if header[:1] not in ("<", '"') and not header.startswith("mailto:"):
                break
            continue
        if len(line) > MAX_LINE_CHARS or len(header) > MAX_HEADER_CHARS:
            break
        header = f"{line} {header}" if header else line
        found.append((start, header.strip("-" + EDGE)))
    return found


def look_chars(lines: Sequence[str], index: int) -> int:
    """What a look at line `index` costs at most, in characters read."""
    return sum(map(len, lines[max(0, index - MAX_WINDOW) : index + 1]))


def starts_like_date(header: str) -> bool:
    """True when the text opens with a date: a digit, a weekday or a month, or an opener ("Den", "On", "Am") right before one."""
    head = header[:48].lstrip('>"' + EDGE).lower()
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
    if not _author_is_plausible(header, has_address):
        return False
    if has_verb(lower, words):
        return quote_follows or has_address or _TIME.search(lower) is not None or _verb_ends(words)
    named = has_address and (header[-1:] in COLONS or quote_follows) and (_has_author_address(header) or len(_words_beside(header)) <= 2)
    return named or _is_bare_gmail(header, has_address)


def _closes(header: str, words: list[str], has_address: bool, quote_follows: bool) -> bool:
    if header[-1:] in COLONS:
        return True
    last = words[-1] if words else ""
    return last in VERBS or quote_follows or _is_bare_gmail(header, has_address)


def _is_bare_gmail(header: str, has_address: bool) -> bool:
    """Older Gmail: `2016-03-03 17:21 GMT+01:00 Some One` with neither verb nor colon."""
    addressed = has_address and header[-1] == ">" and _ISO_DATE.match(header) is not None
    return len(header) < 160 and (addressed or _GMAIL_2010.match(header) is not None)


def _verb_ends(words: list[str]) -> bool:
    return any(word in VERBS for word in words[-3:])


def tokens(lower: str) -> list[str]:
    """Words and numbers of the text, in order."""
    return _TOKEN.findall(lower)


def has_date(lower: str, words: list[str]) -> bool:
    """True when the text holds a day: in digits, as a month with a number, or as a weekday with a time."""
    if _NUMERIC_DATE.search(lower):
        return True
    has_digit = any(word.isdigit() for word in words)
    if has_digit and any(word in MONTHS for word in words):
        return True
    return _TIME.search(lower) is not None and (_YEAR.search(lower) is not None or any(word in WEEKDAYS for word in words))


def has_time(lower: str) -> bool:
    """True when the text names an hour."""
    return _TIME.search(lower) is not None


def has_time_or_year(lower: str) -> bool:
    """True when the text names an hour or a year."""
    return _TIME.search(lower) is not None or _YEAR.search(lower) is not None


def has_verb(lower: str, words: list[str]) -> bool:
    """True when a verb of writing stands in the text."""
    return any(word in VERBS for word in words) or any(verb in lower for verb in JOINED_VERBS)


def _author_is_plausible(header: str, has_address: bool) -> bool:
    """No sentence: few words beside date, verb and address, and no pronoun among them."""
    beside = _words_beside(header)
    return len(beside) <= MAX_AUTHOR_WORDS * (2 if has_address else 1) and not any(word in PRONOUNS for word in beside)


def _words_beside(header: str) -> list[str]:
    """The words that are neither date nor verb nor address: the author's name, or a sentence."""
    bare = tokens(_ADDRESS.sub("", _BRACKETED.sub("", header)).lower())
    return [w for w in bare if not w.isdigit() and w not in VERBS and w not in MONTHS and w not in WEEKDAYS and w not in OPENERS]


def _is_author_first(header: str, quote_follows: bool) -> bool:
    """`Author <address> verb [date]:`, or `verb Author:` with a verb in lower case, as Thunderbird writes it."""
    if header.count("<") < header.count(">") or header[-1:] not in COLONS:
        return False
    lower = header.lower()
    words = tokens(lower)
    if not words or not _author_is_plausible(header, has_address=False):
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


def _is_name_and_time(header: str) -> bool:
    """`Ola Nordmann, 03.03.2024 10:12:`, as some clients write it above marked lines."""
    lower = header.lower()
    dated = has_date(lower, tokens(lower)) and _TIME.search(lower) is not None
    return len(header) < 120 and header[-1:] in COLONS and dated and header[0].isalpha() and _author_is_plausible(header, has_address=False)


def _has_author_address(header: str) -> bool:
    """An address in brackets, or one that is all there is before the verb."""
    found = _ADDRESS.search(header)
    return found is not None and (found.start() < 2 or header[found.start() - 1] in "<([:")


def _is_unworded(header: str) -> bool:
    """A locale whose words are not listed: an author's address in brackets, a day, a time and a colon, and few words beside them."""
    if header[-1:] not in COLONS or header.count("<") != header.count(">") or not _has_author_address(header):
        return False
    lower = header.lower()
    words = _TOKEN.findall(lower)
    return _TIME.search(lower) is not None and has_date(lower, words) and _author_is_plausible(header, has_address=True)


def _capitalised(words: list[str]) -> bool:
    return 0 < len(words) <= 5 and all(word[:1].isupper() or word in ("van", "von", "de", "der", "af") for word in words)
