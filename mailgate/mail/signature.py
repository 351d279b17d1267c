"""Tells the signature of a reply from its text: delimiters, closing formulas with names, mobile lines, footers. Stage: reply extraction.

The lines that are left after the quote is cut come in; the positions of those that are signature go out. Looks only at the last
`MAX_TAIL_LINES` lines. It must never leave an empty text when a person wrote something.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from mailgate.mail.quote_lines import fenced_lines, is_blank, is_quoted, is_rule
from mailgate.mail.signature_words import (
    APPS,
    BANNER_STARTS,
    CLOSINGS,
    DEVICES,
    FOOTER_STARTS,
    FOOTER_WORDS,
    FOR_WORDS,
    GET_APP,
    GET_WORDS,
    LIST_FOOTERS,
    MOBILE_STARTS,
    MOBILE_WHOLE,
    PLATFORMS,
    WEAK_CLOSINGS,
)

MAX_TAIL_LINES = 60
MAX_SIGNATURE_LINES = 14
MAX_RULED_LINES = 8
MAX_RULED_CHARS = 600
MAX_NAME_CHARS = 48
MAX_MOBILE_CHARS = 140
MAX_BANNER_LINES = 6
MAX_BANNER_CHARS = 400

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_DASHED_NAME = re.compile(r"\s{0,4}(?:[-–—~/]{1,2}|//)\s?[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,2}\s*")
_CONTACT = re.compile(r"https?://|www\.|@|\+?\d[\d ()./-]{6,}\d|\b(?:tel|tlf|mob|mobil|phone|fax|telefon|direkte)\b", re.IGNORECASE)
_POSTSCRIPT = re.compile(r"(?:p\.?\s?s|n\.?b|obs)\b\.?\s?[:.!,-]?\s", re.IGNORECASE)
# What stands in text for a picture: a logo above the name.
_PICTURE = re.compile(r"\[(?:cid:|image|bilde|et bilde|a picture|a close|a black|logo|inline)[^\]]{0,300}\]", re.IGNORECASE)
_STARTS = (*MOBILE_STARTS, *GET_APP, *GET_WORDS)
_STARTS_BY_SIGN = {sign: tuple(start for start in _STARTS if start[0] == sign) for sign in {start[0] for start in _STARTS}}
_OWNERS = (
    "fra min",
    "frå min",
    "fra mitt",
    "frå mitt",
    "sent from my",
    "från min",
    "från mitt",
    " mijn",
    " mon",
    " mi",
    " meinem",
    " meu",
    " mio",
)
# `-- ` of RFC 3676 section 4.3, what clients make of it, and the sign of a mail tracker.
DELIMITERS = ("--", "—", "―", "––", "ᐧ")
_SENTENCE_END = (".", "?", "!", ":", ";")


def split_signature(lines: Sequence[str], has_fences: bool = False) -> list[int]:
    """Positions of the lines that are signature, mobile line or footer, in order. Empty when the text would be left empty by a guess."""
    end = _trailing(lines, len(lines))
    fence = fenced_lines(lines) if has_fences else frozenset()
    start = _explicit(lines, end, fence)
    peeled = _peel_footers(lines, start)
    closing = _closing(lines, peeled) if start == end else _dashed_name(lines, peeled)
    if any(not is_blank(line) for line in lines[:closing]):
        start = closing
    elif any(not is_blank(line) for line in lines[:peeled]) or any(is_mobile_line(line) for line in lines[peeled:start]):
        start = peeled
    above = _trailing(lines, start)
    while above and is_mobile_line(lines[above - 1]) and above - 1 not in fence:
        start = above - 1
        above = _trailing(lines, start)
    loose = [i for i in range(max(0, start - MAX_TAIL_LINES), start) if i not in fence and is_mobile_line(lines[i])]
    return _banner(lines, start) + loose + list(range(start, len(lines)))


def _banner(lines: Sequence[str], end: int) -> list[int]:
    """The lines of a banner that a mail server set on top ("CAUTION: External email"), when text follows it."""
    first = next((i for i in range(min(end, 5)) if not is_blank(lines[i])), end)
    if first == end or not lines[first][:MAX_BANNER_CHARS].strip(" \t*>|").lower().startswith(BANNER_STARTS):
        return []
    last = first
    while last < end and not is_blank(lines[last]) and last - first < MAX_BANNER_LINES:
        last += 1
    return list(range(first, last)) if any(not is_blank(line) for line in lines[last:end]) else []


def is_closing_part(lines: Sequence[str], text_above: bool) -> bool:
    """True when lines that stand under a quote hold no answer: nothing, a signature, a footer, mobile lines."""
    end = _trailing(lines, len(lines))
    if _starts_with_delimiter(lines[:end], text_above):
        return True
    start = _peel_footers(lines, _explicit(lines, end, frozenset()))
    if not any(not is_blank(line) for line in lines[:start]):
        return True
    return text_above and _looks_like_signature([line for line in lines[:start] if not is_blank(line)])


def _starts_with_delimiter(lines: Sequence[str], text_above: bool) -> bool:
    """All of it stands under `-- `, or under a rule when the reply itself stands above the quote."""
    first = next((index for index, line in enumerate(lines) if not is_blank(line)), len(lines))
    if first == len(lines):
        return True
    core = lines[first].strip()
    if core in DELIMITERS:
        return len(lines) - first <= MAX_TAIL_LINES
    if not is_rule(core) or not _ends_in_short_tail(lines, first, len(lines)):
        return False
    return text_above or _is_footer(" ".join(lines[first + 1 : first + 5]))


def is_mobile_line(line: str) -> bool:
    """True for a line that a phone or an app adds: "Sendt fra min iPhone", "Hent Outlook for iOS"."""
    if len(line) > MAX_MOBILE_CHARS or len(line) < 6:
        return False
    core = line.strip(" \t\xa0\u200b*_<>()[]-–—|").lower()
    if core in MOBILE_WHOLE:
        return True
    if core.startswith(_STARTS_BY_SIGN.get(core[:1], ())):  # one look for nearly every line of a mail
        for start in MOBILE_STARTS:
            if core.startswith(start):
                return _names_device(core[len(start) :], owned=start.endswith(_OWNERS))
        if any(core.startswith(start) and not core[len(start) : len(start) + 1].isalpha() for start in GET_APP) or _offers_app(core):
            return True
    return core.endswith(("gesendet", "gesendet.", "傳送", "发送", "发自我的iphone")) and _names_device(core, owned=False)


def _offers_app(core: str) -> bool:
    """`Få BlueMail for Android`: a word of getting, an app, the system that it is for; nothing else."""
    words = core.split("<")[0].split()
    if not 4 <= len(words) <= 6 or words[0] not in GET_WORDS or words[-2] not in FOR_WORDS:
        return False
    return words[-1].rstrip(".]") in PLATFORMS and words[1] in APPS


def _names_device(rest: str, owned: bool) -> bool:
    """The first words after "sent from" name a device or an app; after "sent from my" they may be all there is ("TI-85")."""
    head = re.split(r"[,.;!]\s|\s[-–(<]", rest, maxsplit=1)[0]
    words = re.findall(r"[\w-]+", head)
    if any(part in DEVICES for word in words[:6] for part in (word, *word.split("-"))):
        return True
    return owned and 0 < len(words) <= 3 and rest[: len(head) + 1].strip(" .") == rest.strip(" .")


def _trailing(lines: Sequence[str], end: int) -> int:
    while end and is_blank(lines[end - 1]):
        end -= 1
    return end


def _explicit(lines: Sequence[str], end: int, fence: Set[int]) -> int:
    """The line of the signature delimiter: `-- ` (RFC 3676 section 4.3), or a rule with a short tail; `end` when there is none."""
    first = next((index for index in range(end) if not is_blank(lines[index]) and not is_rule(lines[index])), end)
    for index in range(max(first + 1, end - MAX_TAIL_LINES), end):
        core = lines[index].strip()
        if not core or index in fence:
            continue
        if core in DELIMITERS:
            return index
        if is_rule(core) and len(set(core)) == 1 and _ends_in_short_tail(lines, index, end):
            return index
    return end


def _ends_in_short_tail(lines: Sequence[str], index: int, end: int) -> bool:
    """A rule parts off a signature when little follows, and it is neither the underline of a heading nor an answer's own layout."""
    tail = [line for line in lines[index + 1 : end] if not is_blank(line)]
    if not tail:
        return True
    mark = lines[index].strip()[0]
    above, rule = lines[index - 1].strip() if index else "", lines[index].strip()
    if above and mark in "-=~─━═" and abs(len(above) - len(rule)) <= 3:
        return False
    if _goes_on_below(tail, rule):
        return False
    if len(tail) > MAX_RULED_LINES or sum(map(len, tail)) > MAX_RULED_CHARS:
        return _is_footer(" ".join(tail[:3]))
    if mark in "_-—–―─━═＿－":
        return not any(_is_prose(line) for line in tail) or _is_footer(" ".join(tail[:3]))
    return _looks_like_signature(tail)


