"""The HTML of a mail to be looked at: what it shows, and nothing that runs, loads, leads away or asks. In: raw bytes. Out: HTML.

Elements and attributes are kept by name, all others go; no address stays that a browser could ask for. Whoever shows it keeps it in a
sandbox all the same. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailgate.mail.limits import DEFAULT_LIMITS, ReadLimits
from mailgate.mail.mime import content, prescan
from mailgate.mail.mime.headers import read_section
from mailgate.mail.mime.structure import build

MAX_CHARS = 1024 * 1024
UNKNOWN_MOST, DEPTH_MOST, TAG_CHARS = 1_000, 300, 4_000
"""The library's time grows with the square of how deep elements stand, of a tag's attributes, and of what is taken out: no mail of a person
has more.
"""
_GONE = [
    "script", "style", "iframe", "frame", "frameset", "object", "embed", "applet", "link", "meta", "base", "title", "template", "noscript",
    "noembed", "noframes", "svg", "math", "xmp", "plaintext", "listing", "audio", "video", "source", "track", "picture", "canvas", "input",
    "button", "select", "textarea", "dialog", "portal", "param", "area",
]  # fmt: skip
_KEPT = frozenset({
    "html", "head", "body", "a", "abbr", "address", "article", "aside", "b", "big", "blockquote", "br", "caption", "center", "cite",
    "code", "col", "colgroup", "dd", "del", "div", "dl", "dt", "em", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike",
    "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var",
})  # fmt: skip
_ATTRIBUTES = frozenset({
    "align", "alt", "bgcolor", "border", "cellpadding", "cellspacing", "color", "colspan", "dir", "face", "height", "lang", "rowspan",
    "size", "start", "style", "title", "valign", "width",
})  # fmt: skip
_NAMED = _KEPT.union(_GONE)
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*)[^>]*(?:>|\Z)")
_OPENS_NOTHING = frozenset({
    "br", "hr", "img", "col", "p", "li", "dt", "dd", "td", "th", "tr", "tbody", "thead", "tfoot", "caption", "colgroup",
})  # fmt: skip
"""Elements that have no end tag, or may do without."""
_LOADS = re.compile(r"url|image|@|expression|\\|behavior|binding|/\*|attr\s*\(|var\s*\(", re.IGNORECASE)


def html_of(raw: bytes, limits: ReadLimits = DEFAULT_LIMITS) -> str:
    """The inert HTML of a mail, "" when it has none. Never raises on content."""
    scan = prescan.scan(raw, limits)
    tree = content.open_signed(build(scan, read_section(scan.header, limits), limits), limits)
    return inert(content.gather(tree, limits).html or "")


def inert(html: str) -> str:
    """The same page without all that is never shown. A link's address becomes words that appear over it."""
    if not html.strip():
        return ""
    tree = LexborHTMLParser(_TAG.sub(_Tags().keep, html[:MAX_CHARS]))
    tree.strip_tags(_GONE)
    nodes = tree.css("*")
    if sum(node.tag not in _KEPT for node in nodes) > UNKNOWN_MOST:
        return escape(tree.text())
    for node in nodes:
        _make_inert(node)
    tree.unwrap_tags(sorted({node.tag for node in tree.css("*") if node.tag and node.tag not in _KEPT}))
    for node in tree.css("*"):
        if node.tag not in _KEPT:  # what is empty cannot be unwrapped
            node.decompose()
    return tree.html or ""


class _Tags:
    """Which tags a tree is built of, from the first to the last."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._depth = 0

    def keep(self, found: re.Match[str]) -> str:
        """The tag when it is one that is handled by name and does not stand too deep; what Word and clients invent (`o:p`) goes."""
        ends, name = found.group(1), found.group(2).lower()
        if name not in _NAMED:
            return ""
        if name not in _OPENS_NOTHING:
            if not ends and self._depth >= DEPTH_MOST:
                return ""
            step = -1 if ends and self._open[name] else 0 if ends else 1
            self._open[name] += step
            self._depth += step
        return found.group() if len(found.group()) <= TAG_CHARS else f"<{ends}{name}>"


def _make_inert(node: LexborNode) -> None:
    given = dict(node.attributes)
    address = given.get("href") if node.tag == "a" else None
    for name, value in given.items():
        if name not in _ATTRIBUTES or (name == "style" and _LOADS.search(value or "")):
            del node.attrs[name]
    if address:
        node.attrs["title"] = address[:500]
