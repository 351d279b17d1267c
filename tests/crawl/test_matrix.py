"""Every route as every kind of person, on an own, a colleague's and a stranger's case: what the access table says, and nothing else.

A page that must not be known of is 404, one that is known and not allowed is 403, and who is not logged in is asked to. What a route must
answer is worked out from its row and from `application.access`; a form that a new route needs stands in `FORMS`, and a route that lacks one
fails here.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from mailgate.application.access import TABLE, Action, explain
from mailgate.application.accounts import sessions
from mailgate.application.customers import contacts
from mailgate.cases.model import Case
from mailgate.web.app import WebOptions
from mailgate.web.pages.forms import TOKEN_FIELD, form_token
from mailgate.web.routes import ROUTES, Route
from tests.crawl.pages import path_of
from tests.support.desks.crawl import CASES, COLLEAGUES, KINDS, OLA, OWN, STAFF, STRANGERS, VISITOR, Scene, make_scene
from tests.support.desks.office import EVA, open_office, reopen_office
from tests.support.desks.site import PASSWORD, SAME_ORIGIN, Answer, Visitor, serve

FORM_TYPE = "application/x-www-form-urlencoded"
ME = "me"
"""Stands for the id of the person who asks; staff name a participant."""
Fields = Callable[[Case, int], Mapping[str, str]]

FORMS: Mapping[str, Fields] = {
    "/login": lambda case, n: {"name": "nobody", "password": PASSWORD},
    "/logout": lambda case, n: {},
    "/language": lambda case, n: {"language": "nn", "next": "/login"},
    "/register": lambda case, n: {"name": "Ny", "address": f"ny{n}@kunde.example", "username": f"ny{n}"},
    "/register/{token}": lambda case, n: {"username": f"ny{n}", "password": PASSWORD},
    "/password": lambda case, n: {"name": f"ny{n}"},
    "/password/{token}": lambda case, n: {"password": PASSWORD},
    "/new": lambda case, n: {"case_type": "problem", "summary": f"Sak {n}"},
    "/browse/{key}/comments": lambda case, n: {"text": f"Ord {n}"},
    "/browse/{key}/operations": lambda case, n: {"operation": "freeze", "version": str(case.version)},
    "/browse/{key}/edit": lambda case, n: {"summary": f"Ny {n}", "description": "d", "environment": "", "version": str(case.version)},
    "/browse/{key}/clone": lambda case, n: {},
    "/browse/{key}/participants": lambda case, n: {"address": "ola@kunde.example"},
    "/browse/{key}/participants/remove": lambda case, n: {"who": ME},
    "/browse/{key}/mute": lambda case, n: {"muted": "yes"},
    "/drafts": lambda case, n: {"page": "/new", "summary": f"Utkast {n}"},
    "/me/notices": lambda case, n: {"wants": "important"},
    "/me/deletion": lambda case, n: {"sure": "yes"},
    "/answer/{token}": lambda case, n: {"operation": "verify"},
    "/claim/{token}": lambda case, n: {"who": "me"},
    "/claim/{token}/code": lambda case, n: {"code": "1234 5678"},
    "/notices/{token}": lambda case, n: {"wants": "digest"},
    "/me/password": lambda case, n: {"old": "feil passord her", "new": PASSWORD},
    "/me/sessions": lambda case, n: {},
    "/first-admin/{token}": lambda case, n: {"name": "Ada", "address": "ada@x.example", "username": "ada", "password": PASSWORD},
    "/login/code": lambda case, n: {"code": "123456"},
    "/login/openid": lambda case, n: {},
    "/me/openid": lambda case, n: {},
    "/me/openid/off": lambda case, n: {},
    "/me/second-factor": lambda case, n: {},
    "/me/second-factor/code": lambda case, n: {"code": "123456"},
    "/me/second-factor/off": lambda case, n: {"code": "123456"},
    "/desk": lambda case, n: {"act": "take", "key": case.key},
    "/desk/new": lambda case, n: {"reporter": "kari@kunde.example", "case_type": "problem", "summary": f"Sak {n}"},
    "/desk/cases/{key}/reply": lambda case, n: {"text": f"Svar {n}", "version": str(case.version)},
    "/desk/cases/{key}/present": lambda case, n: {},
    "/desk/cases/{key}/assign": lambda case, n: {"take": "1"},
    "/desk/cases/{key}/fields": lambda case, n: {"summary": f"Ny {n}", "version": str(case.version)},
    "/desk/cases/{key}/participants": lambda case, n: {"address": "ola@kunde.example"},
    "/desk/cases/{key}/participants/remove": lambda case, n: {"who": "ola@kunde.example"},
    "/desk/cases/{key}/participants/decide": lambda case, n: {"who": "anne@kunde.example", "decision": "approve"},
    "/desk/cases/{key}/take-back": lambda case, n: {},
    "/desk/cases/{key}/withdraw": lambda case, n: {"comment": "x"},
    "/desk/cases/{key}/merge": lambda case, n: {"into": "SUP-999"},
    "/desk/cases/{key}/move": lambda case, n: {"comment": "x", "to": "SUP-999"},
    "/desk/customers": lambda case, n: {"name": f"Firma {n}"},
    "/desk/customers/{name}": lambda case, n: {"name": "Kunde AS", "domains": "kunde.example"},
    "/desk/customers/{name}/contacts": lambda case, n: {"address": f"k{n}@kunde.example"},
    "/desk/contacts/{address}": lambda case, n: {"name": "Kari Lunde", "address": "kari@kunde.example"},
    "/desk/contacts/{address}/join": lambda case, n: {"other": "ukjent@kunde.example"},
    "/desk/contacts/{address}/lift": lambda case, n: {},
    "/desk/texts": lambda case, n: {"name": f"Tekst {n}", "language": "nb", "reply_text": "Hei"},
    "/desk/texts/edit": lambda case, n: {"was": "Takk / hilsen", "was_language": "nb", "name": "Takk / hilsen", "language": "nb"},
    "/desk/texts/remove": lambda case, n: {"was": "Takk / hilsen", "was_language": "nb"},
    "/desk/held": lambda case, n: {"id": "x", "decision": "discard"},
}
"""POST: what is filled in, when a person may send it. The case is the one in the path (for other paths, any)."""
STREAMS = ("/desk/live", "/desk/cases/{key}/live")
"""What never ends: only its beginning is read."""
LAST = ("/browse/{key}/participants/remove",)
"""What ends the person's own part in the case: asked for after all else."""
FOR_NOBODY = ("/first-admin/{token}",)
"""The scene has an administrator."""
FINE: Mapping[str, set[str | int]] = {"GET": {200, 303}, "POST": {200, 204, 303, 409, 422}}
"""Answers of a page that is open to whoever asks. Whether a form is right is for other tests."""
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scene]:
    """A folder with a scene that is at rest, to be copied."""
    folder = Path(tmp_path_factory.mktemp("template"))
    with open_office(folder) as office:
        scene = make_scene(office)
    return folder, scene


