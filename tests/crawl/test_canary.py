"""A canary with markup and template words in every field of every object: it appears on pages, and escaped wherever it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
from selectolax.lexbor import LexborHTMLParser

from mailgate.application.customers import suppressions
from mailgate.application.desk import presence
from mailgate.store.columns import PlainText
from mailgate.store.schema import metadata
from tests.crawl.pages import pages
from tests.support.desks.crawl import KINDS, OWN, STAFF, Scene, make_scene
from tests.support.desks.office import EVA, KARI, open_office
from tests.support.desks.site import serve

CANARY = "\"><x-mg onx=1>'{{7*7}}"
SHOWN = ('"&gt;&lt;x-mg', "&#34;&gt;&lt;x-mg", "&quot;&gt;&lt;x-mg")

# What is no words of people: keys of the workflow, JSON, tokens, addresses by which people are found.
NOT_WORDS: Mapping[str, frozenset[str]] = {
    "cases": frozenset({"case_type", "priority"}),
    "contacts": frozenset({"address", "address_lower", "recent_endings", "language"}),
    "customers": frozenset({"agreement", "language"}),
    "accounts": frozenset({"username_lower", "address_lower"}),
    "events": frozenset({"facts"}),
    "comment_files": frozenset({"content_type", "disposition", "content_id"}),
    "suppressions": frozenset({"address"}),
    "journal": frozenset({"protocol", "operator_decision"}),
    "decisions": frozenset({"kind", "trust", "policy_version", "trail", "message_id"}),
    "notices": frozenset({"group_key", "address", "language", "facts"}),
    "outbox": frozenset({"template", "address", "reverse_path", "message_id", "language", "delivery", "delivery_status"}),
}
TABLES = (
    "cases", "contacts", "customers", "comments", "comment_files", "accounts", "sessions", "events", "reply_texts", "suppressions",
    "journal", "decisions", "notices", "outbox", "attempts", "presences",
)  # fmt: skip
HELD = (
    "From: {name} <nils@fremmed.example>\nSubject: {words}\nMessage-ID: <canary@fremmed.example>\nMIME-Version: 1.0\n"
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n{words}\n\n-- \n{words}\n\n> {words}\n"
    "--b\nContent-Type: text/plain; name*=utf-8''{quoted}\nContent-Disposition: attachment; filename*=utf-8''{quoted}\n\nx\n--b--\n"
)
"""A held mail whose author, subject, text, signature, quote and file bear the canary."""
SHOWS = {
    "/cases", "/browse/{key}", "/browse/{key}/edit", "/me", "/desk", "/desk/cases/{key}", "/desk/held", "/desk/mail/{id}",
    "/desk/customers", "/desk/customers/{name}", "/desk/contacts/{address}", "/desk/texts", "/desk/texts/edit",
}  # fmt: skip
"""Pages that show words of people: the canary must be seen there."""


@dataclass(frozen=True)
class Marked:
    """A scene in which every text is the canary, and where its pages are."""

    scene: Scene
    port: int


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marked]:
    """See `Marked`."""
    with open_office(Path(tmp_path_factory.mktemp("canary"))) as office:
        scene = _with_more(make_scene(office))
        for kind in KINDS[1:]:
            scene.session(kind)
        _mark(scene)
        with serve(office.app) as port:
            yield Marked(scene, port)


def _with_more(scene: Scene) -> Scene:
    """The scene with a suppression, somebody who writes, and a held mail full of the canary."""
    app = scene.app
    suppressions.add_suppressions(app, EVA, suppressions.AddSuppressions([KARI], "mailbox full"))
    presence.be_present(app, scene.principal("operator"), presence.BePresent(OWN, writing=True))
    text = HELD.format(name=CANARY.replace('"', "").replace("<", "(").replace(">", ")"), words=CANARY, quoted=quote(CANARY))
    return replace(scene, mail=scene.office.take(text, scene.office.reply_address(OWN, KARI), "nils@fremmed.example"))


def _mark(scene: Scene) -> None:
    """Put the canary at the end of every text that people write."""
    with scene.app.store.database.writing.begin() as connection:
        for name in TABLES:
            table = metadata.tables[name]
            words = [one for one in table.c if isinstance(one.type, PlainText) and one.name not in NOT_WORDS.get(name, frozenset())]
            if words:
                connection.execute(table.update().values({one.name: one + CANARY for one in words}))


def test_given_the_canary_in_every_field_when_every_page_is_opened_then_it_is_only_ever_text(marked: Marked) -> None:
    seen = set()
    for route, kind, path in pages(marked.scene, everybody=True):
        answer = marked.scene.visitor(kind, marked.port).get(path)
        assert answer.status in (200, 303), (kind, path)
        assert_only_text(answer.text, path)
        if any(one in answer.text for one in SHOWN):
            seen.add(route.path)
    assert SHOWS - seen == set()


@pytest.mark.parametrize("show", ["understood", "headers", "trail", "html"])
def test_given_the_canary_in_a_mail_when_each_view_of_it_is_opened_then_it_is_only_ever_text(marked: Marked, show: str) -> None:
    for kind in STAFF:
        answer = marked.scene.visitor(kind, marked.port).get(f"/desk/mail/{marked.scene.mail}?show={show}")
        assert answer.status == 200
        assert_only_text(answer.text, show)


@pytest.mark.parametrize("path", ["/cases", f"/browse/{OWN}", "/new", "/login"])
def test_given_the_canary_in_the_address_when_opened_then_it_is_only_ever_text(marked: Marked, path: str) -> None:
    who = marked.scene.visitor("reporter", marked.port)
    for name in ("text", "status", "after", "type", "next"):
        answer = who.get(f"{path}?{name}={quote(CANARY)}")
        assert_only_text(answer.text, path)


def test_given_the_canary_in_a_form_when_it_is_wrong_then_what_was_typed_comes_back_as_text(marked: Marked) -> None:
    who = marked.scene.visitor("reporter", marked.port)
    refused = who.submit(who.get("/new"), "/new", {"summary": CANARY, "description": CANARY, "environment": CANARY})
    assert refused.status == 422
    assert any(one in refused.text for one in SHOWN)
    assert_only_text(refused.text, "/new")
    refused = marked.scene.visitor("visitor", marked.port)
    page = refused.submit(refused.get("/register"), "/register", {"name": CANARY, "address": CANARY, "username": CANARY})
    assert page.status == 422
    assert_only_text(page.text, "/register")


def assert_only_text(html: str, where: str) -> None:
    """The canary makes no element and no attribute, and nothing computes with it."""
    assert "<x-mg" not in html, where
    tree = LexborHTMLParser(html)
    assert tree.css("x-mg") == [], where
    assert [one.tag for one in tree.css("*") if "onx" in one.attributes] == [], where
    assert "'49" not in html, where
    assert "&#39;49" not in html, where
