"""Takes the text of a mail apart: what the person wrote, the signature, the quoted history. Stage: reading, after the text is known.

Text with LF comes in, a `Reply` goes out. Lossless: each non-blank line of the text stands in exactly one part. Time is linear and
bounded: lines past `MAX_LINES` are not looked at one by one. When unsure it keeps. It must never raise, whatever the text.

The order of the questions: where is the first sign of a quote, is anything written above it, is anything written below the quote.
Answers between or under quoted lines are kept with what they answer, in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from mailgate.mail.attribution import attribution_at, look_chars, may_end_attribution, may_hold_attribution
from mailgate.mail.header_block import block_at, delimiter, is_dated_rule, may_be_delimiter
from mailgate.mail.html_quote import quote_lines
from mailgate.mail.model import Reply
from mailgate.mail.quote_lines import MAX_LINE_CHARS, Span, fenced_lines, is_blank, is_quoted, is_rule
from mailgate.mail.signature import is_closing_part, is_mobile_line, split_signature
from mailgate.mail.thanks import is_thanks_only

MAX_LINES = 5_000
MAX_LOOK_CHARS = 100_000
MAX_CLOSING_LINES = 120
MAX_OWN_QUOTE_LINES = 8

_UNQUOTED_LINE = re.compile(r"^(?!>)[^\S\n]*[^\s>]", re.MULTILINE)
_WRAPPED_QUOTE_CHARS = 60

TEXT, SIGNATURE, QUOTED = 0, 1, 2


@dataclass(slots=True)
class Page:
    """The lines of one mail and the part each belongs to. `rest` is what follows the lines that are looked at, one string."""

    lines: list[str]
    rest: str
    parts: bytearray = field(init=False)
    rest_part: int = TEXT
    look_chars_left: int = MAX_LOOK_CHARS
    has_marks: bool = True
    has_fences: bool = True
    fenced: set[int] = field(init=False)
    looked_to: int = 0
    found_text: bool = False
    _last: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        self.parts = bytearray(len(self.lines))
        self.fenced = fenced_lines(self.lines) if self.has_fences else set()

    def mark(self, part: int, start: int, end: int) -> None:
        """Give lines `start` up to `end` to `part`."""
        self.parts[start:end] = bytes([part]) * (end - start)

    def mark_to_end(self, part: int, start: int) -> None:
        """Give everything from line `start` on to `part`."""
        self.mark(part, start, len(self.lines))
        self.rest_part = part

    def has_text_above(self, end: int) -> bool:
        """True when a person wrote something above line `end`. Asked with growing `end`; each line is looked at once."""
        if not self.found_text and end > self.looked_to:
            self.found_text = self.has_text(self.looked_to, end)
            self.looked_to = end
        return self.found_text

    def has_text(self, start: int, end: int) -> bool:
        """True when a person wrote something in lines `start` to `end`: not blank, quoted, a rule, a phone's line, or given away."""
        lines, parts = self.lines, self.parts
        return any(parts[i] == TEXT and _is_written(lines[i]) for i in range(start, min(end, len(lines))))

    def last_written(self) -> tuple[int, int]:
        """The last line that is neither blank nor quoted, and the last quoted line above it; -1 when there is none."""
        if self._last is None:
            text = _last_index(self.lines, len(self.lines), lambda line: not is_blank(line) and not is_quoted(line))
            self._last = text, _last_index(self.lines, max(0, text), is_quoted)
        return self._last

    def join(self, part: int) -> str:
        """The lines of one part, in order, without blank lines at its ends."""
        lines = [line for line, owner in zip(self.lines, self.parts, strict=True) if owner == part]
        if self.rest and self.rest_part == part:
            lines.append(self.rest)
        return _trim("\n".join(lines))


def extract(text: str, html: str | None = None) -> Reply:
    """What the person wrote, the signature, the quoted history. `html` is the HTML twin, used when the text alone shows no quote.

    `text`: LF, any length. Never raises. Every non-blank line of `text` is in exactly one part of the result.
    """
    page = Page(*_split(text), has_marks=">" in text, has_fences="```" in text)
    found = _cut_quote(page)
    if not found and html:
        _cut_container(page, text, html)
    _cut_tail(page)
    reply = page.join(TEXT)
    return Reply(reply, page.join(SIGNATURE), page.join(QUOTED), is_thanks_only(reply))


def _split(text: str) -> tuple[list[str], str]:
    lines = text.split("\n", MAX_LINES)
    return (lines[:MAX_LINES], lines[MAX_LINES]) if len(lines) > MAX_LINES else (lines, "")


