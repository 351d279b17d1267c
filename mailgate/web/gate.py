"""Who may open which kind of page, before its function is called. In: a route, who is logged in. Out: where to go instead, or nothing.

What a page then shows is decided by the use cases (`application/access.py`); this module only knows for whom a page is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from mailgate.application.accounts.second_factor import must_set_up
from mailgate.application.accounts.sessions import LoggedIn
from mailgate.application.app import App
from mailgate.errors import NotFound
from mailgate.web.pages.request import Redirect
from mailgate.web.routes import Route

FOR_SET_UP = frozenset({"/me/second-factor", "/me/second-factor/code"})
"""What staff who must set up a second factor may open before they have."""
FOR_STAFF: Mapping[str, str] = {"/cases": "/desk", "/new": "/desk/new", "/browse/{key}": "/desk/cases/{key}"}
"""Pages of customers whose links staff follow, too, and what they see instead."""


def gate(app: App, route: Route, mine: LoggedIn | None, params: Mapping[str, Any], path: str) -> Redirect | None:
    """Where to go instead of the page; None to open it. Raises NotFound for a page that is not for them."""
    if route.audience == "anyone":
        return None
    if mine is None:
        wanted = quote(path, safe="/") if route.method == "GET" else "/"
        return Redirect(f"/login?next={wanted}", flash="flash.log_in_first")
    if must_set_up(app, mine) and route.path not in FOR_SET_UP:
        return Redirect("/me/second-factor", flash="flash.second_factor_required")
    if route.audience == "account" or (route.audience == "staff") is mine.principal.is_staff:
        return None
    if mine.principal.is_staff and route.method == "GET" and route.path in FOR_STAFF:
        return Redirect(FOR_STAFF[route.path].format(**{name: quote(str(value), safe="") for name, value in params.items()}))
    raise NotFound("page", path)
