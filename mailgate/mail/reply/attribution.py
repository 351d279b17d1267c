"""Recognises attribution lines above quoted text: "On … Ola wrote:", in any locale, on one line or several.

In: lines of text. Out: a span of lines. A grammar over word kinds (date words, verb, author, colon) instead of one pattern per client,
so that unlisted locales and clients are recognised too. Bounded: at most `MAX_WINDOW` lines of at most `MAX_HEADER_CHARS` characters.
It must never decide what is cut: that is `extract`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, pairwise

from mailgate.mail.reply.quote_lines import COLONS, EDGE, INVISIBLE, MAX_LINE_CHARS, Span
from mailgate.mail.reply.words.quote_words import JOINED_VERBS, MONTHS, OPENERS, PRONOUNS, QUOTING, VERBS, WEEKDAYS
from mailgate.mail.words.word_lists import words as word_list

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
_HEADER_WORDS = VERBS | MONTHS | WEEKDAYS | OPENERS
SENTENCE_ENDS = (".", ",", "!", "?")
_NO_ADDRESS = re.compile(r"[\s<>()\[\],;:\"]+")
_NORDIC_IN = re.compile(r"[^\W\d_] i (?!wrote\b|skrev\b)[^\W\d_]")
_RUN = re.compile(r"[^\s<>()\[\],;:\"@]+")
_MAX_LOCAL_CHARS = 80
_LAST_VERBS = ("> wrote", "> skrev", "> skreiv", "> schrieb", "> kirjoitti", "> skrifaði")
_BRACKETED = re.compile(r"<[^<>]{0,200}>|\[[^\[\]]{0,200}\]|\([^()]{0,200}\)")


def may_end_attribution(line: str) -> bool:
    """True when an attribution may end with this line: a colon, or the dashes or the bare date of clients that write none."""
    if line[-1:].isalnum() or line.endswith(SENTENCE_ENDS):
        return line[:1].isdigit() and _ISO_DATE.match(line) is not None
    tail = line[-12:].rstrip(EDGE)
    if tail[-1:] == ">" and "@" in line:
        return True
    return (bool(tail) and (tail[-1] in COLONS or tail[-2:] == "--")) or (line[:1].isdigit() and _ISO_DATE.match(line) is not None)


def may_hold_attribution(line: str) -> bool:
    """Fast pre-check: the line holds an address and a colon after it, or ends with a verb of writing."""
    at = line.find("@", 0, MAX_LINE_CHARS)
    return at > 0 and (line.find(":", at, MAX_LINE_CHARS) > 0 or line.endswith(_LAST_VERBS))


def attribution_at(lines: Sequence[str], index: int, floor: int, quote_follows: bool) -> Span | None:
    """The attribution that ends with line `index`, or None. It never starts above `floor`.

    `quote_follows`: the next non-blank line is quoted; then weaker evidence is enough.
    """
    line = lines[index]
    if len(line) > MAX_LINE_CHARS:
        return None
    if "@" in line and (_ends_inside(line) or (not quote_follows and _is_unmarked(lines, index))):
        return Span("attribution", index, index + 1)
    if not quote_follows and not may_end_attribution(line):
        return None
    if not _may_be_header(lines, index, floor, quote_follows):
        return None
    windows = _windows(lines, index, floor)
    start = _first_start(lines, index, windows, quote_follows) if windows else None
    return None if start is None else Span("attribution", start, index + 1)


def _first_start(lines: Sequence[str], index: int, windows: list[tuple[int, str]], quote_follows: bool) -> int | None:
    """Where the header starts: a date opens it, or else an author does, or, right above a quote, a name and a time."""
    closed = quote_follows or (bool(windows) and _is_closed(windows[-1][1], 1))
    for start, header in windows:
        if (
            (closed or _is_bare_gmail(header))
            and starts_like_date(header)
            and _is_dated(header, quote_follows)
            and (_is_closed(header, 2) or _stands_alone(lines, start, index))
        ):
            return start
    behind_name: int | None = None
    for start, header in windows[:3]:
        if _is_author_first(header, quote_follows) or _is_unlisted_locale(header):
            if header[:1] != "<":
                return start
            behind_name = start if behind_name is None else behind_name  # the name may stand on the line above
    if behind_name is not None:
        return behind_name
    return next(
        (start for start, header in windows[:2] if quote_follows and (_is_name_and_time(header) or _is_address_and_time(header))), None
    )


def _is_closed(header: str, words: int) -> bool:
    """A colon ends it, or a verb among its last `words`."""
    return header[-1:] in COLONS or not VERBS.isdisjoint(tokens(header[-40:].lower())[-words:])


def _stands_alone(lines: Sequence[str], start: int, index: int) -> bool:
    """Blank lines or quotes around it: a header that no colon ends. Lines of a log stand together."""
    below = lines[index + 1].strip(INVISIBLE) if index + 1 < len(lines) else ""
    return below[:1] in ("", ">", "|") and (start == 0 or not _ISO_DATE.match(lines[start - 1]))


def _is_unmarked(lines: Sequence[str], index: int) -> bool:
    """`Den 3. mars 2024 kl. 10:12 skrev Ola <ola@eksempel.no>` without colon and without marks below: it is whole and stands alone."""
    header = lines[index].strip("-" + EDGE)
    if (
        (header[-1:] != ">" and not _is_closed(header, 1))
        or header.count("<") != 1
        or not starts_like_date(header)
        or not _is_dated(header, quote_follows=False)
    ):
        return False
    lower = header.lower()
    apart = (index == 0 or not lines[index - 1].strip(INVISIBLE)) and (index + 1 >= len(lines) or not lines[index + 1].strip(INVISIBLE))
    return apart and _TIME.search(lower) is not None and has_verb(lower, tokens(lower))


def _ends_inside(line: str) -> bool:
    """The header ends within the line and the quoted text goes on right after it, as when markup was flattened."""
    heads = [line[: found.end()] for found in islice(_INNER_END.finditer(line, line.find("@")), 4)]
    if not heads or not starts_like_date(line):
        return False
    return any(has_verb(head.lower(), tokens(head.lower())) and _is_dated(head, quote_follows=False) for head in heads)


def _may_be_header(lines: Sequence[str], index: int, floor: int, quote_follows: bool) -> bool:
    """Fast pre-check: a digit (part of any date), or a verb and a colon at the end. Without address or quote the verb comes first."""
    near = lines[max(floor, index - MAX_WINDOW) : index + 1]
    if _DIGIT.search(near[-1]) is not None or _DIGIT.search("\n".join(near)) is not None:
        return True
    if near[-1].rstrip("-" + EDGE)[-1:] not in COLONS:
        return False
    if not quote_follows and not any("@" in line for line in near):
        first = near[-1][:20].lower().split(maxsplit=1)
        return bool(first) and (first[0] in VERBS or first[0] in QUOTING)
    lower = " ".join(near).lower()
    words = tokens(lower)
    return has_verb(lower, words) or not QUOTING.isdisjoint(words)


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


def lookback_chars(lines: Sequence[str], index: int) -> int:
    """The most that `attribution_at` reads for line `index`, in characters."""
    return sum(map(len, lines[max(0, index - MAX_WINDOW) : index + 1]))


_HOUR_WORDS = frozenset(["kl", "klo", "klokken", "klokka", "klockan", "um", "uhr", "gmt", "utc", "cet", "cest"])
# An article shows reported speech: `schrieb der Lieferant`, `our supplier wrote`.
_ARTICLES = frozenset(
    ["the", "der", "die", "das", "ein", "eine", "en", "et", "ei", "vår", "vårt", "vores", "min", "mitt", "mi", "mein", "unser", "our", "my"]
)
# What clients and names write in lower case beside the date: any other such word belongs to a sentence.
_BESIDE_NAMES = word_list(
    """
    via hos fra frå från from av af by van von vom zu de del di da du la le ved och og and und for til till kello følgende følgjande
    fylgjande följande folgendes following the het heeft hat volgende has ha a am pm time o tid h
