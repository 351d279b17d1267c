"""The page that HTML is written on: lines, gaps, quote marks, lists. Used by `html_text`; knows no markup."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailgate.mail.mime.html_hidden import NO_SHEET, WHITE, Colour, Sheet, same_colour

# Blockquotes that are asked by their words whether they quote a mail; those after them are taken for indented text.
MAX_LOOKS = 1_000

_SPACE = re.compile(r"[ \t\r\n\f]+")


@dataclass(slots=True)
class HtmlText:
    """The text so far. `gap` 2 asks for a blank line before the next text; `start` and `end` are the lines of the first quote container.

    `may_sign`: the markup names a signature container of a client; `signed`: the lines of the first one outside a quote.
    `pre`: line ends and blanks are kept, 1 because a style says so, more in elements that are for it.
    `tiny`: the element has a font size of 0, so that text right in it is not seen.
    """

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    gap: int = 0
    prefix: str = ""
    bullet: str = ""
    pre: int = 0
    tiny: bool = False
    lists: list[int] = field(default_factory=list)
    sole: bool = False
    start: int | None = None
    end: int | None = None
    indented: tuple[int, int] | None = None
    may_sign: bool = False
    signed: tuple[int, int] | None = None
    looks_left: int = MAX_LOOKS
    sheet: Sheet = NO_SHEET
    ink: Colour | None = None
    background: Colour = WHITE
    hid: bool = False
    unseen: bool = False

    def colour(self, ink: Colour | None, background: Colour) -> None:
        """Go on in these colours; `unseen` is whether text has the colour of its background, or none."""
        self.ink, self.background = ink, background
        self.unseen = ink is not None and (ink[0] < 0 or same_colour(ink, background))

    def word(self, text: str) -> None:
        """Add running text; white space is folded outside `pre`."""
        if self.pre:
            if self.pre > 1 or self.line or not text.isspace():  # what stands between blocks is how the source is laid out
                self._preformatted(text)
            return
        if "  " in text or not text.isprintable():  # false of most text: nothing to fold
            text = _SPACE.sub(" ", text)
        if text == " " or not text:
            if text and self.line and not self.line[-1].endswith(" "):
                self.line.append(" ")
            return
        if text[0] == " " and (not self.line or self.line[-1].endswith(" ")):
            text = text[1:]
        self.line.append(text)

    def _preformatted(self, text: str) -> None:
        parts = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for part in parts[:-1]:
            self.line.append(part)
            self.newline()
        if parts[-1]:
            self.line.append(parts[-1])

    def newline(self) -> None:
        """End the line, also an empty one."""
        self._end_line("".join(self.line))

    def _end_line(self, text: str) -> None:
        text = text.replace("\xa0", " ").rstrip()
        if self.gap and (text or self.bullet):
            self._open_gap()
        self.lines.append(self.prefix + self.bullet + text if text or self.bullet else self.prefix.rstrip())
        self.bullet = ""
        self.line.clear()

    def _open_gap(self) -> None:
        if self.gap == 2 and self.lines and self.lines[-1].strip("> "):
            self.lines.append(_shared(self.lines[-1], self.prefix).rstrip())
        self.gap = 0

    def block(self, gap: int) -> None:
        """A block starts or ends here: what stands on the line is ended; `gap` 2 asks for a blank line before the next text."""
        if self.line:
            text = "".join(self.line)
            if text.strip(" \t\n"):
                self._end_line(text)
            else:
                self.line.clear()
        if gap > self.gap:
            self.gap = gap

    def end_of_line(self) -> None:
        """A block ends that has no space below it."""
        self.block(1)

    def end_of_paragraph(self) -> None:
        """A block ends that has a blank line below it."""
        self.block(2)


def _shared(line: str, prefix: str) -> str:
    """How much of `prefix` the line above has too: a gap is quoted as deep as both its sides are."""
    if line.startswith(prefix):
        return prefix
    length = 0
    while length < min(len(line), len(prefix)) and line[length] == prefix[length]:
        length += 1
    return prefix[:length]
