"""Which page stands at an address: forms are sent to paths below their page. In: a path. Out: a path that can be opened."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import quote

from starlette.requests import Request
from starlette.routing import compile_path

from mailgate.errors import NotFound
from mailgate.web.routes import ROUTES, Route

PATH_SIGNS = "/:@!$&'()*+,;=~"
"""Signs that stand in a path as they are (RFC 3986 section 3.3)."""


def page_at(path: str) -> str:
    """The page at this path, else the nearest one above it, such as `/browse/SUP-1` for `/browse/SUP-1/comments`."""
    while path and not any(pattern.match(path) for pattern, _ in _pages()):
        path = path.rpartition("/")[0]
    return path or "/"


def page_of(request: Request) -> tuple[Route, Request]:
    """The page on which the form of this request stands, and a request for it, with the same query."""
    path = page_at(str(request.scope["path"]))
    for pattern, route in _pages():
        if found := pattern.match(path):
            return route, Request({**request.scope, "method": "GET", "path": path, "path_params": found.groupdict()})
    raise NotFound("page", path)


def asked_for(request: Request) -> str:
    """Path and query, as they stand in the address."""
    path, query = quote(request.scope["path"], safe=PATH_SIGNS), request.url.query
    return f"{path}?{query}" if query else path


def come_back(request: Request) -> str:
    """The address at which somebody finds again what they see now: path and query, for a form that was refused those of its page."""
    path, query = str(request.scope["path"]), request.url.query
    shown = quote(page_at(path) if request.method == "POST" else path, safe=PATH_SIGNS)
    return f"{shown}?{query}" if query else shown


@cache
def _pages() -> tuple[tuple[re.Pattern[str], Route], ...]:
    return tuple((compile_path(one.path)[0], one) for one in ROUTES if one.method == "GET")
