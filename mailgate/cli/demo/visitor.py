"""Somebody who visits the pages without a browser: follows links, fills in forms, keeps cookies. In: paths. Out: pages."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

REDIRECTS_MAX = 5


@dataclass(frozen=True, slots=True)
class ReachedPage:
    """A page that was reached: its path, status and tree."""

    path: str
    status: int
    tree: LexborHTMLParser

    @property
    def words(self) -> str:
        """What stands on it, white space folded."""
        main = self.tree.css_first("main")
        return " ".join((main.text(separator=" ") if main else "").split())


@dataclass(slots=True)
class Visitor:
    """One browser, on the pages at `address` (host:port)."""

    address: str
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, url: str) -> ReachedPage:
        """A page, by its path or whole address; redirects are followed."""
        parts = urlsplit(url)
        return self._ask("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, None)

    def submit(self, page: ReachedPage, **typed: str) -> ReachedPage:
        """Fill in the form of a page that is not about the language or logging out, and send it."""
        form = next(one for one in page.tree.css("main form") if (one.attributes.get("method") or "").lower() == "post")
        action = form.attributes.get("action") or page.path
        return self._ask("POST", action, urlencode({**_fields(form), **typed}))

    def _ask(self, method: str, path: str, body: str | None, left: int = REDIRECTS_MAX) -> ReachedPage:
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            headers = {"Accept-Language": "nb", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            self._keep(response.msg.get_all("Set-Cookie") or [])
            content, to = response.read(), response.getheader("Location")
        finally:
            connection.close()
        if to and left:
            return self._ask("GET", to, None, left - 1)
        return ReachedPage(path.partition("?")[0], response.status, LexborHTMLParser(content.decode()))

    def _keep(self, lines: list[str]) -> None:
        for line in lines:
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0].strip('"')
            if value and not re.search(r"max-age=0", line, re.IGNORECASE):
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)


def _fields(form: LexborNode) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in form.css("input, textarea, option[selected]"):
        name = one.attributes.get("name") or (one.parent.attributes.get("name") if one.parent and one.tag == "option" else None)
        kind = one.attributes.get("type") or ""
        if not name or kind in ("file", "submit") or (kind in ("radio", "checkbox") and "checked" not in one.attributes):
            continue
        found[name] = one.text().removeprefix("\n") if one.tag == "textarea" else one.attributes.get("value") or ""
    return found
