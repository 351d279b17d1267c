"""Splits the text of a mail into reply, signature and quoted history. Stage: reading, after the text is decoded.

In: text with LF. Out: a `Reply`. Lossless: each non-blank line of the text is in exactly one part. Time is linear and bounded: lines
past `parts.MAX_LINES` are not examined one by one. When unsure, a line stays in the reply. It must never raise, whatever the text.

Order of the checks: where quoted text is first announced, whether anything is written above it, whether anything is written below the
quote. Answers between or under quoted lines are kept with the lines that they answer, in order.
"""

from __future__ import annotations

import re
from itertools import pairwise

from mailgate.mail.mime.html_text import Marked, to_marked
from mailgate.mail.model import Reply
from mailgate.mail.reply.attribution import attribution_at
from mailgate.mail.reply.author_marks import is_author_marked, is_introduced
from mailgate.mail.reply.correspondence import UNKNOWN, Correspondence
from mailgate.mail.reply.delimiter import under_delimiter
from mailgate.mail.reply.header_block import block_at, delimiter
from mailgate.mail.reply.history import (
    announces_inline_answers,
    is_dated,
    is_history,
    is_pasted_header,
    is_spoken_of,
    names_recipient,
    points_below,
    with_subject_line,
)
from mailgate.mail.reply.html_containers import is_coloured, may_hold_signature
from mailgate.mail.reply.html_quote import quote_lines
from mailgate.mail.reply.inline_header import split_inline_header
from mailgate.mail.reply.mobile_signature import is_mobile_signature
from mailgate.mail.reply.parts import QUOTED, SIGNATURE, TEXT, LabelledLines
from mailgate.mail.reply.quote_lines import ARMOR_START, MAX_LINE_CHARS, Span, armor_lines, is_blank, is_difference, is_quoted, is_rule
from mailgate.mail.reply.quote_search import header_end, next_span, quote_end, quote_follows
from mailgate.mail.reply.signature import is_closing_part, split_signature
from mailgate.mail.reply.thanks import is_thanks_in_all

MAX_CLOSING_LINES = 120
MAX_OWN_QUOTE_LINES = 8
MAX_HEADER_LINES = 5
MAX_OPENING_LINES = 3
MAX_OPENING_CHARS = 120
MAX_FORWARD_LOOK = 16
_DELIMITERS = ("original", "forwarded")

_UNQUOTED_LINE = re.compile(r"^(?!>)[^\S\n]*[^\s>]", re.MULTILINE)


def extract(text: str, html: str | None = None, marked: Marked | None = None, who: Correspondence = UNKNOWN) -> Reply:
    """Split `text` (LF, any length) into reply, signature and quoted history. Never raises.

    `html`: the HTML alternative, used when the text alone shows no quote. `marked`: the result of `html_text.to_marked(html)` when it is
    known already; computing it is most of the cost of a large mail. `who`: author and recipients, to distinguish a forward from history
    and the author's name from other names. A line is split only where a client joined an answer and the header of its quote.
    """
    if html and may_hold_signature(html):
        marked = marked or to_marked(html)
        who = who._replace(known_signatures=(*who.known_signatures, marked.signature)) if marked.signature else who
    body = LabelledLines.of(text, split_inline_header)
    for index in armor_lines(body.lines) if ARMOR_START in text else ():
        body.parts[index] = SIGNATURE
    found = _cut_quote(body, who, html or "") or _cut_marked_header(body, who)
    if not found and html:
        _cut_container(body, quote_lines(text, html, marked), who)
    _cut_tail(body, who)
    reply, signature = body.join(TEXT), body.join(SIGNATURE)
    return Reply(reply, signature, body.join(QUOTED), is_thanks_in_all(reply, signature, who.author_words), bool(body.forwards))


def _cut_quote(body: LabelledLines, who: Correspondence, html: str) -> bool:
    """Mark quoted history, from the top. True when an announcement of quoted text was found."""
    found, cursor = False, 0
    while (span := next_span(body, cursor)) is not None:
        found = True
        span = with_subject_line(body.lines, span, who, cursor)
        if not cursor and span.kind in ("block", *_DELIMITERS):
            body.found_text = _opens_with_marks(body.lines, span.start)
        if is_pasted_header(body.lines, span):
            cursor = span.end
            continue
        if body.has_text_above(span.start):
            if body.answers_below is None:
                body.answers_below = announces_inline_answers(body.lines, span.start)
            if body.answers_below:
                body.answers_unmarked = not quote_follows(body.lines, span.end - 1)
                return True
            whole = span._replace(end=max(span.end, header_end(body.lines, span.end))) if span.kind in _DELIMITERS else span
            if span.kind in _DELIMITERS and whole.end == span.end and is_spoken_of(body.lines, span):
                cursor = span.end
                continue
            if not is_history(body.lines, whole, who):
                body.forwards.append(whole)
                cursor = whole.end
                continue
            if html and points_below(body.lines, span.start) and is_coloured(html):
                return True
        following = _follow_attribution(body, span, who) if span.kind == "attribution" else _follow_block(body, span, who)
        if following is None:
            return True
        cursor = following
    return found