def _trim(text: str) -> str:
    """Blank lines off both ends; the first line keeps its indentation."""
    text = text.rstrip()
    lead = len(text) - len(text.lstrip())
    return text[text.rfind("\n", 0, lead) + 1 :]


def _cut_quote(page: Page) -> bool:
    """Find the signs of quoting from the top and give the history to the quoted part. True when one was found."""
    found, cursor = False, 0
    while (span := _next_span(page, cursor)) is not None:
        found = True
        following = _follow_attribution(page, span) if span.kind == "attribution" else _follow_block(page, span)
        if following is None:
            return True
        cursor = following
    return found


def _next_span(page: Page, cursor: int) -> Span | None:
    """The first announcement of quoted text at or after line `cursor`."""
    lines, no_block_before = page.lines, cursor
    for index in range(cursor, len(lines)):
        line = lines[index]
        if not line or line.isspace() or index in page.fenced or (line[0] == ">" and not _is_header_part(lines, index)):
            continue
        span = _attribution_or_delimiter(page, index, cursor)
        if span:
            return span
        head = line[:40]
        if index >= no_block_before and (":" in head or "：" in head):
            span, no_block_before = block_at(lines, index)
            if span:
                return _with_rule(lines, span, cursor)
    return None


def _attribution_or_delimiter(page: Page, index: int, floor: int) -> Span | None:
    lines, line = page.lines, page.lines[index]
    quoted_next = page.has_marks and _quote_follows(lines, index)
    if (quoted_next or may_end_attribution(line) or may_hold_attribution(line)) and page.look_chars_left > 0:
        page.look_chars_left -= look_chars(lines, index)
        span = attribution_at(lines, index, floor, quoted_next)
        if span:
            return span
    kind = delimiter(line) if may_be_delimiter(line) else None
    return Span(kind, index, index + 1) if kind else None


def _is_header_part(lines: list[str], index: int) -> bool:
    """A line that starts with `>` and is no quoted line all the same."""
    return _closes_address(lines, index) or is_dated_rule(lines[index])


def _closes_address(lines: list[str], index: int) -> bool:
    """A wrapped header may go on with the `>` of its address: `>:` or `> wrote:`; that is no quoted line."""
    line = lines[index]
    if len(line) > 40 or not line.rstrip().endswith((":", "：")) or index == 0:
        return False
    above = " ".join(lines[max(0, index - 4) : index])[-MAX_LINE_CHARS * 2 :]
    return above.count("<") > above.count(">") and not lines[index - 1].startswith(">")


def _quote_follows(lines: list[str], index: int) -> bool:
    """True when the next line that shows something, at most three below, is quoted."""
    for below in range(index + 1, min(index + 5, len(lines))):
        ahead = lines[below]
        if ahead and not ahead.isspace():
            return is_quoted(ahead) and not _closes_address(lines, below)
    return False


def _with_rule(lines: list[str], span: Span, floor: int) -> Span:
    """A rule ("________") right above a header block belongs to it."""
    start = span.start
    while start > floor and (is_blank(lines[start - 1]) or is_rule(lines[start - 1])):
        start -= 1
    return span._replace(start=start)


def _is_written(line: str) -> bool:
    return not is_blank(line) and not is_quoted(line) and not is_mobile_line(line) and not is_rule(line)


def _last_index(lines: list[str], end: int, holds: Callable[[str], bool]) -> int:
    return next((index for index in range(end - 1, -1, -1) if holds(lines[index])), -1)


def _follow_block(page: Page, span: Span) -> int | None:
    """A delimiter or header block: all from there on is history, unless nothing stands above it. Gives the line to go on from, or None."""
    if page.has_text_above(span.start) or span.kind == "above":
        page.mark_to_end(QUOTED, span.start)
        return None
    end = span.end if span.kind == "block" else _header_end(page.lines, span.end)
    quote_end = _quote_end(page.lines, end)
    if quote_end > end:
        return _follow_quote(page, span._replace(end=end), quote_end, above=False)
    if span.kind != "block":
        page.mark(QUOTED, span.start, end)
    return None


def _header_end(lines: list[str], start: int) -> int:
    """The end of the header block that follows a delimiter, or `start` when none does."""
    for index in range(start, min(start + 4, len(lines))):
        if not is_blank(lines[index]):
            span, _ = block_at(lines, index)
            return span.end if span else start
    return start


