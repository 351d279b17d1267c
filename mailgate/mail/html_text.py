"""Turns HTML mail into readable text. Stage: reading, for mail without a text part, and reply extraction, to find quote containers.

HTML as text comes in, text with LF goes out. Walks the tree with a stack of its own, so depth costs no recursion; size and node
count are bounded. Scripts, styles and hidden elements are dropped. Must never raise on markup and never fetch anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailgate.mail.quote_forms import attribution_at
from mailgate.mail.word_lists import words

MAX_HTML_CHARS = 4_000_000
MAX_NODES = 400_000
MAX_DEPTH = 600
MAX_QUOTE_DEPTH = 20
MAX_URL_CHARS = 500

_DROPPED = words(
    """
    head style script title template noscript object iframe svg math select textarea audio video canvas map meta link
    """
)
_PARAGRAPHS = words(
    """
    p h1 h2 h3 h4 h5 h6 blockquote ul ol dl table pre
    """
)
_LINES = words(
    """
    div li tr address section article header footer main nav center dt dd form fieldset hr figure caption aside body html
    """
)
_FLAT = words(
    """
    br img hr input meta link col area base wbr param source p li td tr th dt dd option tbody thead tfoot
    """
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,20})")
_MARKUP = re.compile(r"<(?:!--|/?[A-Za-z])[^<>]*>?")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|(?:max-height|font-size|line-height)\s*:\s*0(?:px|pt)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_TIGHT = re.compile(r"margin(?:-top|-bottom)?\s*:\s*0", re.IGNORECASE)
_CONTAINER_STYLE = re.compile(
    r"border\s*:\s*none\s*;\s*border-top\s*:\s*solid\s*(?:#\w{3,6}|\w+)\s*1\.0pt\s*;\s*padding\s*:\s*3\.0pt", re.IGNORECASE
)
_CONTAINER_NAMES = words(
    """
    gmail_quote gmail_quote_container gmail_attr moz-cite-prefix moz-forward-container protonmail_quote tutanota_quote
    zmail_extra iosymail yahoo_quoted divrplyfwdmsg appendonsend mail-editor-reference-message-container olk_src_body_section
    replysplit isreplycontent reply-intro ms-outlook-mobile-reference-message ik_mail_quote front-blockquote messagereplysection
    stopspelling zwchr qtdseparatebr wisestamp_app_main origbody reply_block mailquote
    """
)
_CONTAINER_HINT = re.compile(
    r"gmail_(?:quote|attr)|moz-(?:cite|forward)|protonmail_quote|tutanota_quote|zmail_extra|iosymail|yahoo_quoted|divrplyfwdmsg|appendonsend|reference-message|olk_src_body"
    r"|replysplit|isreplycontent|reply-intro|ik_mail_quote|front-blockquote|messagereplysection|origbody|<blockquote|name=[\"']?quote|border-top\s*:\s*solid",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Marked:
    """The text, and the lines `quote_start` up to `quote_end` of it that stand in the first quote container (None without one)."""

    text: str
    quote_start: int | None = None
    quote_end: int | None = None


@dataclass(slots=True)
class _Page:
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    gap: int = 0
    prefix: str = ""
    bullet: str = ""
    pre: int = 0
    lists: list[int] = field(default_factory=list)
    sole: bool = False
    start: int | None = None
    end: int | None = None
    indented: tuple[int, int] | None = None

    def word(self, text: str) -> None:
        """Add running text; white space is folded outside `pre`."""
        if self.pre:
            self._preformatted(text)
            return
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
        text = "".join(self.line).replace("\xa0", " ").rstrip()
        if self.gap and (text or self.bullet):
            self._open_gap()
        self.lines.append(self.prefix + self.bullet + text if text or self.bullet else self.prefix.rstrip())
        self.bullet = ""
        self.line.clear()

    def _open_gap(self) -> None:
        if self.gap == 2 and self.lines and self.lines[-1].strip("> "):
            goes_on = self.lines[-1].startswith(self.prefix)
            self.lines.append(self.prefix.rstrip() if goes_on else "")
        self.gap = 0

    def block(self, gap: int) -> None:
        """A block starts or ends here: what stands on the line is ended; `gap` 2 asks for a blank line before the next text."""
        if "".join(self.line).strip(" \t\n"):
            self.newline()
        else:
            self.line.clear()
        self.gap = max(self.gap, gap)


def to_text(html: str) -> str:
    """The text that a reader of `html` sees: LF, lists with `- `, links as `text <url>`, cited blocks with `> `. Never raises."""
    return to_marked(html).text


def may_hold_quote(html: str) -> bool:
    """True when the markup names a container that clients put quoted history in. Cheap."""
    return _CONTAINER_HINT.search(html) is not None


def to_marked(html: str) -> Marked:
    """Like `to_text`, with the lines of the first quote container."""
    html = html[:MAX_HTML_CHARS]
    if _is_too_deep(html):
        return Marked(_strip_markup(html))
    page = _Page()
    root = LexborHTMLParser(html).root
    if root is not None:
        _walk(root, page)
    page.block(0)
    lines = [line.rstrip() for line in page.lines]
    first = 0
    while first < len(lines) and not lines[first]:
        first += 1
    text = "\n".join(lines[first:]).rstrip()
    if page.start is None and page.indented and page.indented[1] == len(page.lines):
        page.start, page.end = page.indented
    if page.start is None:
        return Marked(text)
    return Marked(text, max(0, page.start - first), (page.end if page.end is not None else len(lines)) - first)


def _is_too_deep(html: str) -> bool:
    """Nesting that no client writes. Lexbor's time grows with the square of the depth, so it must not see it."""
    if html.count("<") <= MAX_DEPTH:
        return False
    depth = 0
    for closing, name in _TAG.findall(html):
        if name.lower() in _FLAT:
            continue
        depth += -1 if closing else 1
        if depth > MAX_DEPTH:
            return True
        depth = max(depth, 0)
    return False