@pytest.fixture
def scene(template: tuple[Path, Scene], tmp_path: Path) -> Iterator[Scene]:
    """A scene of the test's own."""
    folder, made = template
    shutil.copytree(folder, tmp_path / "copy")
    with reopen_office(tmp_path / "copy") as office:
        yield replace(made, office=office)


def test_given_the_routes_when_compared_with_the_forms_then_each_form_has_its_fields_here() -> None:
    posts = {route.path for route in ROUTES if route.method == "POST"}
    assert posts - FORMS.keys() == set(), "a new POST route: say in FORMS what a person fills in there"
    assert FORMS.keys() - posts == set()
    for route in ROUTES:
        assert not route.action or Action(route.action) in TABLE, route.path


@pytest.mark.parametrize("kind", KINDS)
def test_given_somebody_of_a_kind_when_every_route_is_asked_then_each_answers_as_the_access_table_says(scene: Scene, kind: str) -> None:
    with serve(scene.app, WebOptions()) as port:
        wrong = _wrong(scene, kind, port)
    assert not wrong, "\n".join(wrong)


def _wrong(scene: Scene, kind: str, port: int) -> list[str]:
    wrong = []
    for route in sorted(ROUTES, key=lambda one: one.path in LAST):
        for key in CASES if "{key}" in route.path else (OWN,):
            expected = _expected(scene, route, kind, key)
            answer = _asked(scene, route, kind, key, port)
            if _outcome(answer) not in expected:
                wrong.append(f"{kind}: {route.method} {route.path} on {key} gave {_outcome(answer)}, not {expected}")
    return wrong


def _route(method: str, path: str) -> Route:
    return next(one for one in ROUTES if (one.method, one.path) == (method, path))


def _disabled(scene: Scene, kind: str) -> None:
    with scene.app.store.transaction() as uow:
        uow.accounts.set(scene.accounts[kind], replace(scene.accounts[kind], disabled=True))  # its session is still there


def _ended(scene: Scene, kind: str) -> None:
    with scene.app.store.transaction() as uow:
        uow.accounts.end_sessions(scene.accounts[kind].id)


def _too_old(scene: Scene, kind: str) -> None:
    scene.office.clock.step(sessions.ABSOLUTE_END)


