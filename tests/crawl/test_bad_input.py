"""Bad input, form by form: the right status, a sentence at the right field, what was typed still there, and nothing half done.

One row per form and fault. A form of the route table that has no row here fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailgate.application.cases import operate
from mailgate.store.schema import metadata
from mailgate.web.pages.forms import TOKEN_FIELD, form_token
from mailgate.web.routes import ROUTES
from tests.support.desks.crawl import OWN, VISITOR, Scene, make_scene
from tests.support.desks.office import EVA, KARI, open_office
from tests.support.desks.site import PASSWORD, Answer, Visitor, serve

COUNTS_TRIES = frozenset({"rate_buckets", "once_keys", "sessions"})
"""Tables that may change when a form is refused: what counts tries, and when a session was seen."""
CONTROL = "\x00\x07\x1b\u202e"
LONG = "x" * 5000
MEGABYTE = 1024 * 1024
REGISTER = {"name": "Ny Kunde", "company": "", "address": "ny@kunde.example", "username": "nykunde"}
CASE = {"case_type": "problem", "summary": "Noe er galt", "environment": "", "description": "Alt", "priority": "normal"}
EDIT = {"summary": "Skriveren står", "description": "d", "environment": "", "version": "{version}"}


@dataclass(frozen=True)
class Bad:
    """A form sent wrongly. `path` may hold `{token}`; values `{version}` and `{stale}`. `field`: id of what the sentence leads to."""

    path: str
    fields: Mapping[str, str]
    field: str
    status: int = 422
    files: Sequence[tuple[str, str, bytes, str]] = ()
    words: str = ""

    def __str__(self) -> str:
        return f"{self.path} {self.field} {self.status} {sorted(self.fields)[:2]}"


def register(name: str, value: str) -> Bad:
    return Bad("/register", {**REGISTER, name: value}, name)


def new(name: str, value: str, at: str = "") -> Bad:
    return Bad("/new", {**CASE, name: value}, at or name)


TABLE: tuple[Bad, ...] = (
    Bad("/login", {"name": "", "password": PASSWORD}, "name"),
    Bad("/login", {"name": "kari", "password": ""}, "password"),
    Bad("/login", {"name": LONG, "password": PASSWORD}, "name"),
    Bad("/login", {"name": f"kari{CONTROL}", "password": PASSWORD}, "name"),
    register("name", ""),
    register("name", CONTROL),
    register("name", LONG),
    register("company", LONG),
    register("address", ""),
    register("address", "kari"),
    register("address", "kari@kunde.example, per@kunde.example"),
    register("address", f"kari@kunde.example{CONTROL}\r\nBcc: x@y.example"),
    register("address", LONG + "@kunde.example"),
    register("username", ""),
    register("username", "ab"),
    register("username", "kari lunde"),
    register("username", LONG),
    Bad("/register/{token}", {"username": "nykunde", "password": ""}, "password"),
    Bad("/register/{token}", {"username": "nykunde", "password": "kort"}, "password"),
    Bad("/register/{token}", {"username": "nykunde", "password": "y" * 5000}, "password"),
    Bad("/register/{token}", {"username": "reporter", "password": PASSWORD}, "username"),
    Bad("/register/{token}", {"username": "", "password": PASSWORD}, "username"),
    Bad("/password", {"name": ""}, "name"),
    Bad("/password", {"name": LONG}, "name"),
    Bad("/password/{token}", {"password": ""}, "password"),
    Bad("/password/{token}", {"password": "kort"}, "password"),
    new("case_type", ""),
    new("case_type", "rubbish"),
    new("summary", ""),
    new("summary", CONTROL),
    new("summary", LONG),
    new("priority", "rubbish"),
    new("description", "å" * (MEGABYTE + 1)),
    new("environment", LONG),
    new("case_type", "driftsproblem", "environment"),
    Bad("/browse/{key}/comments", {"text": ""}, "text"),
    Bad("/browse/{key}/comments", {"text": f" {CONTROL}\n"}, "text"),
    Bad("/browse/{key}/comments", {"text": "å" * (MEGABYTE + 1)}, "text"),
    Bad("/browse/{key}/comments", {"text": "Se"}, "files", files=(("files", "stor.bin", b"x" * (26 * MEGABYTE), "text/plain"),)),
    Bad("/browse/{key}/comments", {"text": "Se"}, "files", files=(("files", "Faktura.pdf.EXE", b"x", "application/pdf"),)),
    Bad("/browse/{key}/comments", {"text": "Se"}, "files", files=(("files", "bilde.png", b"MZ" + bytes(200), "image/png"),)),
    Bad("/browse/{key}/operations", {"operation": "refuse", "reason": "", "version": "{version}"}, "reason"),
    Bad("/browse/{key}/operations", {"operation": "rubbish", "version": "{version}"}, "main", 409),
    Bad("/browse/{key}/operations", {"operation": "verify", "version": "{stale}"}, "main", 409),
    Bad("/browse/{key}/edit", {**EDIT, "summary": ""}, "summary"),
    Bad("/browse/{key}/edit", {**EDIT, "summary": LONG}, "summary"),
    Bad("/browse/{key}/edit", {**EDIT, "version": "{stale}"}, "main", 409),
    Bad("/browse/{key}/participants", {"address": ""}, "address"),
    Bad("/browse/{key}/participants", {"address": "per"}, "address"),
    Bad("/browse/{key}/participants/remove", {"who": "nobody"}, "", 404),
    Bad("/claim/{token}", {}, "who"),
    Bad("/claim/{token}/code", {"code": "1"}, "code"),
    Bad("/notices/{token}", {"wants": "rubbish"}, "wants"),
    Bad("/me/notices", {"wants": "rubbish"}, "wants"),
    Bad("/me/deletion", {}, "sure"),
    Bad("/me/password", {"old": "", "new": PASSWORD}, "old"),
    Bad("/me/password", {"old": "feil passord her", "new": PASSWORD}, "old"),
    Bad("/me/password", {"old": PASSWORD, "new": "kort"}, "new"),
)
NO_FIELDS = frozenset({"/browse/{key}/mute", "/drafts", "/logout", "/language", "/browse/{key}/clone", "/me/sessions"})
"""Forms in which nothing is filled in."""
STAFF_FORMS = frozenset({"/first-admin/{token}", "/login/code", "/login/openid"})
"""Their faults are in tests/unit/web/test_staff_accounts.py and test_openid.py; those of pages for staff alone in tests of those."""
MAIL_FORMS = frozenset(
    {"/drafts", "/browse/{key}/mute", "/me/notices", "/me/deletion", "/answer/{token}", "/claim/{token}", "/claim/{token}/code",
     "/notices/{token}"}
)  # fmt: skip
"""What mails lead to, and choices without words: their faults are in tests/unit/web/test_mail_links.py."""


@dataclass
class Desk:
    """A scene with SUP-1 in Løsning foreslått, and where its pages are."""

    scene: Scene
    port: int
    seen: dict[str, Any] = field(default_factory=dict)

    def rows(self) -> dict[str, list[Any]]:
        """All that is stored, but for what counts tries."""
        with self.scene.app.store.database.reading.connect() as connection:
            return {
                table.name: sorted(map(repr, connection.execute(select(table)).all()))
                for table in metadata.sorted_tables
                if table.name not in COUNTS_TRIES
            }

    def send(self, who: Visitor, bad: Bad) -> Answer:
        """The form of this row."""
        with self.scene.app.store.transaction() as uow:
            uow.accounts._connection.exec_driver_sql("DELETE FROM rate_buckets")
            version = uow.cases.get(OWN).version
        values = {"{version}": str(version), "{stale}": str(version - 1)}
        fields = {name: values.get(value, value) for name, value in bad.fields.items()}
        secret = who.cookies.get("session") or who.cookies.setdefault("visitor", "v" * 43)
        path = bad.path.replace("{key}", OWN)
        if "{token}" in path:
            path = path.replace("{token}", self.scene.token(path))
            self.seen = self.rows()
        return who.post(path, {**fields, TOKEN_FIELD: form_token(secret)}, bad.files)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """For all rows: none of them may change anything."""
    with open_office(Path(tmp_path_factory.mktemp("bad"))) as office:
        scene = make_scene(office)
        operate.operate(office.app, EVA, operate.Operate(OWN, "propose"))
        with serve(office.app) as port:
            yield Desk(scene, port)


def test_given_the_routes_when_compared_with_the_rows_then_every_form_of_customers_has_some() -> None:
    forms = {route.path for route in ROUTES if route.method == "POST" and route.audience not in ("staff", "account")}
    assert forms - {bad.path for bad in TABLE} - NO_FIELDS - STAFF_FORMS - MAIL_FORMS == set()


@pytest.mark.parametrize("bad", TABLE, ids=str)
def test_given_a_form_that_is_wrong_when_sent_then_the_field_says_so_and_nothing_is_done(desk: Desk, bad: Bad) -> None:
    who = desk.scene.visitor(VISITOR if bad.path.startswith(("/login", "/register", "/password")) else "reporter", desk.port)
    desk.seen = desk.rows()
    answer = desk.send(who, bad)
    assert answer.status == bad.status, answer.shown()[:400]
    if bad.field:
        _says_so_at_the_field(answer, bad)
    assert {name for name, rows in desk.rows().items() if rows != desk.seen[name]} == set()


def _says_so_at_the_field(answer: Answer, bad: Bad) -> None:
    links = [one for one in answer.tree.css(".summary a") if one.attributes.get("href") == f"#{bad.field}"]
    assert links, answer.errors()
    sentence = " ".join(links[0].text().split())
    assert sentence
    assert "error." not in sentence
    at = answer.tree.css_first(f"#{bad.field}")
    assert at is not None, f"the summary leads to #{bad.field}, which is not there"
    if at.tag in ("input", "textarea", "select") and at.attributes.get("type") != "hidden":
        assert at.attributes.get("aria-invalid") == "true" or at.attributes.get("type") == "radio"  # WAI-ARIA: no state of one radio
        assert f"{bad.field}-error" in (at.attributes.get("aria-describedby") or "")
        shown = answer.tree.css_first(f"#{bad.field}-error")
        assert shown is not None
        assert " ".join(shown.text().split()) == sentence
    assert answer.tree.css_first("title").text().startswith("Feil:")
    for name, value in bad.fields.items():  # what was typed is still there, passwords never
        one = answer.tree.css_first(f"main #{name}")
        if one is not None and one.tag == "input" and one.attributes.get("type") == "password":
            assert not one.attributes.get("value"), name
        elif one is not None and one.tag == "textarea":
            assert one.text().strip("\n")[:100] == value.replace("\x00", "").strip("\n")[:100] or CONTROL in value, name


SEVERAL: tuple[tuple[str, Mapping[str, str], tuple[str, ...]], ...] = (
    ("/login", {"name": "", "password": ""}, ("name", "password")),
    ("/register", {"name": "", "company": LONG, "address": "kari", "username": "a b"}, ("name", "company", "address", "username")),
    ("/register/{token}", {"username": "reporter", "password": "kort"}, ("username", "password")),
    ("/new", {**CASE, "case_type": "", "summary": "", "priority": "rubbish"}, ("case_type", "summary", "priority")),
    ("/new", {**CASE, "case_type": "driftsproblem", "summary": ""}, ("summary", "environment")),
    ("/browse/{key}/edit", {**EDIT, "summary": "", "environment": LONG}, ("summary", "environment")),
    ("/me/password", {"old": "feil passord her", "new": "kort"}, ("old", "new")),
    ("/me/notices", {"wants": "rubbish", "hour": "99"}, ("wants", "hour")),
)
"""Forms with several faults: path, fields, and where the sentences stand."""


@pytest.mark.parametrize(("path", "fields", "wrong"), SEVERAL, ids=lambda value: str(value)[:40])
def test_given_several_faults_in_a_form_when_sent_then_each_is_said_at_its_field_and_in_the_summary(
    desk: Desk, path: str, fields: Mapping[str, str], wrong: tuple[str, ...]
) -> None:
    who = desk.scene.visitor(VISITOR if path.startswith(("/login", "/register")) else "reporter", desk.port)
    answer = desk.send(who, Bad(path, fields, wrong[0]))
    assert answer.status == 422
    assert [one.attributes["href"] for one in answer.tree.css(".summary a")] == [f"#{name}" for name in wrong]
    for name in wrong:
        _says_so_at_the_field(answer, Bad(path, fields, name))


SENT_TWICE: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("/new", "/new", CASE),
    (f"/browse/{OWN}", f"/browse/{OWN}/comments", {"text": "En gang"}),
    (f"/browse/{OWN}", f"/browse/{OWN}/clone", {}),
    (f"/browse/{OWN}", f"/browse/{OWN}/participants", {"address": "ola@kunde.example"}),
    (f"/browse/{OWN}/edit", f"/browse/{OWN}/edit", {"summary": "Ny"}),
    ("/register", "/register", REGISTER),
    ("/password", "/password", {"name": KARI}),
)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Desk]:
    """A scene that a test may change."""
    with open_office(tmp_path) as office, serve(office.app) as port:
        yield Desk(make_scene(office), port)


@pytest.mark.parametrize(("page", "action", "typed"), SENT_TWICE, ids=lambda value: str(value)[:30])
def test_given_a_form_that_is_sent_twice_when_it_comes_again_then_it_is_done_once(
    fresh: Desk, page: str, action: str, typed: Mapping[str, str]
) -> None:
    who = fresh.scene.visitor(VISITOR if page in ("/register", "/password") else "reporter", fresh.port)
    shown = who.get(page)
    first = who.submit(shown, action, typed)
    after = fresh.rows()
    again = who.submit(shown, action, typed)
    assert (again.status, again.headers.get("location")) in ((303, first.headers.get("location")), (303, "/"), (first.status, None))
    assert {name for name, rows in fresh.rows().items() if rows != after[name]} == set()


TOKENS: tuple[tuple[str, Callable[[Scene], str], int, str], ...] = (
    ("cut off", lambda scene: scene.token("/password/")[:-4], 404, "hele lenken"),
    ("foreign", lambda scene: scene.token("/register/"), 404, "hele lenken"),
    ("no token", lambda scene: "x" * 43, 404, "hele lenken"),
    ("strange signs", lambda scene: "%00%ff%0a..%2f", 404, ""),
    ("very long", lambda scene: "x" * 8000, 404, ""),
)


@pytest.mark.parametrize(("_name", "token", "status", "words"), TOKENS, ids=[one[0] for one in TOKENS])
def test_given_a_token_that_opens_nothing_when_used_then_both_the_page_and_the_form_say_so(
    fresh: Desk, _name: str, token: Callable[[Scene], str], status: int, words: str
) -> None:
    who = Visitor(fresh.port)
    path, before = f"/password/{token(fresh.scene)}", fresh.rows()
    shown = who.get(path)
    who.get("/login")
    sent = who.post(path, {"password": PASSWORD, TOKEN_FIELD: form_token(who.cookies["visitor"])})
    for answer in (shown, sent):
        assert answer.status == status
        assert words in answer.shown()
        assert answer.headers["cache-control"] == "no-store"
    assert fresh.rows() == before


def test_given_a_token_that_is_old_or_used_when_used_again_then_it_says_which(fresh: Desk) -> None:
    who = Visitor(fresh.port)
    used = f"/password/{fresh.scene.token('/password/')}"
    assert who.submit(who.get(used), used, {"password": PASSWORD}).status == 303
    old = f"/password/{fresh.scene.token('/password/')}"
    fresh.scene.office.clock.step(timedelta(minutes=31))
    for path, words in ((used, "brukt"), (old, "gammel")):
        other = Visitor(fresh.port)
        answer = other.get(path)
        assert (answer.status, words in answer.shown()) == (410, True), answer.shown()
