"""Separates the signature of a reply from its text. Stage: reply extraction.

In: the lines left after the quote is cut. Out: positions of signature, mobile signature, footer and banner. Everything unproven is text.
Proof of a signature: it is at the end; it starts with a delimiter, a closing or the author's own name; each line below is a name, a
title, a company, a contact or an address. Prose is never part of it. Only the last `MAX_TAIL_LINES` lines are examined. It must never
leave an empty text when the author wrote something.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from mailgate.mail.reply.correspondence import UNKNOWN, Correspondence
from mailgate.mail.reply.delimiter import LOOSE, STRICT, under_delimiter
from mailgate.mail.reply.footer import is_banner, is_footer, is_footer_heading, is_warning
from mailgate.mail.reply.known_signature import known_start
from mailgate.mail.reply.line_kinds import NOISE, PROSE, kind_of, names_author
from mailgate.mail.reply.mobile_signature import is_mobile_signature
from mailgate.mail.reply.quote_lines import fenced_lines, is_blank, is_quoted, is_rule
from mailgate.mail.reply.signature_block import dashed_name, name_block_start

MAX_TAIL_LINES = 60
DELIMITERS = (STRICT, *LOOSE)
# The mark of a mail tracker.
TRACKER = "ᐧ"
MAX_FOOTER_LINES = 14
MAX_BANNER_LINES = 6
_MAX_FRAMED_LINES = 16
_FRAMED_START = "ZjQcmQRYFpfptBannerStart"
_FRAMED_END = "ZjQcmQRYFpfptBannerEnd"
_MAX_SHOWING_CHARS = 160
_OF_SIGNATURE = re.compile(r"(?:signatur|underskrift|allekirjoit|undirskrift|visittkort)", re.IGNORECASE)
_NEW = re.compile(r"\b(?:nye?|nytt|nya|new|neue[rn]?|uusi|riktige?|rett|følgende|følgjande|följande|slik)\b", re.IGNORECASE)


def split_signature(lines: Sequence[str], has_fences: bool = False, who: Correspondence = UNKNOWN) -> list[int]:
    """Positions of signature, mobile signature, footer and banner lines, in order."""
    fence = fenced_lines(lines) if has_fences else frozenset()
    end = trailing(lines, len(lines))
    peeled = _peel_footers(lines, end, fence, who)
    cut = _signature(lines, peeled, fence, who)
    if not _is_written(lines, peeled, cut):
        cut = []
    start = _peel_footers(lines, min(cut, default=peeled), fence, who)
    cut = [*range(start, min(cut, default=peeled)), *cut]
    if not any(not is_blank(line) for line in lines[:start]) and not cut:
        peeled = _keep_lone_footer(lines, peeled, end)
    return _banner(lines, start) + cut + list(range(peeled, len(lines)))


def _signature(lines: Sequence[str], end: int, fence: Set[int], who: Correspondence) -> list[int]:
    """Positions of the signature that ends right above `end`; empty when none is proven."""
    end = trailing(lines, end)
    floor = max(0, end - MAX_TAIL_LINES, *(line + 1 for line in fence if line < end)) if fence else max(0, end - MAX_TAIL_LINES)
    under = under_delimiter(lines, floor, end, who)
    if under:
        return [] if _is_shown(lines, under[0]) else under
    start = min(known_start(lines, end, who), name_block_start(lines, floor, end, who))
    if start == end:
        start = dashed_name(lines, end, who)
    return [] if start < end and _is_shown(lines, start) else list(range(start, end))


def _is_shown(lines: Sequence[str], start: int) -> bool:
    """True when the words right above speak of the signature: "Ny signatur skal være slik:"."""
    above = next((lines[index] for index in range(start - 1, -1, -1) if not is_blank(lines[index])), "")
    if len(above) > _MAX_SHOWING_CHARS or _OF_SIGNATURE.search(above) is None or is_quoted(above):
        return False
    return above.rstrip().endswith(":") or _NEW.search(above) is not None


def _is_written(lines: Sequence[str], end: int, cut: list[int]) -> bool:
    """True when text is left after `cut` is removed."""
    taken = set(cut)
    return any(not is_blank(lines[index]) and index not in taken and not is_mobile_signature(lines[index]) for index in range(end))


def _keep_lone_footer(lines: Sequence[str], peeled: int, end: int) -> int:
    """Where the end is cut of a mail without text: a lone footer is kept as the text, a lone mobile signature is not."""
    return peeled if all(is_blank(line) or is_mobile_signature(line) for line in lines[peeled:end]) else end


def _peel_footers(lines: Sequence[str], end: int, fence: Set[int], who: Correspondence) -> int:
    """Remove notes, list footers, mobile signatures and pictures from the end, paragraph by paragraph. Returns the new end."""
    last_end = end
    while True:
        end = trailing(lines, end)
        if end < last_end and end and lines[end - 1].strip() in DELIMITERS:
            end = trailing(lines, end - 1)
        start = end
        while start and not is_blank(lines[start - 1]) and end - start < MAX_FOOTER_LINES:
            start -= 1
        paragraph = "\n".join(lines[start:end])
        if start == end or end - 1 in fence or (">" in paragraph and any(map(is_quoted, lines[start:end]))):
            return end
        last = lines[end - 1]
        if (
            is_mobile_signature(last)
            or last.strip() == TRACKER
            or is_rule(last)
            or (last.lstrip()[:1] == "[" and kind_of(last, who) == NOISE)
        ):
            end -= 1
        elif is_footer(paragraph) and _is_led_in(lines, start, who):
            return end
        elif is_footer(paragraph) or (end < last_end and end - start == 1 and is_footer_heading(last)):
            end = start
        elif start + 1 < end and is_footer(last):
            end -= 1
        else:
            return end


def _is_led_in(lines: Sequence[str], start: int, who: Correspondence) -> bool:
    """True when a sentence leads to the note from line `start` on: "Denne teksten må stå i bunnen:"."""
    above = next((lines[index].rstrip() for index in range(start - 1, -1, -1) if not is_blank(lines[index])), "")
    return above.endswith(":") and len(above.split()) > 2 and kind_of(above, who) == PROSE and not is_footer_heading(above)


def _banner(lines: Sequence[str], end: int) -> list[int]:
    """Positions of a banner that a mail server put on top ("CAUTION: External email"), when text follows it."""
    first = next((i for i in range(min(end, 5)) if not is_blank(lines[i])), end)
    if first == end or (not lines[first][:1].isupper() and lines[first][:1].isalnum()):
        return []
    last = _banner_end(lines, first, min(end, first + MAX_BANNER_LINES))
    if last == first:
        return []
    while last < end and last - first < MAX_BANNER_LINES and not is_blank(lines[last]) and is_warning(lines[last]):
        last += 1
    return list(range(first, last)) if any(not is_blank(line) for line in lines[last:end]) else []


def _banner_end(lines: Sequence[str], first: int, end: int) -> int:
    """The line after the shortest run from `first` on, without blank lines, that is a banner; `first` when none is.

    Proofpoint's banner has other marks, and blank lines.
    """
    if lines[first].strip() == _FRAMED_START:
        framed = range(first, min(len(lines), first + _MAX_FRAMED_LINES))
        return next((line + 1 for line in framed if lines[line].strip() == _FRAMED_END), first)
    for last in range(first, end):
        if is_blank(lines[last]):
            break
        if is_banner(" ".join(lines[first : last + 1])):
            return last + 1
    return first


def is_closing_part(lines: Sequence[str], text_above: bool, who: Correspondence = UNKNOWN) -> bool:
    """True when the lines below a quote hold no answer: blank lines, a signature, a footer, mobile signatures."""
    end = _peel_footers(lines, len(lines), frozenset(), who)
    written = [index for index in range(end) if not is_blank(lines[index])]
    if not written:
        return True
    if end - written[0] > MAX_TAIL_LINES:
        return False
    cut = under_delimiter(lines, 0, end, who, first=True)
    if not cut and text_above:
        cut = list(range(name_block_start(lines, written[0], end, who, below_quote=True), end))
    return set(written) <= set(cut)


def is_own_signature(text: str, who: Correspondence) -> bool:
    """True when `text` is nothing but a signature with its author's name."""
    lines = text.split("\n")[:MAX_TAIL_LINES]
    return any(names_author(line, who) for line in lines) and is_closing_part(text.split("\n"), True, who)


def trailing(lines: Sequence[str], end: int) -> int:
    """The line after the last non-blank one above `end`."""
    while end and is_blank(lines[end - 1]):
        end -= 1
    return end
