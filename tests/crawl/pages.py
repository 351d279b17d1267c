"""All pages that can be opened: each GET route as a kind of person for whom it is, on a case of their own."""

from __future__ import annotations

from collections.abc import Iterator

from mailgate.web.routes import ROUTES, Route
from tests.support.desks.crawl import CONTACTS, OWN, STAFF, VISITOR, Scene

FILES = (
    "/browse/{key}/files/{comment}/{sha256}", "/desk/mail/{id}/html", "/desk/mail/{id}/raw", "/desk/live", "/desk/cases/{key}/live",
    "/me/data", "/new/similar", "/desk/texts/words",
)  # fmt: skip
"""Routes that give a stranger's bytes or a stream, or a part of a page."""
FOR_NOBODY = ("/first-admin/{token}",)
"""Routes that show nothing in a scene, which has an administrator."""
NOT_FOUND = Route("GET", "/nothing/here", lambda _: None, "anyone", "", "no-store")  # type: ignore[arg-type,return-value]


def kind_for(route: Route) -> str:
    """Whom a page is shown to."""
    if route.audience == "staff":
        return "admin"
    return VISITOR if route.audience == "anyone" else "reporter"


def kinds_for(route: Route) -> tuple[str, ...]:
    """Everybody whom a page is shown to, and who may see something of their own on it."""
    staff, customers = tuple(STAFF), (kind_for(Route(route.method, route.path, route.handler, "contact", route.action)),)
    return {"staff": staff, "contact": customers, "account": (*customers, *staff), "anyone": (VISITOR, *CONTACTS, *staff)}[route.audience]


def path_of(scene: Scene, route: Route, key: str = OWN) -> str:
    """The path of a route with its parts filled in."""
    path = route.path
    for name, value in scene.params(key).items():
        path = path.replace(f"{{{name}}}", value())
    if "{token}" in path:
        path = path.replace("{token}", scene.token(route.path))
    assert "{" not in path, f"{route.path} has a part that tests/support/desks/crawl.py does not know: add it to Scene.params"
    return path + (scene.query(path) if route.method == "GET" else "")


def pages(scene: Scene, *, everybody: bool = False) -> Iterator[tuple[Route, str, str]]:
    """Route, kind of person and path of every page: for one kind of person each, or for everybody who is shown it."""
    for route in ROUTES:
        if route.method == "GET" and route.path not in (*FILES, *FOR_NOBODY):
            for kind in kinds_for(route) if everybody else (kind_for(route), *(("admin",) if route.audience == "account" else ())):
                yield route, kind, path_of(scene, route)