def _cut_marked_header(body: LabelledLines, who: Correspondence) -> bool:
    """Mark a quote on top whose header is marked too, as iPhones write it, when the answer stands below it. True when there is one."""
    top = next((index for index, line in enumerate(body.lines[:MAX_HEADER_LINES]) if not is_blank(line)), None)
    if top is None or not is_quoted(body.lines[top]):
        return False
    size = _marked_header_size(body.lines[top : top + 2])
    below = quote_end(body.lines, top + size)
    if not size or not body.has_text(below, len(body.lines)):
        return False
    _follow_quote(body, Span("attribution", top, top + size), below, False, who)
    return True


def _marked_header_size(lines: list[str]) -> int:
    """How many of the two marked lines are the header of a quote, with an address; 0 when they are none."""
    bare = [line[: 2 * MAX_LINE_CHARS].lstrip("> ") for line in lines]
    sizes = (size for size in range(1, len(bare) + 1) if "@" in "".join(bare[:size]))
    return next((size for size in sizes if attribution_at(bare[:size], size - 1, 0, quote_follows=True)), 0)


def _opens_with_marks(lines: list[str], end: int) -> bool:
    """True for one to three marked lines and nothing else above line `end`: "> 5 er for lite". Clients put marks below the header."""
    written = [line for line in lines[:end] if not is_blank(line) and not is_rule(line)]
    return 1 <= len(written) <= MAX_OPENING_LINES and all(is_quoted(line) and len(line) <= MAX_OPENING_CHARS for line in written)


def _follow_block(body: LabelledLines, span: Span, who: Correspondence) -> int | None:
    """Handle a delimiter or header block: with text above it, everything below is history. Returns the line to continue from, or None.

    A reply-above marker on top is that of the author's own help desk, which puts it above each of its mails.
    """
    if body.has_text_above(span.start):
        body.mark_to_end(QUOTED, span.start)
        return None
    if span.kind == "above":
        body.mark(QUOTED, span.start, span.end)
        return span.end
    end = span.end if span.kind == "block" else header_end(body.lines, span.end)
    below = quote_end(body.lines, end)
    forwarded = not is_history(body.lines, span._replace(end=end), who)
    if forwarded:
        body.forwards.append(span._replace(end=end))
    if below > end:
        return below if forwarded else _follow_quote(body, span._replace(end=end), below, False, who)
    if span.kind in _DELIMITERS and end == span.end and is_spoken_of(body.lines, span):
        return span.end
    if span.kind != "block":
        body.mark(QUOTED, span.start, end)
        attribution = next_span(body, end) if span.kind == "original" else None  # Proton has both
        if attribution and attribution.kind == "attribution" and attribution.start <= end + 1:
            return end
    return None


def _follow_attribution(body: LabelledLines, span: Span, who: Correspondence) -> int | None:
    """Handle an attribution by the text above it and below its quote. Returns the line to continue from, or None."""
    above = body.has_text_above(span.start)
    below = quote_end(body.lines, span.end, above)
    if not above and below > span.end and _is_reported(body, span, below, who):
        return below
    if below == span.end:
        if above:
            body.mark_to_end(QUOTED, span.start)
            return None
        body.mark(QUOTED, span.start, span.end)
        return span.end
    return _follow_quote(body, span, below, above, who)


def _is_reported(body: LabelledLines, span: Span, below: int, who: Correspondence) -> bool:
    """True when the author opens with what somebody else wrote: none of those the mail goes to is named, and more stands below.

    More is text and then the header of the history, or, for a header of a name alone, text.
    """
    if names_recipient(body.lines, span, who):
        return False
    history = next_span(body, below)
    if history is None:
        return bool(who.names) and not is_dated(body.lines, span) and body.has_text(below, len(body.lines))
    return body.has_text(below, history.start)


