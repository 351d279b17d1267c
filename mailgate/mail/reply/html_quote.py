"""Finds where quoted history stands in a mail's text, by the containers of its HTML alternative. Stage: reply extraction."""

from __future__ import annotations

from itertools import takewhile

from mailgate.mail.mime.html_text import Marked, to_marked
from mailgate.mail.reply.html_containers import may_hold_quote

MAX_LINES = 12_000
MIN_MATCH_CHARS = 12


def quote_lines(text: str, html: str, marked: Marked | None = None) -> tuple[int, int | None] | None:
    """The lines (start, end) of `text` that stand in the first quote container of `html`; end None = to the last. None when unsure.

    `text` is either what `html_text.to_text` made of `html`, or the text part beside it; then the lines are found by what they say.
    `marked` is what was made of `html`, when that is known.
    """
    if not may_hold_quote(html):
        return None
    marked = marked or to_marked(html)
    if marked.quote_start is None or marked.quote_end is None:
        return None
    if marked.text == text:
        return marked.quote_start, marked.quote_end
    twin = marked.text.split("\n")
    start = _find(text, twin, marked.quote_start)
    return None if start is None else (start, None)


def _find(text: str, twin: list[str], start: int) -> int | None:
    """The only line of `text` that equals the first line with words at or after line `start` of the HTML's text; None when not unique."""
    wanted = next((w for w in map(_bare, twin[start : start + 20]) if len(w) >= MIN_MATCH_CHARS), "")
    if not wanted:
        return None
    hits = [
        n
        for n, line in enumerate(text.split("\n", MAX_LINES)[:MAX_LINES])
        if len(line) >= MIN_MATCH_CHARS and _is_start(_bare(line[:400]), wanted)
    ]
    return _with_lines_above(text, twin, start, hits[0]) if len(hits) == 1 else None


def _with_lines_above(text: str, twin: list[str], start: int, hit: int) -> int:
    """Line `hit`, or the first of the short lines right above it with which the quote of the HTML begins ("Hei Kari,")."""
    short = [said for line in twin[start : start + 20] if (said := _bare(line))]
    opening = list(takewhile(lambda said: len(said) < MIN_MATCH_CHARS, short))
    lines = text.split("\n", hit)[:hit]
    first = hit
    while opening and lines:
        said = _bare(lines.pop())
        if said and said != opening.pop():
            return hit
        first = len(lines) if said else first
    return hit if opening else first


def _is_start(line: str, wanted: str) -> bool:
    return len(line) >= MIN_MATCH_CHARS and (wanted.startswith(line) or line.startswith(wanted))


def _bare(line: str) -> str:
    return "".join(filter(str.isalnum, line[:400]))