@pytest.mark.parametrize("kind", ["participant", "admin"])
@pytest.mark.parametrize("lost", [_disabled, _ended, _too_old])
def test_given_a_session_that_is_good_no_more_when_every_route_is_asked_then_each_answers_as_to_a_visitor(
    scene: Scene, kind: str, lost: Callable[[Scene, str], None]
) -> None:
    token, wrong = scene.session(kind), []
    lost(scene, kind)
    with serve(scene.app, WebOptions()) as port:
        for route in ROUTES:
            answer = _asked_by(scene, route, Visitor(port, {"session": token}), VISITOR, OWN)
            stale = {403} if route.method == "POST" and route.audience == "anyone" else set()  # the form's token was of the session
            if _outcome(answer) not in (stale or _expected(scene, route, VISITOR, OWN)):
                wrong.append(f"{route.method} {route.path} gave {_outcome(answer)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", ["see", "comment"])
def test_given_who_may_see_the_cases_of_their_company_when_every_route_is_asked_then_each_answers_as_the_access_table_says(
    scene: Scene, kind: str
) -> None:
    access = {"see": "view", "comment": "comment"}[kind]
    contacts.set_contact(scene.app, EVA, contacts.SetContact(OLA, company_access=access))
    with serve(scene.app, WebOptions()) as port:
        wrong = _wrong(scene, "colleague", port)
        statuses = tuple(scene.visitor("colleague", port).get(f"/browse/{key}").status for key in CASES)
        said = _asked(scene, _route("POST", "/browse/{key}/comments"), "colleague", OWN, port).status
        did = _asked(scene, _route("POST", "/browse/{key}/operations"), "colleague", OWN, port).status
    assert not wrong, "\n".join(wrong)
    assert (statuses, said, did) == ((200, 200, 404), 303 if access == "comment" else 403, 403)


FORGED: Mapping[str, Mapping[str, str]] = {
    "no word on where it comes from": {},
    "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "http://portal.test"},
    "another host of the domain": {"Sec-Fetch-Site": "same-site"},
    "an address that was typed": {"Sec-Fetch-Site": "none"},
    "an old browser on another site": {"Origin": "https://evil.example"},
    "a page without an origin": {"Origin": "null"},
    "the same name on another port": {"Origin": "http://portal.test:8443"},
    "a longer name": {"Origin": "http://portal.test.evil.example"},
}
"""Header fields of a form that comes from no page of ours."""


@pytest.mark.parametrize("kind", [VISITOR, "reporter", "admin"])
def test_given_every_form_when_sent_from_elsewhere_or_without_its_token_then_it_does_nothing(scene: Scene, kind: str) -> None:
    taken = []
    with serve(scene.app, WebOptions()) as port:
        who = scene.visitor(kind, port)
        good = {TOKEN_FIELD: form_token(who.cookies.get("session") or who.cookies.setdefault("visitor", "v" * 43))}
        tokens = {"no token": {}, "another session's": {TOKEN_FIELD: form_token("w" * 43)}, "an empty one": {TOKEN_FIELD: ""}}
        ways = {name: (good, headers) for name, headers in FORGED.items()} | {name: (one, SAME_ORIGIN) for name, one in tokens.items()}
        for route in (one for one in ROUTES if one.method == "POST" and _opens(one, kind)):
            path = path_of(scene, route)
            before = _rows(scene)  # `path_of` makes links
            for name, (fields, headers) in ways.items():
                answer = who._ask("POST", path, urlencode(fields).encode(), {**headers, "Content-Type": FORM_TYPE})
                if answer.status != 403 or _rows(scene) != before:
                    taken.append(f"{route.path}, {name}: {answer.status}")
    assert not taken, "\n".join(taken)


def _opens(route: Route, kind: str) -> bool:
    """Whether a form is for this kind at all: else its page is not there, whoever sends it."""
    return route.audience == "anyone" or (kind != VISITOR and route.audience in ("account", "staff" if kind in STAFF else "contact"))


def _rows(scene: Scene) -> dict[str, int]:
    """How many rows each table has, but for what is only counted or looked at."""
    with scene.app.store.reading() as uow:
        count = uow.accounts._connection.exec_driver_sql
        names = [name for (name,) in count("SELECT name FROM sqlite_master WHERE type = 'table'").all()]
        return {name: count(f'SELECT count(*) FROM "{name}"').scalar_one() for name in names if name not in ("rate_buckets", "drafts")}


SEEN: Mapping[str, tuple[int, int, int]] = {
    "visitor": (303, 303, 303),
    "reporter": (200, 404, 404),
    "participant": (200, 404, 404),
    "waiting": (404, 404, 404),
    "colleague": (404, 200, 404),
    "stranger": (404, 404, 200),
}
"""The case page of SUP-1, of the colleague's and of the stranger's case, by kind. Written by hand: nothing here is worked out."""