def _strip_markup(html: str) -> str:
    """What is left of markup that is not fit for the parser: its text, a line for each run between tags."""
    lines = (_SPACE.sub(" ", unescape(part)).strip() for part in _MARKUP.sub("\n", html).split("\n"))
    return "\n".join(line for line in lines if line)


def _walk(root: LexborNode, page: _Page) -> None:
    """Visit the tree in order with a stack: (node to enter, None) or (None, what to do when its children are done)."""
    stack: list[tuple[LexborNode | None, Callable[[], None] | None]] = [(root, None)]
    for _ in range(MAX_NODES):
        if not stack:
            return
        node, leave = stack.pop()
        if node is None:
            if leave is not None:
                leave()
            continue
        if node.next is not None and node is not root:
            stack.append((node.next, None))
        tag = node.tag
        if tag == "-text":
            page.word(node.text_content or "")
        elif tag is not None and tag[:1] != "-" and tag not in _DROPPED:
            done = _enter(node, tag, page)
            if done is not _skip:
                stack.append((None, done))
                if node.child is not None:
                    stack.append((node.child, None))


def _skip() -> None:
    """Mark of an element whose children are not visited."""


def _enter(node: LexborNode, tag: str, page: _Page) -> Callable[[], None]:
    """Do what the element asks for at its start; gives what to do at its end."""
    if tag == "br":
        page.newline()
        return _skip
    attributes = node.attributes if node.attributes else {}
    style = attributes.get("style") or ""
    if (style and _HIDDEN.search(style)) or "hidden" in attributes:
        return _skip
    if tag == "a":
        return _enter_link(attributes, page)
    if tag == "img":
        _image(attributes, page)
        return _skip
    if tag in _PARAGRAPHS or tag in _LINES:
        return _enter_block(node, tag, attributes, page)
    if tag in ("td", "th"):
        page.sole = _holds_one_paragraph(node)
        return lambda: page.line.append("\t") if page.line and not page.line[-1].endswith("\t") else None
    if tag == "span" and page.start is None and _is_container(tag, attributes):
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


def _enter_link(attributes: dict[str, str | None], page: _Page) -> Callable[[], None]:
    target = (attributes.get("href") or "").strip()
    mark, height = len(page.line), len(page.lines)

    def leave() -> None:
        label = "".join(page.line[mark:]).strip() if len(page.lines) == height else ""
        bare = target.removeprefix("mailto:").removeprefix("tel:")
        if not label or not target.startswith(("http://", "https://", "mailto:")) or len(target) > MAX_URL_CHARS:
            return
        short = bare.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
        if short.lower() not in label.lower():
            page.line.append(f" <{bare}>")

    return leave


def _image(attributes: dict[str, str | None], page: _Page) -> None:
    """Emoji stand in mails as images with the sign as alternative text."""
    alt = attributes.get("alt") or ""
    if 0 < len(alt) <= 4 and not alt.isascii():
        page.word(alt)


def _enter_block(node: LexborNode, tag: str, attributes: dict[str, str | None], page: _Page) -> Callable[[], None]:
    if tag == "p" and page.sole:
        page.sole = False
        return _nothing
    gap = 2 if tag in _PARAGRAPHS and not _is_tight(tag, attributes) else 1
    page.block(gap)
    opened = page.start is None and _is_container(tag, attributes)
    if opened:
        page.start = len(page.lines)
    undo = _enter_special(node, tag, attributes, page)

    def leave() -> None:
        page.block(gap)
        undo()
        if opened and page.start is not None and not _opens_history(attributes):
            page.end = len(page.lines)

    return leave