def _follow_attribution(page: Page, span: Span) -> int | None:
    """An attribution: decide by what stands above it and under the quote. Gives the line to go on from, or None when all is decided."""
    above = page.has_text_above(span.start)
    quote_end = _quote_end(page.lines, span.end)
    if quote_end == span.end:
        if above:
            page.mark_to_end(QUOTED, span.start)
            return None
        page.mark(QUOTED, span.start, span.end)
        return span.end
    return _follow_quote(page, span, quote_end, above)


def _follow_quote(page: Page, span: Span, quote_end: int, above: bool) -> int | None:
    last_text, last_answered = page.last_written()
    if page.rest:
        if last_text < quote_end and _UNQUOTED_LINE.search(page.rest) is None:
            page.mark_to_end(QUOTED, span.start)
            return None
    elif last_text - quote_end < MAX_CLOSING_LINES and is_closing_part(page.lines[quote_end : last_text + 1], above):
        page.mark(QUOTED, span.start, quote_end)
        page.mark(SIGNATURE, quote_end, last_text + 1)
        page.mark(QUOTED, max(quote_end, last_text + 1), len(page.lines))
        return None
    if not above and last_answered < quote_end:
        page.mark(QUOTED, span.start, quote_end)
    return quote_end


def _quote_end(lines: list[str], start: int) -> int:
    """The line after the quoted run that starts at or shortly after `start`; `start` when no quoted line follows there."""
    end = cursor = start
    piped = False
    while cursor < len(lines):
        line = lines[cursor]
        if line[:1] == ">" or is_quoted(line) or (line[:1] == "|" and (piped or end == start)):
            piped = piped or line[:1] == "|"
            end = cursor + 1
        elif (line and not line.isspace() and not _is_wrapped_tail(lines, cursor, end)) or (end == start and cursor - start > 8):
            break
        cursor += 1
    return end


def _is_wrapped_tail(lines: list[str], cursor: int, end: int) -> bool:
    """A quoted line that a relay wrapped without its mark: short, right between two quoted lines of which the first is long."""
    if cursor != end or cursor + 1 >= len(lines) or lines[cursor + 1][:1] != ">":
        return False
    return len(lines[cursor - 1]) >= _WRAPPED_QUOTE_CHARS and len(lines[cursor]) < 30 and lines[cursor][:1].islower()


def _cut_container(page: Page, text: str, html: str) -> None:
    """The text shows no quote, but its HTML twin may hold one in a container."""
    found = quote_lines(text, html)
    if found is None or found[0] >= len(page.lines):
        return
    start, end = found
    if end is not None and not page.rest and page.has_text(end, len(page.lines)):
        if not is_closing_part(page.lines[end:], page.has_text(0, start)):
            page.mark(QUOTED, start, end)
            return
        page.mark(SIGNATURE, end, len(page.lines))
        page.mark(QUOTED, start, end)
    elif page.has_text(0, start):
        page.mark_to_end(QUOTED, start)


def _cut_tail(page: Page) -> None:
    """Take quoted lines, then the signature, then quoted lines above it off the end of what is kept."""
    if page.rest and page.rest_part == TEXT:
        return
    _cut_trailing_quote(page)
    _cut_signature(page)
    if _cut_trailing_quote(page):
        _cut_signature(page)


def _cut_trailing_quote(page: Page) -> bool:
    """Quoted lines under the last written line, with no answer after them, are history. A mail that is only quoted is kept."""
    end = len(page.lines)
    while end and (page.parts[end - 1] != TEXT or is_blank(page.lines[end - 1]) or is_quoted(page.lines[end - 1])):
        end -= 1
    if not end:
        _cut_quote_only(page)
        return False
    trailing = [i for i in range(end, len(page.lines)) if page.parts[i] == TEXT and is_quoted(page.lines[i])]
    if not trailing or _is_introduced(page, end, trailing):
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
    if end == len(page.lines) or not _quote_follows(page.lines, end - 1):
        return
    span = attribution_at(page.lines, end - 1, 0, quote_follows=True)
    if span and page.has_text_above(span.start):
        page.mark(QUOTED, span.start, span.end)


def _cut_quote_only(page: Page) -> None:
    """Only quoted lines: they are kept as the text unless an attribution or forward among the first says that they are history."""
    for index, line in enumerate(page.lines[:6]):
        bare = line.lstrip("> ")
        if page.parts[index] != TEXT or not bare:
            continue
        if attribution_at([bare], 0, 0, quote_follows=True):
            page.mark_to_end(QUOTED, 0)
        return


def _cut_signature(page: Page) -> None:
    kept = [index for index, part in enumerate(page.parts) if part == TEXT]
    for position in split_signature([page.lines[index] for index in kept], page.has_fences):
        page.parts[kept[position]] = SIGNATURE
