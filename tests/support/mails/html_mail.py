"""A check of HTML mail, as mail people do it. In: the HTML and the text of one mail. Out: complaints, empty for a good one.

It looks at what mail clients get wrong or hide: anything fetched from elsewhere, pictures without words, text too pale, too many bytes
(Gmail cuts at 102 KB), links that only one form has, markup that is not closed, no dark colours, scripts and forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser

from mailgate.config.values import luminance
from mailgate.outbound.html_text import addresses

MAX_BYTES = 100 * 1024
CONTRAST = 4.5
VOID = frozenset({"meta", "br", "img", "hr", "link", "input"})
FORBIDDEN = frozenset({"script", "iframe", "object", "embed", "form", "input", "link", "base", "video", "audio", "svg"})
KNOWN = frozenset({"html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td", "p", "a", "span", "br", "img"})
_COLOUR = re.compile(r"(?:^|;)\s*color:\s*(#[0-9a-f]{6})", re.IGNORECASE)
_BACKGROUND = re.compile(r"background-color:\s*(#[0-9a-f]{6})", re.IGNORECASE)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_REFERENCE = re.compile(r"&#(\d{3,});")


def complaints(html: str, text: str) -> list[str]:
    """All that is wrong with this mail."""
    page = _Page()
    page.feed(html)
    page.close()
    found = [*page.wrong, *_dark(html, page.inked), *_links(page, text)]
    found += [f"the element {name} is not closed" for name in page.open_]
    if len(html.encode()) > MAX_BYTES:
        found.append(f"{len(html.encode())} bytes")
    if not html.startswith("<!DOCTYPE html>"):
        found.append("no doctype")
    if 'name="color-scheme" content="light dark"' not in html:
        found.append("no color-scheme")
    if "url(" in html or "@import" in html:
        found.append("a style fetches something")
    return found


def html_of(message: EmailMessage) -> str:
    """The HTML of a mail as it was rendered, LF: where it goes as 7bit, references stand for characters that are not ASCII."""
    body = message.get_body(("html",))
    return as_rendered(body.get_content()) if body else ""


def as_rendered(html: str) -> str:
    """HTML with the characters that the references of the composer stand for, LF."""
    return _REFERENCE.sub(lambda found: chr(int(found[1])), html.replace("\r\n", "\n"))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2, 1.4.3)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _links(page: _Page, text: str) -> Iterator[str]:
    in_text, in_html = set(addresses(text)), {link for link in page.links if link.startswith("http")}
    yield from (f"only the HTML has the link {link}" for link in sorted(in_html - in_text))
    yield from (f"only the text has the link {link}" for link in sorted(in_text - in_html))


def _dark(html: str, inked: set[str]) -> Iterator[str]:
    """Pairs of the kept dark rules: each class with a background and an ink, and ink without a background on the dark sheet and page.

    `inked`: the classes of elements with an ink of their own, which needs a dark one.
    """
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    if style is None or "prefers-color-scheme: dark" not in style[1]:
        yield "no dark colours"
        return
    rules = _RULE.findall(style[1].split("dark) {", 1)[1])
    dark = {name.strip().removeprefix(".") for names, body in rules if _COLOUR.search(body) for name in names.split(",")}
    yield from (f"no dark ink for {one!r}" for one in sorted(inked) if not dark & set(one.split()))
    for names, body in rules:
        ink, background = _COLOUR.search(body), _BACKGROUND.search(body)
        if ink:
            for on in (background[1],) if background else ("#161e26", "#0f151b", "#15261a") if "words" in names else ("#161e26",):
                if contrast(ink[1], on) < CONTRAST:
                    yield f"dark {names.strip()}: {ink[1]} on {on}"


class _Page(HTMLParser):
    """Reads the page, and keeps what is wrong."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.links: list[str] = []
        self.open_: list[str] = []
        self.inked: set[str] = set()
        self._colours: list[tuple[str, str]] = [("#000000", "#ffffff")]
        self._ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if len(given) != len(attrs):
            self.wrong.append(f"an attribute stands twice in {self.get_starttag_text()}")
        if tag in FORBIDDEN or tag not in KNOWN:
            self.wrong.append(f"the element {tag}")
        self._attributes(tag, given)
        if tag in VOID:
            return
        if tag == "p" and "p" in self.open_:
            self.wrong.append("a paragraph in a paragraph")
        self.open_.append(tag)
        style = given.get("style", "")
        if _COLOUR.search(style):
            self.inked.add(given.get("class", ""))
        ink, background = self._colours[-1]
        ink = found[1] if (found := _COLOUR.search(style)) else ink
        background = found[1] if (found := _BACKGROUND.search(style)) else background
        self._colours.append((ink, background))

    def _attributes(self, tag: str, given: dict[str, str]) -> None:
        self.wrong += [f"the attribute {name}" for name in given if name.startswith("on")]
        for name in ("src", "background", "poster", "srcset"):
            if name in given and not given[name].startswith("cid:"):
                self.wrong.append(f"{tag} fetches {given[name]}")
        if tag == "img" and not given.get("alt", "").strip():
            self.wrong.append("a picture without words")
        if tag == "html" and not given.get("lang"):
            self.wrong.append("no language")
        if tag == "table" and given.get("role") != "presentation":
            self.wrong.append("a table for layout without its role")
        if tag == "a":
            self.links.append(given.get("href", ""))
            if not given.get("href", "").startswith(("https://", "http://")):
                self.wrong.append(f"a link to {given.get('href')!r}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open_ or self.open_[-1] != tag:
            self.wrong.append(f"</{tag}> closes {self.open_[-1:]}")
            return
        self.open_.pop()
        self._colours.pop()

    def handle_data(self, data: str) -> None:
        if data.strip("\u00a0 \r\n\t") and self.open_ and self.open_[-1] not in ("style", "title"):
            ink, background = self._colours[-1]
            if contrast(ink, background) < CONTRAST:
                self.wrong.append(f"{data.strip()[:30]!r}: {ink} on {background}")
