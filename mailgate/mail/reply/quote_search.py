"""Finds the next announcement of quoted text in the lines of a mail, and the end of the quoted run. Stage: reply extraction.

In: labelled lines. Out: spans and line numbers. It must never label a line: that is `extract`.
"""

from __future__ import annotations

from mailgate.mail.reply.attribution import SENTENCE_ENDS, attribution_at, lookback_chars, may_end_attribution, may_hold_attribution
from mailgate.mail.reply.header_block import block_at, delimiter, is_bare_title, is_dated_rule, may_be_delimiter
from mailgate.mail.reply.parts import LabelledLines
from mailgate.mail.reply.quote_lines import MAX_LINE_CHARS, Span, is_blank, is_quoted, is_rule, is_titled_rule
from mailgate.mail.reply.words.quote_words import ANSWER_STARTS

_QUOTE_LOOK = 4
_WRAPPED_QUOTE_CHARS = 60
_WRAP_CHARS = 62
_WRAPPED_LINE_CHARS = 78


def next_span(body: LabelledLines, cursor: int) -> Span | None:
    """The first announcement of quoted text at or after line `cursor`."""
    lines, no_block_before = body.lines, cursor
    unmarked = body.first_mark - _QUOTE_LOOK
    for index in range(cursor, len(lines)):
        line = lines[index]
        if index < unmarked and _announces_nothing(line):
            continue
        if not line or line.isspace() or index in body.fenced or (line[0] == ">" and not _is_header_part(lines, index)):
            continue
        span = _attribution_or_delimiter(body, index, cursor)
        if span:
            return span
        head = line[:40]
        if index >= no_block_before and (":" in head or "：" in head):
            span, no_block_before = block_at(lines, index)
            if span:
                return _with_rule(lines, span, cursor)
    return None


def _announces_nothing(line: str) -> bool:
    """Fast pre-check, true of most lines of prose: a sentence without colon, address or rule, or the beginning of one."""
    return (
        (line[-1:].isalpha() or line.endswith(SENTENCE_ENDS))
        and line[0].isalpha()
        and ":" not in line
        and "@" not in line
        and "：" not in line
        and not may_be_delimiter(line)
    )


def _attribution_or_delimiter(body: LabelledLines, index: int, floor: int) -> Span | None:
    lines, line = body.lines, body.lines[index]
    if body.lookback_chars_left > 0:
        quoted_next = index >= body.first_mark - _QUOTE_LOOK and quote_follows(lines, index)
        if quoted_next or may_end_attribution(line) or ("@" in line and may_hold_attribution(line)):
            body.lookback_chars_left -= lookback_chars(lines, index)
            span = attribution_at(lines, index, floor, quoted_next)
            if span:
                return span
    kind = delimiter(line) if may_be_delimiter(line) else None
    return _with_rule(lines, Span(kind, index, index + 1), floor) if kind else None


def _is_header_part(lines: list[str], index: int) -> bool:
    """True for a line that starts with `>` but is part of a header."""
    return _closes_address(lines, index) or is_dated_rule(lines[index])


def _closes_address(lines: list[str], index: int) -> bool:
    """True for the `>` that closes the address of a wrapped header: `>:` or `> wrote:`."""
    line = lines[index]
    if len(line) > 40 or not line.rstrip().endswith((":", "：")) or index == 0:
        return False
    above = " ".join(lines[max(0, index - 4) : index])[-MAX_LINE_CHARS * 2 :]
    return above.count("<") > above.count(">") and not lines[index - 1].startswith(">")


def quote_follows(lines: list[str], index: int) -> bool:
    """True when the next non-blank line, at most three below, is quoted."""
    for below, ahead in enumerate(lines[index + 1 : index + 1 + _QUOTE_LOOK], index + 1):
        if ahead and not ahead.isspace():
            return ">" in ahead[:8] and is_quoted(ahead) and not _closes_address(lines, below)
    return False