NOT_FOR: Mapping[str, set[str]] = {
    "agent": {"POST /desk/customers", "POST /desk/customers/{name}"},
    "operator": set(),
    "admin": set(),
}
"""What is refused on pages for staff, by kind. Written by hand, too."""


@pytest.mark.parametrize("kind", NOT_FOR)
def test_given_staff_when_every_page_of_theirs_is_asked_then_agents_alone_are_refused_something(scene: Scene, kind: str) -> None:
    with serve(scene.app) as port:
        refused = {
            f"{route.method} {route.path}"
            for route in ROUTES
            if route.audience == "staff" and _asked(scene, route, kind, OWN, port).status == 403
        }
    assert refused == NOT_FOR[kind]


@pytest.mark.parametrize("kind", NOT_FOR)
def test_given_staff_when_forms_are_shown_then_none_of_them_would_be_refused(scene: Scene, kind: str) -> None:
    """A button that leads to a refusal is a right that a template has decided by itself."""
    refused = {one.removeprefix("POST ") for one in NOT_FOR[kind]}
    with serve(scene.app) as port:
        for route in ROUTES:
            if route.method == "GET" and route.audience == "staff" and route.path not in STREAMS:
                page = scene.visitor(kind, port).get(path_of(scene, route))
                forms = {one.attributes.get("action") for one in page.tree.css("form[method=post]")} if page.status == 200 else set()
                assert not forms & {path_of(scene, one) for one in ROUTES if one.method == "POST" and one.path in refused}, route.path


@pytest.mark.parametrize("kind", SEEN)
def test_given_the_three_cases_when_opened_then_only_ones_own_is_shown(scene: Scene, kind: str) -> None:
    with serve(scene.app) as port:
        statuses = tuple(scene.visitor(kind, port).get(f"/browse/{key}").status for key in (OWN, COLLEAGUES, STRANGERS))
        gone = scene.visitor(kind, port).get("/browse/SUP-999")
    assert statuses == SEEN[kind]
    assert gone.status == (303 if kind == VISITOR else 404)


def test_given_a_case_that_may_not_be_seen_when_asked_for_then_the_page_is_that_of_a_case_that_does_not_exist(scene: Scene) -> None:
    with serve(scene.app) as port:
        liv = scene.visitor("stranger", port)
        hidden, missing = liv.get(f"/browse/{OWN}"), liv.get("/browse/SUP-999")
    assert (hidden.status, hidden.shown(), sorted(hidden.headers)) == (missing.status, missing.shown(), sorted(missing.headers))


def _expected(scene: Scene, route: Route, kind: str, key: str) -> set[str | int]:
    if route.path in FOR_NOBODY:
        return {404, 410}
    if route.audience == "anyone":
        return FINE[route.method] if kind == VISITOR else {*FINE[route.method], *({403} if route.action else ()), "desk"}
    if kind == VISITOR:
        return {403} if route.keeps else {"login"}  # 403: the login, which takes along what was typed
    if route.audience != "account" and (route.audience == "staff") is not (kind in STAFF):
        return {404, "desk"} if kind in STAFF and route.method == "GET" else {404}
    fine = FINE[route.method] | ({"desk"} if kind in STAFF else set())
    if not route.action:
        return fine
    with scene.app.store.reading() as uow:
        case = uow.cases.get(key) if "{key}" in route.path else None
    verdict = explain(scene.principal(kind), Action(route.action), case)
    if case is not None and not verdict.visible:
        return {404}
    return fine if verdict.allowed else {403}


def _asked(scene: Scene, route: Route, kind: str, key: str, port: int) -> Answer:
    return _asked_by(scene, route, scene.visitor(kind, port), kind, key)


def _asked_by(scene: Scene, route: Route, who: Visitor, kind: str, key: str) -> Answer:
    with scene.app.store.transaction() as uow:
        uow.accounts._connection.exec_driver_sql("DELETE FROM rate_buckets")
        case = uow.cases.get(key)
    path = path_of(scene, route, key)
    if route.path in STREAMS:
        return who.first_line(path)
    if route.method == "GET":
        return who.get(path)
    me = (scene.accounts[kind].contact_id if kind != VISITOR else None) or case.participants[-1].contact.id
    return _sent(who, path, {name: me if value == ME else value for name, value in FORMS[route.path](case, next(_numbers)).items()})


def _sent(who: Visitor, path: str, fields: Mapping[str, str]) -> Answer:
    secret = who.cookies.get("session") or who.cookies.setdefault("visitor", "v" * 43)
    return who.post(path, {**fields, TOKEN_FIELD: form_token(secret)})


def _outcome(answer: Answer) -> str | int:
    where = answer.headers.get("location", "")
    if answer.status == 303 and where.startswith("/login?next="):
        return "login"
    return "desk" if answer.status == 303 and where.startswith("/desk") else answer.status
