"""Every page as machines judge it: axe (WCAG 2.2 AA) in light and dark, no sideways scrolling at 320 px (1,280 px at 400 %), valid HTML.

One browser and one server for all of it. axe-core and the Nu HTML checker come out of packages of the development environment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from mailgate.application.cases import operate
from mailgate.web.pages.words import LANGUAGES
from tests.crawl.pages import NOT_FOUND, pages
from tests.support.desks.crawl import COLLEAGUES, OWN, VISITOR, Scene, make_scene
from tests.support.desks.office import EVA, open_office
from tests.support.desks.site import Answer, Visitor, serve
from tests.support.processes.nu import invalid

pytestmark = [pytest.mark.slow, pytest.mark.packages]

AXE: Mapping[str, Any] = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
WIDTHS = (320, 1280)
WRONG_FORMS = ("/login", "/register", "/password", "/new", f"/browse/{OWN}/edit", "/me/password")
"""Forms sent empty: their pages with errors are looked at, too. Path of the form's action."""


EMPTY_AND_SEND = """path => {
  const form = [...document.forms].find(one => one.method == 'post' && new URL(one.action).pathname == path);
  for (const one of form.querySelectorAll('input[type=text], input[type=email], textarea')) one.value = '';
  form.requestSubmit();
}"""


@dataclass(frozen=True)
class Shown:
    """A page to look at: for whom, where, and which form on it is sent empty ("" for none)."""

    kind: str
    path: str
    form: str = ""


@dataclass(frozen=True)
class Site:
    """A scene and where its pages are."""

    scene: Scene
    port: int

    def shown(self) -> Iterator[Shown]:
        """All pages, those of errors among them."""
        for _, kind, path in pages(self.scene):
            yield Shown(kind, path)
        yield Shown("reporter", NOT_FOUND.path)
        yield Shown(VISITOR, "/password/cut-off")
        for path in WRONG_FORMS:
            page = "/me" if path == "/me/password" else path
            yield Shown(VISITOR if path in ("/login", "/register", "/password") else "reporter", page, path)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Cases in different states, of which one waits for the customer."""
    with open_office(Path(tmp_path_factory.mktemp("quality"))) as office:
        scene = make_scene(office)
        operate.operate(office.app, EVA, operate.Operate(OWN, "propose"))
        operate.operate(office.app, EVA, operate.Operate(COLLEAGUES, "freeze"))
        with serve(office.app) as port:
            yield Site(scene, port)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_given_every_page_when_looked_at_then_axe_finds_nothing_and_nothing_scrolls_sideways(
    site: Site, browser: Browser, scheme: Any
) -> None:
    axe, wrong = Axe(), list[str]()
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    for shown in site.shown():
        _open(site, context, page, shown)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wrong.append(f"{shown}: scrolls sideways at {width} px")
        found = axe.run(page, options=dict(AXE)).response["violations"]
        wrong += [f"{shown}: {one['id']}: {one['help']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
    context.close()
    assert wrong == []


def test_given_every_page_in_every_language_when_checked_then_its_html_is_valid(site: Site, tmp_path: Path) -> None:
    for language in LANGUAGES:
        for number, shown in enumerate(site.shown()):
            answer = _fetched(site, shown, language)
            if answer.status != 303:
                (tmp_path / f"{language}-{number}.html").write_bytes(answer.body)
    assert invalid(tmp_path) == []


def test_given_html_that_is_not_valid_when_checked_then_the_checker_says_so(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text('<!DOCTYPE html><html lang="nb"><title>x</title><p id="a"><p id="a"><li>')
    assert len(invalid(tmp_path)) >= 2


def _open(site: Site, context: BrowserContext, page: Page, shown: Shown) -> None:
    context.clear_cookies()
    url = f"http://127.0.0.1:{site.port}"
    if shown.kind != VISITOR:
        context.add_cookies([{"name": "session", "value": site.scene.session(shown.kind), "url": url}])
    page.goto(url + shown.path)
    if shown.form:
        page.evaluate(EMPTY_AND_SEND, shown.form)
        page.wait_for_selector(".summary")


def _fetched(site: Site, shown: Shown, language: str) -> Answer:
    who = site.scene.visitor(shown.kind, site.port)
    who.language = language
    page = who.get(shown.path)
    return _sent_empty(who, page, shown.form) if shown.form else page


def _sent_empty(who: Visitor, page: Answer, form: str) -> Answer:
    names = [one.attributes.get("name") or "" for one in page.tree.css("input[type=text], input[type=email], textarea")]
    return who.submit(page, form, dict.fromkeys((name for name in names if name and name != "username"), ""))
