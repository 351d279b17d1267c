"""What the sender wrote, and what came with it. In: the tree of parts. Out: plain text, HTML, the parts left over, in order.

RFC 2046 section 5.1: in `alternative` the plain form is preferred, HTML kept beside it; in `related` the root is the text; in `mixed` the
first text is, and texts that stand round pictures in it belong to it (Apple Mail writes so). A nested message is an attachment: its text
is not the sender's. Nothing is lost: a part that is not the text is in `parts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from mailgate.mail.limits import ReadLimits
from mailgate.mail.mime.charset import clean, decode
from mailgate.mail.mime.flowed import unflow
from mailgate.mail.mime.rtf import rtf_to_text
from mailgate.mail.mime.structure import Part, Tree

_MARKUP = re.compile(r"\s*(?:<!doctype\s+html|<html[\s>]|<\?xml[^>]*>\s*<!doctype\s+html)", re.IGNORECASE)
_DATA_URL = re.compile(rb"data:[a-zA-Z0-9/+.-]{0,60};base64,[A-Za-z0-9+/=%\s]*")
_SNIFFED_BYTES = 16_384
"""How much of a page is looked at for its charset: style sheets of Outlook stand in front of it at times."""
_ENRICHED_PARAM = re.compile(r"<param>[^<>]{0,500}</param>", re.IGNORECASE)  # RFC 1896: no text, but what the command is told
_TAG = re.compile(r"<[^<>]{0,500}>")


@dataclass(slots=True)
class Body:
    """`plain` and `html` are the parts of the text in order; `calendar` one that stood among alternatives; `parts` all others."""

    plain: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    calendar: list[Part] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


def choose(tree: Tree, is_boilerplate: Callable[[Part], bool]) -> Body:
    """Sort all leaves into text and the rest. `is_boilerplate` tells a part in front that a gateway put there from what a person wrote."""
    banner = _banner_part(tree.top, is_boilerplate)
    body = Body()
    _visit(tree.top, body, "mixed", banner)
    if banner is not None:
        _add_banner(body, banner)
    if not (body.plain or body.html):
        _promote(body)
    return body


def _banner_part(top: Part, is_boilerplate: Callable[[Part], bool]) -> Part | None:
    """The first part of a `mixed` that is nothing but a banner or a note, with more text after it."""
    if top.content_type != "multipart/mixed" or len(top.children) < 2:
        return None
    first, second = top.children[0], top.children[1]
    if first.children or not first.content_type.startswith("text/") or first.disposition == "attachment" or first.names:
        return None
    follows = bool(second.children) or (second.content_type.startswith("text/") and second.disposition != "attachment" and not second.names)
    return first if follows and is_boilerplate(first) else None


def _add_banner(body: Body, banner: Part) -> None:
    """The banner stands above the text of its own kind; without such text it is kept as a part."""
    same = body.html if banner.content_type == "text/html" else body.plain
    if same or not (body.plain or body.html):
        same.insert(0, banner)
    else:
        body.parts.insert(0, banner)


def _visit(part: Part, body: Body, role: str, banner: Part | None = None) -> None:
    """Depth first. The depth is bounded by the limits of `structure`. `banner` is passed over."""
    if part is banner:
        return
    if not part.children:
        _leaf(part, body, role)
        return
    kind = part.content_type
    if kind == "multipart/alternative":
        _alternative(part, body)
    elif kind in ("multipart/related", "multipart/report", "multipart/signed"):
        _visit(part.children[0], body, role)
        for child in part.children[1:]:
            _visit(child, body, "rest")
    else:
        _mixed(part, body, role, banner)


def _mixed(part: Part, body: Body, role: str, banner: Part | None = None) -> None:
    """The first text counts; a later one only when a single part of another kind stands between, as when a picture was put in the text."""
    before: Part | None = None
    for child in part.children:
        if child is banner:
            continue
        had_text = any(one.body.strip() for one in (*body.plain, *body.html))
        if had_text and not (before is not None and _continues(before, child, body)):
            _visit(child, body, "rest" if not child.children else "after")
        else:
            _visit(child, body, role)
        before = child


def _continues(before: Part, child: Part, body: Body) -> bool:
    """Whether `child` goes on with a text that was broken by `before`."""
    if before.children or child.children or before.content_type.startswith(("text/", "message/")):
        return False
    same = body.html if child.content_type == "text/html" else body.plain
    return bool(same) and same[-1].parent is child.parent and child.disposition != "attachment"


def _alternative(part: Part, body: Body) -> None:
    """Every form of the same text. Plain and HTML are taken once each; other forms are kept as parts."""
    for child in part.children:
        if child.children:
            _nested_form(child, body)
        elif _is_text(child, "text/plain") and not body.plain:
            body.plain.append(child)
        elif _is_text(child, "text/html") and not body.html:
            body.html.append(child)
        elif child.content_type == "text/calendar":
            body.calendar.append(child)
            body.parts.append(child)
        else:
            body.parts.append(child)


def _nested_form(child: Part, body: Body) -> None:
    """A form that is a multipart itself: `related` with HTML and its pictures, `mixed` with HTML and files (Apple Mail), or deeper."""
    inner = Body()
    _visit(child, inner, "mixed")
    for mine, theirs in ((body.plain, inner.plain), (body.html, inner.html)):
        if not mine:
            mine.extend(theirs)
        else:
            body.parts.extend(theirs)
    body.calendar.extend(inner.calendar)
    body.parts.extend(inner.parts)


def _leaf(part: Part, body: Body, role: str) -> None:
    if role in ("rest", "after") or part.disposition == "attachment":
        body.parts.append(part)
    elif _is_text(part, "text/plain"):
        body.plain.append(part)
    elif _is_text(part, "text/html"):
        body.html.append(part)
    else:
        if part.content_type == "text/calendar":
            body.calendar.append(part)
        body.parts.append(part)


def _is_text(part: Part, kind: str) -> bool:
    return part.content_type == kind and part.disposition != "attachment" and not part.names


def _promote(body: Body) -> None:
    """No text by the rules: the first text part that is not sent as a file is it, then a lone text that was sent as one without a name."""
    for part in body.parts:
        lone = len(body.parts) == 1 and not part.names
        if part.content_type.startswith("text/") and part.content_type != "text/calendar" and (part.disposition != "attachment" or lone):
            (body.html if part.content_type == "text/html" else body.plain).append(part)
            body.parts.remove(part)
            return


def part_text(tree: Tree, part: Part, max_bytes: int) -> str:
    """The part as clean text, by its own charset, flowed lines joined."""
    content = tree.content(part)
    if len(content) > max_bytes and part.content_type == "text/html":
        content = _DATA_URL.sub(b"", content)  # a picture within the page, and words behind it
    if len(content) > max_bytes:
        tree.note("text_too_long")
        content = content[:max_bytes]
    text, defect = decode(content, part.params.get("charset", "") or _sniffed(content, part))
    if defect:
        tree.note(defect)
    text = clean(text)
    if part.params.get("format", "").lower() == "flowed" and part.content_type == "text/plain":
        text = unflow(text, part.params.get("delsp", "").lower() == "yes")
    if part.content_type in ("text/enriched", "text/richtext"):
        text = _TAG.sub("", _ENRICHED_PARAM.sub("", text.replace("<<", "\x00"))).replace("\x00", "<")
    if part.content_type in ("text/rtf", "application/rtf"):
        text = rtf_to_text(content) or text
    return text


def _sniffed(content: bytes, part: Part) -> str:
    """A charset that only the HTML itself names, or that a byte order mark shows."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if part.content_type != "text/html":
        return ""
    found = re.search(rb"charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_.:-]{2,40})", content[:_SNIFFED_BYTES])
    return found.group(1).decode("ascii") if found else ""


def plain_text(tree: Tree, parts: list[Part], limits: ReadLimits) -> str:
    """All parts of the plain text, one after the other."""
    return "\n".join(part_text(tree, part, limits.text_bytes) for part in parts)


def html_source(tree: Tree, parts: list[Part], limits: ReadLimits) -> str:
    """All parts of the HTML, one after the other."""
    return "\n".join(part_text(tree, part, limits.html_bytes) for part in parts)


def is_markup(text: str) -> bool:
    """Whether a text that says it is plain is HTML."""
    return _MARKUP.match(text) is not None