def _follow_quote(body: LabelledLines, span: Span, below: int, above: bool, who: Correspondence) -> int | None:
    """Handle quoted lines up to `below` by the text under them. Returns the line to continue from, or None."""
    last_text, last_answered = body.last_written()
    if body.rest:
        if last_text < below and _UNQUOTED_LINE.search(body.rest) is None:
            body.mark_to_end(QUOTED, span.start)
            return None
    elif last_text - below < MAX_CLOSING_LINES and is_closing_part(body.lines[below : last_text + 1], above, who):
        body.mark(QUOTED, span.start, below)
        body.mark(SIGNATURE, below, last_text + 1)
        body.mark(QUOTED, max(below, last_text + 1), len(body.lines))
        return None
    under = body.lines[below : last_text + 1] if above and not body.rest and last_text - below < MAX_CLOSING_LINES else []
    signature = under_delimiter(under, 0, len(under), who, first=True)
    if signature:  # what else stands under it is said of no line of the quote
        body.mark(QUOTED, span.start, below)
        for index in signature:
            body.mark(SIGNATURE, below + index, below + index + 1)
    elif not above and last_answered < below:
        body.mark(QUOTED, span.start, below)
    return below


def _cut_container(body: LabelledLines, found: tuple[int, int | None] | None, who: Correspondence) -> None:
    """Mark the quote container of the HTML alternative, when the text itself shows no quote. `found`: its lines (start, end)."""
    if found is None or found[0] >= len(body.lines):
        return
    start, end = found
    if _holds_answers(body, start, end) or _holds_forward(body, start, who) or _holds_author_marks(body, start, end, who):
        return
    if body.has_text(0, start) and announces_inline_answers(body.lines, start):
        return
    if end is not None and not body.rest and body.has_text(end, len(body.lines)):
        if not is_closing_part(body.lines[end:], body.has_text(0, start), who):
            if body.last_written()[1] < end:  # else answers follow between quotes, and this one is answered too
                body.mark(QUOTED, start, end)
            return
        body.mark(SIGNATURE, end, len(body.lines))
        body.mark(QUOTED, start, end)
    elif body.has_text(0, start):
        body.mark_to_end(QUOTED, start)


def _holds_answers(body: LabelledLines, start: int, end: int | None) -> bool:
    """True when the container opens with a header and quoted lines and has answers of the author under them.

    A container that opens with unmarked history is Outlook's: lines quoted further down in it are history too.
    """
    lines = [line for line in body.lines[start:end] if not is_blank(line)]
    first = next((index for index, line in enumerate(lines[:MAX_HEADER_LINES]) if is_quoted(line)), len(lines))
    written = next((index for index in range(first, len(lines)) if not is_quoted(lines[index])), len(lines))
    return written < len(lines) and not is_closing_part(lines[written:], text_above=True)


def _holds_author_marks(body: LabelledLines, start: int, end: int | None, who: Correspondence) -> bool:
    """True when the container is a quote without a header, below text: the author made it, as "paste as quotation" does."""
    last = len(body.lines) if end is None else end
    shown = [index for index in range(start, last) if not is_blank(body.lines[index])]
    marked = [index for index in shown if is_quoted(body.lines[index])]
    above = next((index for index in range(start - 1, -1, -1) if not is_blank(body.lines[index])), -1)
    if not marked or above < 0 or marked != shown[: len(marked)] or body.rest or is_quoted(body.lines[above]):
        return False
    closing = end is not None or is_closing_part(body.lines[marked[-1] + 1 :], True, who)
    return closing and not _is_header_above(body, above + 1) and is_author_marked(body.lines, above + 1, marked, who)


def _holds_forward(body: LabelledLines, start: int, who: Correspondence) -> bool:
    """True when the lines from `start` on open with the header of a mail outside this thread."""
    bare = [line[:MAX_LINE_CHARS].lstrip("> ") for line in body.lines[start : start + MAX_FORWARD_LOOK]]
    for index in range(min(MAX_HEADER_LINES, len(bare))):
        if not bare[index]:
            continue
        kind = delimiter(bare[index])
        span = Span(kind, index, index + 1) if kind else block_at(bare, index)[0]
        if span is not None:
            span = span._replace(end=max(span.end, header_end(bare, span.end)))
            span = _moved(span, start)
            forwarded = body.has_text(0, start) and not is_history([*body.lines[:start], *bare], span, who)
            if forwarded:
                body.forwards.append(span)
            return forwarded
    return False


def _moved(span: Span, lines: int) -> Span:
    return span._replace(start=span.start + lines, end=span.end + lines)


def _cut_tail(body: LabelledLines, who: Correspondence) -> None:
    """Remove from the end: quoted lines, then the signature, then quoted lines above it."""
    if body.rest and body.rest_part == TEXT:
        return
    marked = body.has_marks or QUOTED in body.parts
    if marked:
        _cut_mobile_signatures(body)
    _cut_trailing_quote(body, who)
    _cut_signature(body, who)
    if body.has_marks and _cut_trailing_quote(body, who):
        _cut_signature(body, who)