def _with_rule(lines: list[str], span: Span, floor: int) -> Span:
    """The span extended over a rule ("________"), a titled rule or the title of a header block right above it."""
    start = span.start
    if span.kind == "block" and start > floor and is_bare_title(lines[start - 1]):
        start -= 1
    while start > floor and (is_blank(lines[start - 1]) or is_rule(lines[start - 1]) or is_titled_rule(lines[start - 1])):
        start -= 1
    return span._replace(start=start)


def header_end(lines: list[str], start: int) -> int:
    """The end of the header block that follows a delimiter, or `start` when none does."""
    for index in range(start, min(start + 4, len(lines))):
        if not is_blank(lines[index]):
            span, _ = block_at(lines, index)
            return span.end if span else start
    return start


def quote_end(lines: list[str], start: int, answered: bool = False) -> int:
    """The line after the quoted run that starts at or shortly after `start`; `start` when no quoted line follows there.

    `answered`: text stands above the quote; then a line that was visibly wrapped off a quoted one belongs to the quote.
    """
    end = cursor = start
    piped = False
    while cursor < len(lines):
        line = lines[cursor]
        if line[:1] == ">":
            end = cursor + 1
        elif is_quoted(line) or (line[:1] == "|" and (piped or end == start)):
            piped = piped or line[:1] == "|"
            end = cursor + 1
        elif answered and end > start and cursor == end and _is_wrapped_off(lines, cursor):
            end = cursor + 1
        elif (line and not line.isspace() and not _is_wrapped_tail(lines, cursor, end)) or (end == start and cursor - start > 8):
            break
        cursor += 1
    return end


def _is_wrapped_off(lines: list[str], cursor: int) -> bool:
    """True for the wrapped rest of the quoted line above (its first word did not fit there), and for a bare link between quoted lines."""
    line, above = lines[cursor].strip(), lines[cursor - 1].rstrip()
    if not line or above[:1] != ">":
        return False
    followed = cursor + 1 >= len(lines) or is_blank(lines[cursor + 1]) or lines[cursor + 1][:1] == ">"
    if not followed:
        return False
    if line.startswith(("https://", "http://", "<https://", "<http://")) and " " not in line:
        return cursor + 1 < len(lines) and lines[cursor + 1][:1] == ">"
    if " " not in line and above.rsplit(maxsplit=1)[-1].startswith(("https://", "http://", "<https://", "<http://")):
        return len(above) > _WRAP_CHARS and lines[cursor + 1 : cursor + 2] != [] and lines[cursor + 1][:1] == ">"
    no_room = len(above) + 1 + len(line.split(" ", 1)[0]) > _WRAP_CHARS
    if not no_room or not _may_run_on(above, line):
        return False
    return len(line) <= _WRAPPED_QUOTE_CHARS or (len(line) <= _WRAPPED_LINE_CHARS and _runs_on(lines, cursor))


def _may_run_on(above: str, line: str) -> bool:
    """True unless `above` ends its sentence (or is an empty quoted line) or `line` begins one or an answer ("nei, …")."""
    return line[:1].islower() and above[-1:] not in ".?!:>" and line.split(maxsplit=1)[0].strip(",.!") not in ANSWER_STARTS


def _runs_on(lines: list[str], cursor: int) -> bool:
    """True when the sentence of line `cursor` continues in a quoted line right below."""
    below = lines[cursor + 1].lstrip("> ") if cursor + 1 < len(lines) else ""
    return lines[cursor].rstrip()[-1:] not in ".?!:" and below[:1].islower()


def _is_wrapped_tail(lines: list[str], cursor: int, end: int) -> bool:
    """True for the rest of a quoted line that a relay wrapped without its `>`: short, between two quoted lines, the first one long."""
    if cursor != end or cursor + 1 >= len(lines) or lines[cursor + 1][:1] != ">":
        return False
    above, line = lines[cursor - 1], lines[cursor]
    return len(above) >= _WRAPPED_QUOTE_CHARS and len(line) < 30 and _may_run_on(above.rstrip(), line)