"""
)


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
            return _DIGIT.search(head) is not None
        if word not in OPENERS or position > 1:
            return False
    return False


def _is_dated(header: str, quote_follows: bool) -> bool:
    """`[opener] date … author … verb … :` in any order after the date, or a date, an author's address and a colon.

    The caller has checked how it ends.
    """
    if header.count("<") < header.count(">"):
        return False
    lower = header.lower()
    words = _TOKEN.findall(lower)
    if not has_date(lower, words):
        return False
    has_address = address_start(header) is not None
    if not _author_is_plausible(header, has_address):
        return False
    if has_verb(lower, words):
        if not (quote_follows or has_address) and _is_reported_speech(header):
            return False
        return quote_follows or has_address or _TIME.search(lower) is not None or _verb_ends(words)
    named = has_address and (header[-1:] in COLONS or quote_follows) and (_has_author_address(header) or _is_name_alone(header))
    return named or _is_bare_gmail(header)


def _is_name_alone(header: str) -> bool:
    """True when at most two words stand beside date and address: "by", "Ola Nes". A longer word in lower case is a log's: "logged in"."""
    beside = set(_words_beside(header))
    written = [word for word in _TOKEN.findall(header) if word.islower() and word in beside]
    return len(beside) <= 2 and all(len(word) <= 3 or word in _BESIDE_NAMES for word in written)