def _goes_on_below(tail: Sequence[str], rule: str) -> bool:
    """The same rule stands again with more text under it: it parts the paragraphs of a person. A question is no signature either."""
    again = next((index for index, line in enumerate(tail) if line.strip() == rule), len(tail))
    below = tail[again + 1 :]
    return (bool(below) and not _is_footer(" ".join(below[:3]))) or any(line.rstrip().endswith("?") for line in tail)


def _peel_footers(lines: Sequence[str], end: int) -> int:
    """Take confidentiality notes, list footers and mobile lines off the end, paragraph by paragraph."""
    while True:
        end = _trailing(lines, end)
        start = end
        while start and not is_blank(lines[start - 1]) and end - start < MAX_SIGNATURE_LINES:
            start -= 1
        if start == end or any(is_quoted(line) for line in lines[start:end]):
            return end
        if is_mobile_line(lines[end - 1]):
            end -= 1
        elif _is_footer(" ".join(lines[start:end])):
            end = start
        else:
            return end


def _is_footer(text: str) -> bool:
    """A confidentiality note or a virus or list footer: by how it starts, or by two of its typical words."""
    low = text[:1500].lower().lstrip(" *_-")
    if low.startswith(FOOTER_STARTS) or any(mark in low[:160] for mark in LIST_FOOTERS):
        return True
    return len(low) > 60 and sum(word in low for word in FOOTER_WORDS) >= 2


