"""The beginning of a long text, for a page with many texts. In: text. Out: what is shown of it; the rest is on a page of its own."""

from __future__ import annotations

MOST_CHARS, MOST_LINES = 2000, 40
"""So much of what somebody wrote is shown."""
ASIDE_CHARS, ASIDE_LINES = 600, 20
"""So much of a signature or a quote."""
SLACK = 1.25
"""A text that is longer by less than that is shown whole: no link for two lines more."""


def beginning(text: str, most_chars: int = MOST_CHARS, most_lines: int = MOST_LINES) -> str:
    """The text itself, or its first lines without the white space behind them."""
    if len(text) <= most_chars * SLACK and text.count("\n") < most_lines * SLACK:
        return text
    lines = text[:most_chars].split("\n")[:most_lines]
    shown = "\n".join(lines)
    if len(shown) == most_chars:
        shown = _without_half_a_word(shown)
    return shown.rstrip() or text[:most_chars]


def aside(text: str) -> str:
    """The beginning of what is not what the author came to say: a signature, a quote."""
    return beginning(text, ASIDE_CHARS, ASIDE_LINES)


def _without_half_a_word(text: str) -> str:
    """Without the word at the end, of which a part may be missing; a word that is half of the text stays."""
    border = max(text.rfind(" "), text.rfind("\n"))
    return text[:border] if border > len(text) // 2 else text
