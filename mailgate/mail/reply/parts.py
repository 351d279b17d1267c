"""The lines of one mail, each labelled with its part (text, signature, quoted), while reply extraction runs. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import compress

from mailgate.mail.reply.mobile_signature import is_mobile_signature
from mailgate.mail.reply.quote_lines import QUOTE_MARK_CHARS, Span, fenced_lines, is_blank, is_quoted, is_rule

# Lines past this number are not examined one by one.
MAX_LINES = 5_000
# Budget for attribution look-back, in characters read; when it is spent, no more attributions are recognised.
MAX_LOOKBACK_CHARS = 100_000

TEXT, SIGNATURE, QUOTED = 0, 1, 2
# For each part a translation table: its own number becomes 1, all others 0, so that `compress` selects its lines without a loop.
_MASKS = tuple(bytes(int(number == part) for number in range(256)) for part in (TEXT, SIGNATURE, QUOTED))


@dataclass(slots=True)
class LabelledLines:
    """The examined lines of a mail and the part of each. `rest`: the text after the examined lines, one string.

    `answers_unmarked`: the author's answers stand in history without marks, so marks are theirs.
    `has_marks`: a `>` stands in the text; `first_mark`: no line above this one is quoted.
    """

    lines: list[str]
    rest: str
    parts: bytearray = field(init=False)
    rest_part: int = TEXT
    lookback_chars_left: int = MAX_LOOKBACK_CHARS
    has_marks: bool = True
    first_mark: int = 0
    has_fences: bool = True
    fenced: set[int] = field(init=False)
    looked_to: int = 0
    found_text: bool = False
    forwards: list[Span] = field(default_factory=list)
    answers_below: bool | None = None
    answers_unmarked: bool = False
    _last: tuple[int, int] | None = None

    @classmethod
    def of(cls, text: str, split_lines: Callable[[list[str]], list[str]]) -> LabelledLines:
        """Label the lines of `text` (LF). `split_lines` splits lines that hold an answer and the header of its quote."""
        lines, rest = _split(text)
        lines = split_lines(lines)
        marked = ">" in text
        first = next((at for at, line in enumerate(lines) if ">" in line[:QUOTE_MARK_CHARS]), len(lines)) if marked else len(lines)
        return cls(lines, rest, has_marks=marked, first_mark=first, has_fences="```" in text)

    def __post_init__(self) -> None:
        self.parts = bytearray(len(self.lines))
        self.fenced = fenced_lines(self.lines) if self.has_fences else set()

    def mark(self, part: int, start: int, end: int) -> None:
        """Label lines `start` up to `end` with `part`; a range outside the mail is clipped."""
        start, end = max(0, start), min(end, len(self.parts))
        if start < end:
            self.parts[start:end] = bytes([part]) * (end - start)

    def mark_to_end(self, part: int, start: int) -> None:
        """Label everything from line `start` on with `part`."""
        self.mark(part, start, len(self.lines))
        self.rest_part = part

    def has_text_above(self, end: int) -> bool:
        """True when the author wrote something above line `end`. Call with growing `end`: each line is examined once."""
        if not self.found_text and end > self.looked_to:
            self.found_text = self.has_text(self.looked_to, end)
            self.looked_to = end
        return self.found_text

    def has_text(self, start: int, end: int) -> bool:
        """True when lines `start` to `end` hold text: not blank, quoted, a rule, a mobile signature, or labelled otherwise."""
        lines, parts = self.lines, self.parts
        return any(parts[i] == TEXT and _is_written(lines[i]) for i in range(start, min(end, len(lines))))

    def last_written(self) -> tuple[int, int]:
        """The last line that is neither blank nor quoted, and the last quoted line above it; -1 when there is none."""
        if self._last is None:
            text, lines = len(self.lines) - 1, self.lines
            while text >= 0 and (lines[text][:1] == ">" or self.parts[text] != TEXT or is_blank(lines[text]) or is_quoted(lines[text])):
                text -= 1
            quoted = text - 1
            while quoted >= 0 and not is_quoted(lines[quoted]):
                quoted -= 1
            self._last = text, max(-1, quoted)
        return self._last

    def kept(self) -> list[int]:
        """The numbers of the lines that are text."""
        return list(compress(range(len(self.parts)), self.parts.translate(_MASKS[TEXT])))

    def join(self, part: int) -> str:
        """The lines of one part, in order, without leading and trailing blank lines."""
        lines = list(compress(self.lines, self.parts.translate(_MASKS[part]))) if part in self.parts else []
        if self.rest and self.rest_part == part:
            lines.append(self.rest)
        return _trim("\n".join(lines))


def _split(text: str) -> tuple[list[str], str]:
    lines = text.split("\n", MAX_LINES)
    return (lines[:MAX_LINES], lines[MAX_LINES]) if len(lines) > MAX_LINES else (lines, "")


def _trim(text: str) -> str:
    """Without leading and trailing blank lines; the first line keeps its indentation."""
    text = text.rstrip()
    lead = len(text) - len(text.lstrip())
    return text[text.rfind("\n", 0, lead) + 1 :]


def _is_written(line: str) -> bool:
    return not is_blank(line) and not is_quoted(line) and not is_mobile_signature(line) and not is_rule(line)