def _closing(lines: Sequence[str], end: int) -> int:
    """The line of the closing formula ("Mvh", "Best regards,") when only a name block follows it; else a dashed name; else `end`."""
    end = _trailing(lines, end)
    seen = 0
    for index in range(end - 1, max(-1, end - MAX_TAIL_LINES), -1):
        if is_blank(lines[index]):
            continue
        if is_quoted(lines[index]):
            break
        if _is_closing_line(lines[index], alone=seen == 0):
            return index
        seen += 1
        if seen > MAX_SIGNATURE_LINES or not _is_name_block_line(lines[index]):
            break
    dashed = _dashed_name(lines, end)
    return dashed if dashed != end else _name_block(lines, end)


def _is_closing_line(line: str, alone: bool) -> bool:
    """Formulas such as "Mvh", "Hilsen Kari", "Med vennlig hilsen, Ola Nordmann". Weak ones ("Takk,") need a name below."""
    core = line.strip(" \t\xa0*_>")
    if not core or len(core) > 80:
        return False
    for sign in (" / ", " | ", " · ", " – "):
        first, found, second = core.partition(sign)
        if found and _is_closing_line(first, alone=True) and _is_closing_line(second, alone=True):
            return True
    words = [word.lower() for word in _WORD.findall(core)]
    for size in range(min(5, len(words)), 0, -1):
        phrase = " ".join(words[:size])
        if phrase in CLOSINGS:
            return _is_rest_a_name(core, words, size)
        if phrase in WEAK_CLOSINGS:
            return not alone and size == len(words)
    return False


def _is_rest_a_name(core: str, words: list[str], size: int) -> bool:
    rest = _WORD.findall(core)[size:]
    if len(rest) > 5 or (rest and core.endswith(("?", "."))):
        return False
    return all(word[0].isupper() or word in ("fra", "frå", "from", "og", "and", "til", "to", "von", "van", "alle", "all") for word in rest)


def _is_name_block_line(line: str) -> bool:
    """A line that may stand under a closing: name, title, company, phone, address; no sentence."""
    core = line.strip(" \t\xa0*_")
    if _POSTSCRIPT.match(core):
        return False
    if is_mobile_line(line) or _CONTACT.search(core[:200]):
        return True
    return len(core) <= 80 and not (len(core) > 40 and core.endswith(_SENTENCE_END)) and not core.endswith("?")


def _dashed_name(lines: Sequence[str], end: int) -> int:
    """A name after a dash or slash: "-Ola", "/Kari", "// Jef" as the last line of its own paragraph, not an item of a list."""
    end = _trailing(lines, end)
    if not end or not _DASHED_NAME.fullmatch(lines[end - 1][:MAX_NAME_CHARS]) or len(lines[end - 1]) > MAX_NAME_CHARS:
        return end
    mark, above = lines[end - 1].lstrip()[0], end - 2
    while above >= 0 and is_blank(lines[above]):
        above -= 1
    if above < 0 or lines[above].lstrip()[:1] == mark or lines[above].rstrip().endswith(":"):
        return end
    name = lines[end - 1].lstrip(" -–—~/")
    if mark == "-" and (above == end - 2 or lines[end - 1].lstrip()[1:2] == " " or not name[:1].isupper()):
        return end
    return end - 1


def _name_block(lines: Sequence[str], end: int) -> int:
    """A last paragraph that starts with a name and holds a telephone number or an address: a signature without a closing."""
    end = _trailing(lines, end)
    start = end
    while start and not is_blank(lines[start - 1]) and end - start <= MAX_RULED_LINES:
        start -= 1
    block = [line for line in lines[start:end] if not _PICTURE.fullmatch(line.strip())]
    return start if 2 <= len(block) <= MAX_RULED_LINES and _starts_with_name(block) and _is_name_block(block) else end


def _looks_like_signature(lines: Sequence[str]) -> bool:
    """Few short lines that start with a closing, or with a name and hold a contact."""
    if not lines or len(lines) > MAX_SIGNATURE_LINES or not _is_name_block(lines):
        return False
    if any(_is_closing_line(line, alone=len(lines) == 1) for line in lines[:2]):
        return True
    return _starts_with_name(lines)


def _is_name_block(lines: Sequence[str]) -> bool:
    return all(_is_name_block_line(line) for line in lines)


def _starts_with_name(lines: Sequence[str]) -> bool:
    words = _WORD.findall(lines[0])
    named = 0 < len(words) <= 5 and all(word[0].isupper() for word in words) and not lines[0].rstrip().endswith(_SENTENCE_END)
    return named and any(_CONTACT.search(line[:200]) for line in lines)


def _is_prose(line: str) -> bool:
    """A sentence: long and ended like one."""
    core = line.strip()
    return len(core) > 60 and core.endswith((".", "?", "!")) and core.count(" ") >= 9