def _cut_trailing_quote(body: LabelledLines, who: Correspondence) -> bool:
    """Mark quoted lines below the last written line as history. A mail of nothing but quoted lines is kept."""
    end = last = body.parts.rfind(TEXT) + 1
    while end and (body.parts[end - 1] != TEXT or is_blank(body.lines[end - 1]) or is_quoted(body.lines[end - 1])):
        end -= 1
    if not end:
        _cut_quote_only(body)
        return False
    trailing = [i for i in range(end, last) if body.parts[i] == TEXT and is_quoted(body.lines[i])]
    if any(span.start < end <= span.end for span in body.forwards):
        return False
    if not trailing or body.answers_unmarked or is_introduced(body.lines, end, trailing) or _holds_forward(body, end, who):
        return False
    if is_difference(body.lines, end) or _stands_above_header(body, last, trailing):
        return False
    answered = _answered_quote(body, end)
    if not answered and trailing[0] == end and len(trailing) <= MAX_OPENING_LINES and not _is_header_above(body, end):
        return False
    if not answered and (announces_inline_answers(body.lines, end) or _is_marked_by_author(body, end, trailing, who)):
        return False
    _cut_dangling_attribution(body, end)
    for index in range(end, trailing[-1] + 1):
        if body.parts[index] == TEXT:
            body.parts[index] = QUOTED
    return True


def _answered_quote(body: LabelledLines, end: int) -> bool:
    """True when quoted lines stand above line `end`, of which an earlier mail is known: nothing but a header stands above the first."""
    first = next((index for index in range(end) if body.parts[index] == TEXT and is_quoted(body.lines[index])), end)
    above = next((index for index in range(first - 1, -1, -1) if not is_blank(body.lines[index])), -1)
    return first < end and (above < 0 or _is_header_above(body, above + 1))


def _is_header_above(body: LabelledLines, end: int) -> bool:
    """True when line `end` - 1 is the header of a quote. Else a marked line right below text goes on with it: "> C is more"."""
    return body.parts[end - 1] != TEXT or attribution_at(body.lines, end - 1, 0, quote_follows=True) is not None


def _is_marked_by_author(body: LabelledLines, end: int, trailing: list[int], who: Correspondence) -> bool:
    """True when no history was found in the mail, no header stands above the marked lines, and they show no sign of it either."""
    return QUOTED not in body.parts and not _is_header_above(body, end) and is_author_marked(body.lines, end, trailing, who)


def _stands_above_header(body: LabelledLines, last: int, trailing: list[int]) -> bool:
    """True for a few marked lines above the header of the history, which has none above it: the author marked them."""
    below = next(
        (index for index in range(last, len(body.lines)) if body.parts[index] != SIGNATURE and not is_blank(body.lines[index])), None
    )
    if below is None or body.parts[below] != QUOTED or len(trailing) > MAX_OWN_QUOTE_LINES:
        return False
    if is_quoted(body.lines[below]) and _marked_header_size(body.lines[below : below + 2]) == 0:
        return False
    return QUOTED not in body.parts[:last]


def _cut_dangling_attribution(body: LabelledLines, end: int) -> None:
    """Mark an attribution as history that was kept for an answer below it and is now the end of the text."""
    if end == len(body.lines) or not quote_follows(body.lines, end - 1):
        return
    span = attribution_at(body.lines, end - 1, 0, quote_follows=True)
    if span and body.has_text_above(span.start):
        body.mark(QUOTED, span.start, span.end)


def _cut_quote_only(body: LabelledLines) -> None:
    """Keep a mail of nothing but quoted lines, unless an attribution among the first ones shows that they are history."""
    for index, line in enumerate(body.lines[:6]):
        bare = line[: 2 * MAX_LINE_CHARS].lstrip("> ")
        if body.parts[index] != TEXT or not bare:
            continue
        if attribution_at([bare], 0, 0, quote_follows=True):
            body.mark_to_end(QUOTED, 0)
        return


def _cut_mobile_signatures(body: LabelledLines) -> None:
    """Mark mobile signatures right above a quote: the client put them there, also when answers follow below."""
    kept = body.kept()
    if not kept or (body.parts.find(QUOTED, kept[0], kept[-1]) < 0 and kept[-1] < body.first_mark):
        return
    kept = [index for index in kept if not is_blank(body.lines[index])]
    for index, following in pairwise(kept):
        cut_between = QUOTED in body.parts[index + 1 : following] or is_quoted(body.lines[following])
        if cut_between and not is_quoted(body.lines[index]) and is_mobile_signature(body.lines[index]):
            body.parts[index] = SIGNATURE


def _cut_signature(body: LabelledLines, who: Correspondence) -> None:
    kept = body.kept()
    for position in split_signature([body.lines[index] for index in kept], body.has_fences, who):
        body.parts[kept[position]] = SIGNATURE
