"""What a page weighs: HTML of at most 60 KB with a full list, gzip, at most 4 requests on a first visit, assets under their hash."""

from __future__ import annotations

import gzip

import pytest

from mailgate.application.cases import comment, create
from mailgate.web.http.static import Static
from tests.crawl.conftest import Crawl
from tests.crawl.pages import pages
from tests.support.desks.crawl import COLLEAGUES, OWN
from tests.support.desks.office import EVA, KARI

MOST_HTML_BYTES, MOST_REQUESTS = 60 * 1024, 4
GZIP_FROM_BYTES = 1024
LINKED = {"link": "href", "script": "src", "img": "src", "use": "href"}


@pytest.fixture(scope="module")
def full(crawl: Crawl) -> Crawl:
    """Lists and talks as long as a page shows."""
    for number in range(60):
        create.create_case(crawl.scene.app, EVA, create.CreateCase(f"{number} Fakturaen skrives ikke ut på skriveren i annen etasje", KARI))
    for number in range(30):
        text = f"{number} Takk for svaret. Vi har prøvd på nytt i dag, og feilen er der fortsatt når flere skriver ut samtidig.\n" * 3
        comment.add_comment(crawl.scene.app, EVA, comment.AddComment(OWN, text))
    for number in range(20):
        text = f"{number} 2026-12-01 10:12:14 ERROR print.queue «faktura» -> timeout after 30 s\n" * 100
        comment.add_comment(crawl.scene.app, EVA, comment.AddComment(COLLEAGUES, text))
    return crawl


def test_given_full_pages_when_opened_then_each_keeps_the_budget(full: Crawl) -> None:
    for _, kind, path in pages(full.scene, everybody=True):
        answer = full.visitor(kind).get(path)
        if answer.status == 200:
            assert len(answer.body) <= MOST_HTML_BYTES, (path, len(answer.body))
            asked = {
                (one.attributes.get(name) or "").partition("#")[0]
                for tag, name in LINKED.items()
                for one in answer.tree.css(tag)
                if one.attributes.get(name)
            }
            assert len(asked) + 1 <= MOST_REQUESTS, (path, asked)
            assert all(one.startswith(f"/static/{Static().hash}/") for one in asked), (path, asked)


def test_given_a_browser_that_takes_gzip_when_pages_are_opened_then_they_come_packed(full: Crawl) -> None:
    for _, kind, path in pages(full.scene):
        answer = full.visitor(kind).get(path, **{"Accept-Encoding": "gzip"})
        if answer.status == 200:
            assert (answer.headers["content-encoding"], "accept-encoding" in answer.headers["vary"].lower()) == ("gzip", True), path
            assert len(gzip.decompress(answer.body)) >= GZIP_FROM_BYTES