def _is_tight(tag: str, attributes: dict[str, str | None]) -> bool:
    """Word's paragraphs have no space between them: an empty one stands for each blank line."""
    if tag != "p":
        return tag == "table"
    return "Mso" in (attributes.get("class") or "") or _TIGHT.search(attributes.get("style") or "") is not None


def _enter_special(node: LexborNode, tag: str, attributes: dict[str, str | None], page: _Page) -> Callable[[], None]:
    """Lists, quotes, preformatted text and rules; gives what restores the page."""
    before = page.prefix
    if tag == "blockquote" and len(before) < 2 * MAX_QUOTE_DEPTH:
        return _enter_blockquote(node, attributes, page)
    if tag in ("ul", "ol"):
        page.lists.append(0 if tag == "ol" else -1)
        return lambda: _drop(page.lists)
    elif tag == "li":
        page.bullet = _bullet(page.lists)
    elif tag == "pre":
        page.pre += 1
        return lambda: setattr(page, "pre", page.pre - 1)
    elif tag == "hr":
        page.lines.append(before + "________________________________")
    return lambda: setattr(page, "prefix", before)


def _enter_blockquote(node: LexborNode, attributes: dict[str, str | None], page: _Page) -> Callable[[], None]:
    before, first = page.prefix, len(page.lines)
    cited = _is_cited(node, attributes, page)
    page.prefix = before + ("> " if cited else "    ")

    def leave() -> None:
        page.prefix = before
        if not cited and not _is_indentation(attributes) and "gmail" not in (attributes.get("class") or ""):
            page.indented = (first, len(page.lines))

    return leave


def _is_indentation(attributes: dict[str, str | None]) -> bool:
    """A blockquote that an editor made when a person pressed "indent"."""
    style = (attributes.get("style") or "").replace(" ", "").lower()
    return "border:none" in style and "border-left" not in style


def _drop(lists: list[int]) -> None:
    if lists:
        lists.pop()


def _bullet(lists: list[int]) -> str:
    indent = "  " * (min(len(lists), 8) - 1)
    if not lists or lists[-1] < 0:
        return indent + "- "
    lists[-1] += 1
    return f"{indent}{lists[-1]}. "


def _is_cited(node: LexborNode, attributes: dict[str, str | None], page: _Page) -> bool:
    """A blockquote that a client made to quote a mail, not one that a person used to indent."""
    if _is_indentation(attributes):
        return False
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower().replace("gmail_quote", "")
    marked = (
        attributes.get("type") == "cite" or attributes.get("cite") is not None or "border-left" in (attributes.get("style") or "").lower()
    )
    if marked or any(word in names for word in ("quote", "cite", "iosymail")):
        return True
    above = next((line for line in reversed(page.lines[-4:]) if line.strip()), "")
    if above and attribution_at([above.lstrip("> ")], 0, 0, quote_follows=True):
        return True
    if page.prefix:
        return False
    first = (node.text(deep=True) or "")[:400].strip().replace("\xa0", " ")
    head = " ".join(first.split())
    return any(attribution_at([head[: end + 1]], 0, 0, quote_follows=False) for end in _colons(head))


def _colons(text: str) -> list[int]:
    return [i for i, sign in enumerate(text[:200]) if sign == ":"]


def _is_container(tag: str, attributes: dict[str, str | None]) -> bool:
    """One of the elements in which clients put history. Outlook prefixes names of quoted HTML with `x_`."""
    names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}".lower().split()
    for name in names:
        bare = name.removeprefix("x_")
        if bare in _CONTAINER_NAMES or "yahoo_quoted" in bare:
            return not (tag == "blockquote" and (bare == "gmail_quote" or _is_indentation(attributes)))
    if tag == "blockquote":
        return attributes.get("type") == "cite"
    if tag == "div":
        return (attributes.get("name") or "").lower() in ("quote", "messagereplysection") or _CONTAINER_STYLE.search(
            attributes.get("style") or ""
        ) is not None
    return False


def _opens_history(attributes: dict[str, str | None]) -> bool:
    """Containers that hold the header only: the history follows them."""
    names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}".lower().split()
    opens = ("divrplyfwdmsg", "appendonsend", "moz-cite-prefix", "gmail_attr", "replysplit", "stopspelling", "reply-intro")
    return any(name.removeprefix("x_") in opens for name in names) or _CONTAINER_STYLE.search(attributes.get("style") or "") is not None
