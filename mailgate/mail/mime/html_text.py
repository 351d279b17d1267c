"""Turns HTML mail into readable text. Stage: reading, for mail without a text part, and reply extraction, to find quote containers.

HTML as text comes in, text with LF goes out. Walks the tree with a stack of its own, so depth costs no recursion; size and node
count are bounded. Scripts, styles and hidden elements are dropped. Must never raise on markup and never fetch anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailgate.mail.mime import html_hidden
from mailgate.mail.mime.html_links import address_behind
from mailgate.mail.mime.html_page import HtmlText
from mailgate.mail.mime.html_strip import strip_markup
from mailgate.mail.reply.attribution import attribution_at
from mailgate.mail.reply.html_containers import (
    Attributes,
    is_container,
    is_indentation,
    is_marked_quote,
    is_signature,
    may_hold_signature,
    opens_history,
)
from mailgate.mail.words.word_lists import words

MAX_HTML_CHARS = 4_000_000
MAX_NODES = 1_000_000
MAX_DEPTH = 600
MAX_QUOTE_DEPTH = 20
UNNUMBERED = -(10**10)

_DROPPED = words(
    """
    head style script title template noscript object iframe svg math select audio video canvas map meta link
    o:officedocumentsettings o:shapedefaults o:shapelayout w:worddocument w:latentstyles m:mathpr x:excelworkbook
    """
)
_PARAGRAPHS = words(
    """
    p h1 h2 h3 h4 h5 h6 blockquote ul ol dl table pre
    """
)
_LINES = words(
    """
    div li tr address section article header footer main nav center dt dd form fieldset hr figure caption aside body html textarea
    """
)
_BLOCKS = _PARAGRAPHS | _LINES
_FLAT = words(
    """
    br img hr input meta link col area base wbr param source p li td tr th dt dd option tbody thead tfoot
    """
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,20})")
_DATA_URL = re.compile(r"data:[a-zA-Z0-9/+.-]{0,60};base64,[A-Za-z0-9+/=%\s]*")
# A size of the font, in its own property or in the short one. Template kits set 0 on outer cells and the real size further in.
_UNREADABLE = {"px": 1.0, "pt": 1.0, "em": 0.1, "rem": 0.1, "%": 10.0}
_FONT_SIZE = re.compile(
    r"(?:font-size\s*:\s*|font\s*:\s*(?=[\d.])|font\s*:[^;]{0,60}?[\s:])(\d*\.?\d+|[a-z-]+)(px|pt|em|rem|%)?(?![\w.])", re.IGNORECASE
)
_WHITE_SPACE = re.compile(r"white-space\s*:\s*(pre-wrap|pre-line|pre|break-spaces|normal|nowrap)\b", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]+")
_TIGHT = re.compile(r"margin(?:-top|-bottom)?\s*:\s*0", re.IGNORECASE)


@dataclass(slots=True)
class Marked:
    """The text, and the lines `quote_start` up to `quote_end` of it that stand in the first quote container (None without one)."""

    text: str
    quote_start: int | None = None
    quote_end: int | None = None
    hid: bool = False  # text was left out that nobody sees
    signature: str = ""  # what stands in the signature container of a client, outside the quote


def to_text(html: str) -> str:
    """The text that a reader of `html` sees: LF, lists with `- `, links as `text <url>`, cited blocks with `> `. Never raises."""
    return to_marked(html).text


def to_marked(html: str) -> Marked:
    """Like `to_text`, with the lines of the first quote container."""
    html = _DATA_URL.sub("", html) if len(html) > MAX_HTML_CHARS else html
    if len(html) > MAX_HTML_CHARS or _is_too_deep(html):
        return Marked(strip_markup(html))
    page = HtmlText(sheet=html_hidden.read_sheet(html), may_sign=may_hold_signature(html))
    root = LexborHTMLParser(html).root
    if root is not None and not _walk(root, page):
        return Marked(strip_markup(html))
    page.block(0)
    lines = [line.rstrip() for line in page.lines]
    if "&#" in html:  # the charset has none, but a reference may name one: `&#27;`
        lines = [_CONTROLS.sub("", line) for line in lines]
    first = 0
    while first < len(lines) and not lines[first]:
        first += 1
    text = "\n".join(lines[first:]).rstrip()
    signature = "\n".join(lines[slice(*page.signed)]).strip() if page.signed else ""
    if page.start is None and page.indented and page.indented[1] == len(page.lines):
        page.start, page.end = page.indented
    if page.start is None:
        return Marked(text, hid=page.hid, signature=signature)
    start = max(0, page.start - first)
    return Marked(text, start, max(start, (len(lines) if page.end is None else page.end) - first), page.hid, signature)


def _is_too_deep(html: str) -> bool:
    """Nesting that no client writes. Lexbor's time grows with the square of the depth, so it must not see it."""
    if html.count("<") <= MAX_DEPTH:
        return False
    depth = 0
    for closing, name in _TAG.findall(html):
        if name in _FLAT or name.lower() in _FLAT:
            continue
        if closing:
            depth = depth - 1 if depth else 0
        elif depth == MAX_DEPTH:
            return True
        else:
            depth += 1
    return False


