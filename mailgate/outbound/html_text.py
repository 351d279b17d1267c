"""What people wrote, as HTML and as text of a mail. In: text. Out: markup that shows the same. Pure.

Line ends and leading spaces are kept, since logs need them; only http and https become links. Linear in the text's length.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from mailgate.web_addresses import runs, web_addresses

_LINK = Markup('<a href="{}" style="color: inherit" rel="noreferrer noopener nofollow">{}</a>')
_SPACES = re.compile(r"^ +| {2,}", re.MULTILINE)
_TAB = " " * 4
LINKS_MAX = 100
"""Addresses of one text that become links: a link takes ten times the bytes of a short address."""


def escaped(value: object) -> str:
    """A value as HTML: markup unchanged, anything else escaped. Most text has nothing to escape, which is checked first."""
    if type(value) is Markup:
        return value
    if type(value) is str and not ("&" in value or "<" in value or ">" in value or '"' in value or "'" in value):
        return value
    return str(escape(value))


def linked(text: str) -> Markup:
    """The text as HTML: escaped, with its line ends and spaces; addresses are links that carry nothing along."""
    text = str(text).replace("\t", _TAB)
    return Markup("".join([_shown(words) + _link(url) for words, url in runs(text, LINKS_MAX)]))


def addresses(text: str) -> list[str]:
    """The web addresses of the text, in order; `linked` makes links of the first `LINKS_MAX`."""
    return [address for _, address in web_addresses(text)]


def quoted(text: str) -> str:
    """The text as a quotation of plain text mail: each line behind `> `."""
    return "\n".join(f"> {line}".rstrip() for line in str(text).split("\n"))


def shortened(text: str, max_chars: int) -> str:
    """The beginning of a text, cut where a line or a word ends; the same text when it is short enough."""
    if len(text) <= max_chars:
        return text
    head = text[:max_chars]
    cut = max(head.rfind("\n"), head.rfind(" "))
    return (head[:cut] if cut > max_chars // 2 else head).rstrip() + " …"


def _link(url: str) -> str:
    return str(_LINK.format(url, url)) if url else ""


def _shown(text: str) -> str:
    if "  " in text or "\n " in text or text.startswith(" "):
        text = _SPACES.sub(_kept_spaces, text)
    return escaped(text).replace("\n", "<br>\n")


def _kept_spaces(run: re.Match[str]) -> str:
    """No-break spaces, the last one an ordinary space where a line may end."""
    begins_line = run.start() == 0 or run.string[run.start() - 1] == "\n"
    return "\u00a0" * (len(run.group()) - 1) + ("\u00a0" if begins_line else " ")