def _is_bare_gmail(header: str) -> bool:
    """Older Gmail: `2016-03-03 17:21 GMT+01:00 Some One` with neither verb nor colon."""
    if len(header) >= 160 or _ISO_DATE.match(header) is None:
        return False
    if header.rstrip(COLONS)[-1:] == ">" and address_start(header) is not None:
        return True
    return _GMAIL_2010.match(header) is not None and not header.rsplit(maxsplit=1)[-1][0].islower()


def _is_reported_speech(header: str) -> bool:
    """Date and verb with no name, with an article before it (`kl. 10:12 skrev leverandøren`), or with more of a sentence behind the
    verb (`skrev 27.11.2026 at feilen er rettet`): words of the author.
    """
    beside = set(_words_beside(header)) - _HOUR_WORDS
    spoken = _TOKEN.findall(header)
    written = [word for word in spoken if word.lower() in beside]
    if written and all(word[0].islower() for word in written):
        return True
    verb = next((at for at, word in enumerate(spoken) if word.lower() in VERBS), len(spoken))
    if any(word[0].islower() and word.lower() in beside and word not in _BESIDE_NAMES for word in spoken[verb:]):
        return True
    after = [word for word in _TOKEN.findall(header) if not word.isdigit()]
    return any(one in _ARTICLES and (before.lower() in VERBS or one != "en") for before, one in pairwise(after))


def _verb_ends(words: list[str]) -> bool:
    return not VERBS.isdisjoint(words[-3:])


def tokens(lower: str) -> list[str]:
    """Words and numbers of the text, in order."""
    return _TOKEN.findall(lower)


def has_date(lower: str, words: list[str]) -> bool:
    """True when the text holds a date: in digits, a month with a number, or a weekday with a time."""
    if not MONTHS.isdisjoint(words) and any(word.isdigit() for word in words):
        return True
    if _NUMERIC_DATE.search(lower):
        return True
    return _TIME.search(lower) is not None and (_YEAR.search(lower) is not None or not WEEKDAYS.isdisjoint(words))


def has_time(lower: str) -> bool:
    """True when the text names an hour."""
    return _TIME.search(lower) is not None


def has_time_or_year(lower: str) -> bool:
    """True when the text names an hour or a year."""
    return _TIME.search(lower) is not None or _YEAR.search(lower) is not None


def has_verb(lower: str, words: list[str]) -> bool:
    """True when a verb of writing stands in the text."""
    return not VERBS.isdisjoint(words) or (not lower.isascii() and any(verb in lower for verb in JOINED_VERBS))