def _walk(root: LexborNode, page: HtmlText) -> bool:
    """Visit the tree in order with a stack: (node to enter, None) or (None, what to do after its children). False when too large."""
    stack: list[tuple[LexborNode | None, Callable[[], None] | None]] = [(root, None)]
    for _ in range(MAX_NODES):
        if not stack:
            return True
        node, leave = stack.pop()
        if node is None:
            if leave is not None:
                leave()
            continue
        if (following := node.next) is not None and node is not root:
            stack.append((following, None))
        tag = node.tag
        if tag == "-text":
            text = node.text_content or ""
            if not (page.tiny or page.unseen):
                page.word(text)
            elif text.strip():
                page.hid = True
        elif tag is not None and tag[:1] != "-" and tag not in _DROPPED:
            done = _enter(node, tag, page)
            if done is not _skip:
                if done is not _nothing:
                    stack.append((None, done))
                if (child := node.child) is not None:
                    stack.append((child, None))
    return False


def _skip() -> None:
    """Mark of an element whose children are not visited."""


def _enter(node: LexborNode, tag: str, page: HtmlText) -> Callable[[], None]:
    """Do what the element asks for at its start; gives what to do at its end."""
    if tag == "br":
        page.newline()
        return _skip
    attributes = node.attributes
    style = attributes.get("style") if attributes else None
    if attributes and ("hidden" in attributes or (style and html_hidden.hides(style)) or _is_hidden_by_sheet(attributes, page)):
        page.hid = True
        return _skip
    undo_ink = _ink(tag, style, attributes, page) if attributes else _nothing
    if style and "white-space" in style:
        undo_ink = _space(style, page, undo_ink)
    tiny = _is_tiny(tag, style, attributes, page) if page.tiny or (style and ("font" in style or "FONT" in style)) else False
    if tiny == page.tiny and undo_ink is _nothing:
        return _enter_visible(node, tag, attributes, page)
    before, page.tiny = page.tiny, tiny
    undo = _enter_visible(node, tag, attributes, page)

    def leave() -> None:
        undo()
        page.tiny = before
        undo_ink()

    if undo is _skip:
        page.tiny = before
        undo_ink()
        return _skip
    return leave


def _is_hidden_by_sheet(attributes: Attributes, page: HtmlText) -> bool:
    return bool(page.sheet.hidden) and page.sheet.hides(attributes.get("class") or "", attributes.get("id") or "")


def _ink(tag: str, style: str | None, attributes: Attributes, page: HtmlText) -> Callable[[], None]:
    """Follow the colours of text and background; gives what restores them, `_nothing` when the element sets none."""
    said = style or ""
    if tag == "font" and attributes.get("color"):
        said += ";color:" + (attributes.get("color") or "")
    if attributes.get("bgcolor"):
        said += ";background:" + (attributes.get("bgcolor") or "")
    if "color" not in said and "background" not in said and "COLOR" not in said:
        return _nothing
    ink, background = html_hidden.colours(said)
    if ink is None and background is None:
        return _nothing
    before = page.ink, page.background, page.unseen
    page.colour(ink or page.ink, background or page.background)

    def undo() -> None:
        page.ink, page.background, page.unseen = before

    return undo


def _space(style: str, page: HtmlText, undo_ink: Callable[[], None]) -> Callable[[], None]:
    """Keep line ends and blanks as the style says (CSS Text Level 3, section 3); gives what undoes this and `undo_ink`."""
    found = _WHITE_SPACE.search(style)
    if found is None:
        return undo_ink
    before, page.pre = page.pre, int(found[1].lower() not in ("normal", "nowrap"))

    def undo() -> None:
        page.pre = before
        undo_ink()

    return undo


def _is_tiny(tag: str, style: str | None, attributes: Attributes, page: HtmlText) -> bool:
    """Text right in this element has a font size that nobody can read. An element with a size or a class of its own is taken to be seen."""
    found = _FONT_SIZE.search(style) if style else None
    if found is not None and found[1][-1].isdigit():
        return float(found[1]) <= _UNREADABLE.get((found[2] or "").lower(), 0.0)
    return page.tiny and found is None and not (tag == "font" and attributes) and not attributes.get("class")


def _enter_visible(node: LexborNode, tag: str, attributes: Attributes, page: HtmlText) -> Callable[[], None]:
    """Do what a visible element asks for at its start; gives what to do at its end."""
    if tag in _BLOCKS:
        return _enter_block(node, tag, attributes, page)
    if tag == "a":
        return _enter_link(attributes, page)
    if tag == "img":
        _image(attributes, page)
        return _skip
    if tag in ("td", "th"):
        page.sole = _holds_one_paragraph(node)
        return lambda: page.line.append("\t") if page.line and not page.line[-1].endswith("\t") else None
    if tag == "span" and page.start is None and is_container(tag, attributes):
        page.block(1)
        page.start = len(page.lines)
    return _nothing


