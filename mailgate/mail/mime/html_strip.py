"""What is left of markup without its tags: for a look at its words, and for markup that is not fit for the parser. Pure, linear.

HTML comes in, text goes out. It must never follow styles: what is hidden stands in the result too.
"""

from __future__ import annotations

import re
from html import unescape

_CODE_TAG = re.compile(r"<(/?)(script|style|title)\b", re.IGNORECASE)
_MARKUP = re.compile(r"<(?:!--|/?[A-Za-z])[^<>]*>?")
# The entities that nearly all mail makes do with; `&` waits until it cannot begin one.
_ENTITIES = (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "\0"))


def strip_markup(html: str) -> str:
    """What is left of markup that is not fit for the parser: its text, a line for each run between tags."""
    lines = (" ".join(unescape(part).split()) for part in _MARKUP.sub("\n", _without_code(html)).split("\n"))
    return "\n".join(line for line in lines if line)


def bare_text(html: str) -> str:
    """The words of markup in lower case, in order: a cheap look, without lines."""
    if "<style" in html or "<script" in html or "<title" in html:
        html = _without_code(html)
    bare = _MARKUP.sub(" ", html)
    if "&" not in bare:
        return bare
    for entity, sign in _ENTITIES:
        bare = bare.replace(entity, sign)
    return (unescape(bare) if "&" in bare else bare).replace("\0", "&")


def holds_words(html: str) -> bool:
    """True when some text stands in the markup, shown or hidden."""
    return any(line.strip() and any(map(str.isalnum, line)) for line in strip_markup(html).split("\n"))


def _without_code(html: str) -> str:
    """The markup without scripts and style sheets; one that is never closed is left as it is."""
    kept: list[str] = []
    done, opened = 0, None
    for tag in _CODE_TAG.finditer(html):
        if not tag[1] and opened is None:
            opened = tag
        elif tag[1] and opened is not None and tag[2].lower() == opened[2].lower():
            kept.append(html[done : opened.start()])
            done, opened = tag.start(), None
    return "".join((*kept, html[done:]))