def _author_is_plausible(header: str, has_address: bool) -> bool:
    """True for few words beside date, verb and address and no pronoun among them: not a sentence."""
    beside = _words_beside(header)
    if "i" in beside and "@" in header and _NORDIC_IN.search(header):
        beside = [word for word in beside if word != "i"]  # "Anne i Firma AS"
    return len(beside) <= MAX_AUTHOR_WORDS * (2 if has_address else 1) and PRONOUNS.isdisjoint(beside)


def _words_beside(header: str) -> list[str]:
    """The words that are neither date nor verb nor address: the author's name, or a sentence."""
    bare = tokens(_without_addresses(_BRACKETED.sub("", header)).lower())
    return [word for word in bare if word not in _HEADER_WORDS and not word.isdigit()]


def _without_addresses(text: str) -> str:
    if "@" not in text:
        return text
    return " ".join(part for part in _NO_ADDRESS.split(text) if not 0 < part.find("@") < len(part) - 1)


def _is_author_first(header: str, quote_follows: bool) -> bool:
    """`Author <address> verb [date]:`, or `verb Author:` with a verb in lower case, as Thunderbird writes it."""
    if header.count("<") < header.count(">") or header[-1:] not in COLONS:
        return False
    lower = header.lower()
    words = tokens(lower)
    if not words or not (words[0] in QUOTING or has_verb(lower, words)) or not _author_is_plausible(header, has_address=False):
        return False
    if words[0] in QUOTING:
        return header[-2:-1] == ">" or quote_follows
    if words[0] in VERBS:
        return header[0].islower() and (quote_follows or _capitalised(header.split()[1:]))
    if _has_author_address(header) and (_verb_ends(words) or has_date(lower, words)):
        return True
    if quote_follows:
        return (has_date(lower, words) and _TIME.search(lower) is not None) or _verb_ends(words)
    return has_date(lower, words) and _TIME.search(lower) is not None and not _is_reported_speech(header)


def _is_name_and_time(header: str) -> bool:
    """`Ola Nordmann, 03.03.2024 10:12:`, as some clients write it above quoted lines."""
    if len(header) >= 120 or header[-1:] not in COLONS or not header[:1].isalpha() or _TIME.search(header) is None:
        return False
    lower = header.lower()
    return has_date(lower, tokens(lower)) and _author_is_plausible(header, has_address=False)


def _is_address_and_time(header: str) -> bool:
    """`"Ola Nes" <ola@kunde.example> – 3. mars 2024 10:12`, as Nextcloud writes it above quoted lines: nothing else beside them."""
    if len(header) >= 160 or address_start(header) is None or header.count("<") != header.count(">"):
        return False
    _, dash, when = header.rpartition(" – ")
    lower = when.lower()
    words = tokens(lower)
    return bool(dash) and "@" not in when and _TIME.search(when) is not None and has_date(lower, words) and not _words_beside(when)


def address_start(text: str) -> int | None:
    """Where the first address of `text` begins. Scans back from each `@`: a single pattern would backtrack over long words."""
    at = text.find("@")
    while at >= 0:
        before = _RUN.match(text[max(0, at - _MAX_LOCAL_CHARS) : at][::-1])
        if before and _RUN.match(text, at + 1):
            return at - before.end()
        at = text.find("@", at + 1)
    return None


def _has_author_address(header: str) -> bool:
    """An address in brackets, or one that is all there is before the verb."""
    start = address_start(header)
    return start is not None and (start < 2 or header[start - 1] in "<([:")


def _is_unlisted_locale(header: str) -> bool:
    """An attribution of an unlisted locale: an address in brackets, a date, a time and a colon, and few words beside them."""
    if header[-1:] not in COLONS or "@" not in header or header.count("<") != header.count(">") or not _has_author_address(header):
        return False
    lower = header.lower()
    words = _TOKEN.findall(lower)
    return _TIME.search(lower) is not None and has_date(lower, words) and _author_is_plausible(header, has_address=True)


def _capitalised(words: list[str]) -> bool:
    return 0 < len(words) <= 5 and all(word[:1].isupper() or word in ("van", "von", "de", "der", "af") for word in words)