def _holds_one_paragraph(node: LexborNode) -> bool:
    """A table cell that holds one `p` and nothing else reads as one word of its row."""
    child, found = node.child, 0
    while child is not None and found < 2:
        if child.tag != "-text":
            found += 1 if child.tag == "p" else 2
        elif (child.text_content or "").strip():
            found = 2
        child = child.next
    return found == 1


def _nothing() -> None:
    """An inline element ends: nothing to do."""


def _enter_link(attributes: Attributes, page: HtmlText) -> Callable[[], None]:
    target = (attributes.get("href") or "").strip()
    mark, height = len(page.line), len(page.lines)

    def leave() -> None:
        label = "".join(page.line[mark:]).strip() if len(page.lines) == height else ""
        if behind := address_behind(target, label):
            page.line.append(behind)

    return leave


def _image(attributes: Attributes, page: HtmlText) -> None:
    """Emoji stand in mails as images with the sign as alternative text."""
    alt = attributes.get("alt") or ""
    if 0 < len(alt) <= 4 and not alt.isascii():
        page.word(alt)


def _enter_block(node: LexborNode, tag: str, attributes: Attributes, page: HtmlText) -> Callable[[], None]:
    if tag == "p" and page.sole:
        page.sole = False
        return _nothing
    gap = 2 if tag in _PARAGRAPHS and not _is_tight(tag, attributes) else 1
    page.block(gap)
    opened = page.start is None and is_container(tag, attributes)
    if opened:
        page.start = len(page.lines)
    signs = page.may_sign and page.start is None and page.signed is None and is_signature(attributes)
    first = len(page.lines)
    undo = _enter_special(node, tag, attributes, page)
    if undo is _nothing and not opened and not signs:
        return page.end_of_paragraph if gap == 2 else page.end_of_line

    def leave() -> None:
        page.block(gap)
        undo()
        if signs:
            page.signed = first, len(page.lines)
        if opened and page.start is not None and not opens_history(attributes):
            page.end = len(page.lines)

    return leave


def _is_tight(tag: str, attributes: Attributes) -> bool:
    """Word's paragraphs have no space between them: an empty one stands for each blank line."""
    if tag != "p":
        return tag == "table"
    return "Mso" in (attributes.get("class") or "") or _TIGHT.search(attributes.get("style") or "") is not None


def _enter_special(node: LexborNode, tag: str, attributes: Attributes, page: HtmlText) -> Callable[[], None]:
    """Lists, quotes, preformatted text and rules; gives what restores the page."""
    if tag == "blockquote" and len(page.prefix) < 2 * MAX_QUOTE_DEPTH:
        return _enter_blockquote(node, attributes, page)
    if tag in ("ul", "ol"):
        page.lists.append(_number(attributes.get("start"), 1) - 1 if tag == "ol" else UNNUMBERED)
        return lambda: _drop(page.lists)
    elif tag == "li":
        if page.lists and page.lists[-1] != UNNUMBERED:
            page.lists[-1] = _number(attributes.get("value"), page.lists[-1] + 1)
        page.bullet = _bullet(page.lists)
    elif tag in ("pre", "textarea"):  # a form that was sent as it stood shows what was written into it
        page.pre += 2
        return lambda: setattr(page, "pre", page.pre - 2)
    elif tag == "hr":
        page.lines.append(page.prefix + "________________________________")
    return _nothing


def _enter_blockquote(node: LexborNode, attributes: Attributes, page: HtmlText) -> Callable[[], None]:
    before, first = page.prefix, len(page.lines)
    cited = _is_cited(node, attributes, page)
    page.prefix = before + ("> " if cited else "    ")

    def leave() -> None:
        page.prefix = before
        if not cited and not is_indentation(attributes) and "gmail" not in (attributes.get("class") or ""):
            page.indented = (first, len(page.lines))

    return leave


def _drop(lists: list[int]) -> None:
    if lists:
        lists.pop()


def _number(said: str | None, otherwise: int) -> int:
    """The number of a list's first or next entry as its markup gives it."""
    return int(said) if said and re.fullmatch(r"-?\d{1,9}", said.strip()) else otherwise


def _bullet(lists: list[int]) -> str:
    indent = "  " * (min(len(lists), 8) - 1)
    if not lists or lists[-1] == UNNUMBERED:
        return indent + "- "
    return f"{indent}{lists[-1]}. "


def _is_cited(node: LexborNode, attributes: Attributes, page: HtmlText) -> bool:
    """A blockquote that a client made to quote a mail, not one that a person used to indent."""
    if is_indentation(attributes):
        return False
    if is_marked_quote(attributes):
        return True
    if page.looks_left <= 0:
        return False
    page.looks_left -= 1
    above = next((line for line in reversed(page.lines[-4:]) if line.strip()), "")
    if above and attribution_at([above.lstrip("> ")], 0, 0, quote_follows=True):
        return True
    if page.prefix:
        return False
    first = (node.text(deep=True) or "")[:400]
    if ":" not in first:
        return False
    head = " ".join(first.strip().replace("\xa0", " ").split())
    return any(attribution_at([head[: end + 1]], 0, 0, quote_follows=False) for end in _colons(head))


def _colons(text: str) -> list[int]:
    return [i for i, sign in enumerate(text[:200]) if sign == ":"]
