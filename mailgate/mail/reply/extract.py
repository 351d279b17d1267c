"""Takes the text of a mail apart: what the person wrote, the signature, the quoted history. Stage: reading, after the text is known.

Text with LF comes in, a `Reply` goes out. Lossless: each non-blank line of the text stands in exactly one part. Time is linear and
bounded: lines past `reply_page.MAX_LINES` are not looked at one by one. When unsure it keeps. It must never raise, whatever the text.

The order of the questions: where is the first sign of a quote, is anything written above it, is anything written below the quote.
Answers between or under quoted lines are kept with what they answer, in order.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from mailgate.mail.mime.html_text import Marked, to_marked
from mailgate.mail.model import Reply
from mailgate.mail.reply.attribution import attribution_at
from mailgate.mail.reply.correspondence import UNKNOWN, Correspondence
from mailgate.mail.reply.header_block import block_at, delimiter
from mailgate.mail.reply.history import is_history, is_pasted_header, says_answers_below, with_subject_line
from mailgate.mail.reply.html_containers import may_hold_signature
from mailgate.mail.reply.html_quote import quote_lines
from mailgate.mail.reply.inline_header import split_inline_header
from mailgate.mail.reply.mobile_line import is_mobile_line
from mailgate.mail.reply.parts import QUOTED, SIGNATURE, TEXT, Page
from mailgate.mail.reply.quote_lines import MAX_LINE_CHARS, Span, is_blank, is_quoted
from mailgate.mail.reply.quote_search import header_end, next_span, quote_end, quote_follows
from mailgate.mail.reply.signature import is_closing_part, split_signature
from mailgate.mail.reply.thanks import is_thanks_in_all

MAX_CLOSING_LINES = 120
MAX_OWN_QUOTE_LINES = 8
MAX_HEADER_LINES = 5
MAX_FORWARD_LOOK = 16
_DELIMITERS = ("original", "forwarded")

_UNQUOTED_LINE = re.compile(r"^(?!>)[^\S\n]*[^\s>]", re.MULTILINE)


def extract(text: str, html: str | None = None, marked: Marked | None = None, who: Correspondence = UNKNOWN) -> Reply:
    """What the person wrote, the signature, the quoted history. `html` is the HTML twin, used when the text alone shows no quote.

    `marked` is what `html_text.to_marked` made of `html`, when that is known already: to make it is most of what a large mail costs.
    `who` says who wrote to whom, so that a forward is told from history and the author's name from that of others.
    `text`: LF, any length. Never raises. Every word of `text` is in exactly one part of the result; a line is split only where a client
    ran an answer and the header of its quote together.
    """
    if html and may_hold_signature(html):
        marked = marked or to_marked(html)
        who = replace(who, known_signatures=(*who.known_signatures, marked.signature)) if marked.signature else who
    page = Page.of(text, split_inline_header)
    found = _cut_quote(page, who)
    if not found and html:
        _cut_container(page, quote_lines(text, html, marked), who)
    _cut_tail(page, who)
    reply, signature = page.join(TEXT), page.join(SIGNATURE)
    return Reply(reply, signature, page.join(QUOTED), is_thanks_in_all(reply, signature), page.has_forward)


def _cut_quote(page: Page, who: Correspondence) -> bool:
    """Find the signs of quoting from the top and give the history to the quoted part. True when one was found."""
    found, cursor = False, 0
    while (span := next_span(page, cursor)) is not None:
        found = True
        span = with_subject_line(page.lines, span, who, cursor)
        if is_pasted_header(page.lines, span):
            cursor = span.end
            continue
        if page.has_text_above(span.start):
            if page.answers_below is None:
                page.answers_below = says_answers_below(page.lines, span.start)
            if page.answers_below:
                return True
            whole = span._replace(end=max(span.end, header_end(page.lines, span.end))) if span.kind in _DELIMITERS else span
            if not is_history(page.lines, whole, who):
                page.has_forward, cursor = True, whole.end
                continue
        following = _follow_attribution(page, span, who) if span.kind == "attribution" else _follow_block(page, span, who)
        if following is None:
            return True
        cursor = following
    return found


def _follow_block(page: Page, span: Span, who: Correspondence) -> int | None:
    """A delimiter or header block: all from there on is history, unless nothing stands above it. Gives the line to go on from, or None."""
    if page.has_text_above(span.start) or span.kind == "above":
        page.mark_to_end(QUOTED, span.start)
        return None
    end = span.end if span.kind == "block" else header_end(page.lines, span.end)
    below = quote_end(page.lines, end)
    page.has_forward = not is_history(page.lines, span._replace(end=end), who)
    if below > end:
        return below if page.has_forward else _follow_quote(page, span._replace(end=end), below, False, who)
    if span.kind != "block":
        page.mark(QUOTED, span.start, end)
    return None


def _follow_attribution(page: Page, span: Span, who: Correspondence) -> int | None:
    """An attribution: decide by what stands above it and under the quote. Gives the line to go on from, or None when all is decided."""
    above = page.has_text_above(span.start)
    below = quote_end(page.lines, span.end, above)
    if below == span.end:
        if above:
            page.mark_to_end(QUOTED, span.start)
            return None
        page.mark(QUOTED, span.start, span.end)
        return span.end
    return _follow_quote(page, span, below, above, who)


def _follow_quote(page: Page, span: Span, below: int, above: bool, who: Correspondence) -> int | None:
    """Lines up to `below` are quoted: decide by what stands under them. Gives the line to go on from, or None."""
    last_text, last_answered = page.last_written()
    if page.rest:
        if last_text < below and _UNQUOTED_LINE.search(page.rest) is None:
            page.mark_to_end(QUOTED, span.start)
            return None
    elif last_text - below < MAX_CLOSING_LINES and is_closing_part(page.lines[below : last_text + 1], above, who):
        page.mark(QUOTED, span.start, below)
        page.mark(SIGNATURE, below, last_text + 1)
        page.mark(QUOTED, max(below, last_text + 1), len(page.lines))
        return None
    if not above and last_answered < below:
        page.mark(QUOTED, span.start, below)
    return below


def _cut_container(page: Page, found: tuple[int, int | None] | None, who: Correspondence) -> None:
    """The text shows no quote, but its HTML twin may hold one in a container: `found` are its lines (start, end)."""
    if found is None or found[0] >= len(page.lines):
        return
    start, end = found
    if _holds_answers(page, start, end) or _holds_forward(page, start, who):
        return
    if page.has_text(0, start) and says_answers_below(page.lines, start):
        return
    if end is not None and not page.rest and page.has_text(end, len(page.lines)):
        if not is_closing_part(page.lines[end:], page.has_text(0, start), who):
            page.mark(QUOTED, start, end)
            return
        page.mark(SIGNATURE, end, len(page.lines))
        page.mark(QUOTED, start, end)
    elif page.has_text(0, start):
        page.mark_to_end(QUOTED, start)


def _holds_answers(page: Page, start: int, end: int | None) -> bool:
    """The container opens with a header and quoted lines, and the person wrote under them: those answers must stay.

    A container that opens with bare history is Outlook's; what is quoted further down in it is history too.
    """
    lines = [line for line in page.lines[start:end] if not is_blank(line)]
    first = next((index for index, line in enumerate(lines[:MAX_HEADER_LINES]) if is_quoted(line)), len(lines))
    written = next((index for index in range(first, len(lines)) if not is_quoted(lines[index])), len(lines))
    return written < len(lines) and not is_closing_part(lines[written:], text_above=True)


def _holds_forward(page: Page, start: int, who: Correspondence) -> bool:
    """The quoted lines from `start` on open with the header of a mail that is not of this thread."""
    bare = [line[:MAX_LINE_CHARS].lstrip("> ") for line in page.lines[start : start + MAX_FORWARD_LOOK]]
    for index in range(min(MAX_HEADER_LINES, len(bare))):
        if not bare[index]:
            continue
        kind = delimiter(bare[index])
        span = Span(kind, index, index + 1) if kind else block_at(bare, index)[0]
        if span is not None:
            span = span._replace(end=max(span.end, header_end(bare, span.end)))
            page.has_forward = page.has_text(0, start) and not is_history([*page.lines[:start], *bare], _moved(span, start), who)
            return page.has_forward
    return False


def _moved(span: Span, lines: int) -> Span:
    return span._replace(start=span.start + lines, end=span.end + lines)


def _cut_tail(page: Page, who: Correspondence) -> None:
    """Take quoted lines, then the signature, then quoted lines above it off the end of what is kept."""
    if page.rest and page.rest_part == TEXT:
        return
    marked = page.has_marks or QUOTED in page.parts
    if marked:
        _cut_phone_lines(page)
    _cut_trailing_quote(page, who)
    _cut_signature(page, who)
    if page.has_marks and _cut_trailing_quote(page, who):
        _cut_signature(page, who)


def _cut_trailing_quote(page: Page, who: Correspondence) -> bool:
    """Quoted lines under the last written line, with no answer after them, are history. A mail that is only quoted is kept."""
    end = last = page.parts.rfind(TEXT) + 1
    while end and (page.parts[end - 1] != TEXT or is_blank(page.lines[end - 1]) or is_quoted(page.lines[end - 1])):
        end -= 1
    if not end:
        _cut_quote_only(page)
        return False
    trailing = [i for i in range(end, last) if page.parts[i] == TEXT and is_quoted(page.lines[i])]
    if not trailing or _is_introduced(page, end, trailing) or _holds_forward(page, end, who):
        return False
    answered = any(page.parts[index] == TEXT and is_quoted(page.lines[index]) for index in range(end))
    if not answered and says_answers_below(page.lines, end):
        return False
    _cut_dangling_attribution(page, end)
    for index in range(end, trailing[-1] + 1):
        if page.parts[index] == TEXT:
            page.parts[index] = QUOTED
    return True


def _is_introduced(page: Page, end: int, trailing: list[int]) -> bool:
    """The person quotes something himself: "Feilen er:" and a few marked lines under it, with no attribution."""
    above = page.lines[end - 1].rstrip()
    if not above.endswith(":") or len(trailing) > MAX_OWN_QUOTE_LINES or trailing[0] > end + 1:
        return False
    return attribution_at(page.lines, end - 1, 0, quote_follows=True) is None


def _cut_dangling_attribution(page: Page, end: int) -> None:
    """An attribution that was kept for an answer under it, and now ends the text, goes with its quote."""
    if end == len(page.lines) or not quote_follows(page.lines, end - 1):
        return
    span = attribution_at(page.lines, end - 1, 0, quote_follows=True)
    if span and page.has_text_above(span.start):
        page.mark(QUOTED, span.start, span.end)


def _cut_quote_only(page: Page) -> None:
    """Only quoted lines: they are kept as the text unless an attribution or forward among the first says that they are history."""
    for index, line in enumerate(page.lines[:6]):
        bare = line[: 2 * MAX_LINE_CHARS].lstrip("> ")
        if page.parts[index] != TEXT or not bare:
            continue
        if attribution_at([bare], 0, 0, quote_follows=True):
            page.mark_to_end(QUOTED, 0)
        return


def _cut_phone_lines(page: Page) -> None:
    """A phone line that ends what was written above a quote that stays or goes: the client put it there, and the answers stand below."""
    kept = [index for index in page.kept() if not is_blank(page.lines[index])]
    for index, following in pairwise(kept):
        cut_between = QUOTED in page.parts[index + 1 : following] or is_quoted(page.lines[following])
        if cut_between and not is_quoted(page.lines[index]) and is_mobile_line(page.lines[index]):
            page.parts[index] = SIGNATURE


def _cut_signature(page: Page, who: Correspondence) -> None:
    kept = page.kept()
    for position in split_signature([page.lines[index] for index in kept], page.has_fences, who):
        page.parts[kept[position]] = SIGNATURE
