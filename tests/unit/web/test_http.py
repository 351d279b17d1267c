"""What every answer of the web holds: headers, origin, tokens, errors, languages, budgets, words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailgate.store.failures import StoreBroken
from mailgate.web.http.client import client_address, forwarded_scheme
from mailgate.web.http.download import disposition
from mailgate.web.http.static import Static
from mailgate.web.pages.links import linked
from mailgate.web.pages.words import LANGUAGES, choose, words
from mailgate.web.routes import ROUTES
from tests.support.desks.office import KARI
from tests.support.desks.site import SiteUnderTest

TEMPLATES = Path(__file__).parents[3] / "templates" / "web"
NN_WRONG = re.compile(r"\b(ikke|noe|hvordan|hva|hvor|jeg|en sak|bruker)\b", re.IGNORECASE)


def test_given_any_page_when_answered_then_nothing_may_run_be_framed_or_referred_to(site: SiteUnderTest) -> None:
    for path in ("/login", "/register", "/nothing"):
        headers = site.visitor().get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_given_a_post_from_elsewhere_when_sent_then_it_does_nothing(site: SiteUnderTest, headers: dict[str, str]) -> None:
    kari = site.logged_in(KARI, "kari")
    page = kari.get("/browse/SUP-1")
    token = page.tree.css_first("input[name=form_token]").attributes["value"] or ""
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    refused = kari._ask("POST", "/browse/SUP-1/comments", f"form_token={token}&text=hei".encode(), sent)
    assert (refused.status, "Skjemaet er for gammelt" in refused.shown()) == (403, True)


def test_given_a_form_token_of_somebody_else_when_sent_then_it_is_refused(site: SiteUnderTest) -> None:
    kari, other = site.logged_in(KARI, "kari"), site.visitor()
    stolen = other.get("/login").tree.css_first("input[name=form_token]").attributes["value"] or ""
    assert kari.post("/browse/SUP-1/comments", {"form_token": stolen, "text": "hei"}).status == 403
    assert kari.post("/browse/SUP-1/comments", {"text": "hei"}).status == 403


def test_given_a_body_larger_than_a_mail_may_be_when_sent_then_413_and_nothing_is_saved(site: SiteUnderTest) -> None:
    kari = site.logged_in(KARI, "kari")
    refused = kari.post("/browse/SUP-1/comments", {}, headers={"Content-Length": str(10**9)})
    assert refused.status == 413


def test_given_a_fault_of_ours_when_a_page_fails_then_nobody_sees_why(site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    kari = site.logged_in(KARI, "kari")

    def broken(*_arguments: object, **_more: object) -> object:
        raise RuntimeError("password=hunter2 at /srv/x")

    monkeypatch.setattr("mailgate.web.portal.case.timeline", broken)
    answer = kari.get("/browse/SUP-1")
    assert answer.status == 500
    assert "hunter2" not in answer.text
    assert "Noe gikk galt hos oss" in answer.text


def test_given_a_database_that_is_away_when_asked_then_503_with_a_time_to_come_back(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    kari = site.logged_in(KARI, "kari")

    def away(*_arguments: object, **_more: object) -> object:
        raise StoreBroken("gone")

    monkeypatch.setattr("mailgate.web.portal.cases.list_cases", away)
    answer = kari.get("/cases")
    assert (answer.status, answer.headers.get("retry-after")) == (503, "30")


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil.example", "/login", "/browse/\nx"])
def test_given_a_place_to_go_that_is_none_of_ours_when_logged_in_then_the_first_page_is_shown(site: SiteUnderTest, path: str) -> None:
    site.add_account(KARI, "kari")
    who = site.visitor()
    page = who.get("/login")
    done = who.submit(page, "/login", {"name": "kari", "password": "fire glade laks i fjorden", "next": path})
    assert done.headers["location"] == "/"


def test_given_every_route_when_a_visitor_asks_then_only_open_ones_answer(site: SiteUnderTest) -> None:
    for route in ROUTES:
        if route.method == "GET" and route.audience != "anyone":
            path = re.sub(r"\{\w+\}", "x", route.path)
            answer = site.visitor().get(path)
            assert (answer.status, answer.headers["location"].startswith("/login?next=")) == (303, True), route.path


def test_given_each_language_when_chosen_then_the_page_says_so_and_remembers(site: SiteUnderTest) -> None:
    who = site.visitor()
    page = who.get("/login")
    who.submit(page, "/language", {"language": "nn", "next": "/login"})
    assert "Gløymt passord?" in who.get("/login").shown()
    assert 'lang="nn"' in who.get("/login").text


def test_given_the_catalogues_when_compared_then_each_text_is_in_all_with_the_same_values() -> None:
    texts = {language: words(language).texts for language in LANGUAGES}
    assert texts["nb"].keys() == texts["nn"].keys() == texts["en"].keys()
    for key, text in texts["nb"].items():
        values = sorted(re.findall(r"\{\w+\}", text))
        assert values == sorted(re.findall(r"\{\w+\}", texts["nn"][key])) == sorted(re.findall(r"\{\w+\}", texts["en"][key])), key
    assert [key for key, text in texts["nn"].items() if NN_WRONG.search(text)] == []


def test_given_the_templates_when_read_then_every_key_has_a_text_and_nothing_is_inline() -> None:
    known = words("nb").texts
    for path in TEMPLATES.rglob("*.j2"):
        source = path.read_text()
        assert [key for key in re.findall(r'\bt(?:\.html)?\("([^"]+)"[,)]', source) if key not in known] == [], path
        assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?! type=\"module\" src=)", source), path


def test_given_what_browsers_ask_for_when_chosen_then_norwegian_comes_first_for_the_north() -> None:
    assert choose("", "sv-SE,sv;q=0.9,en;q=0.5", "en") == "nb"
    assert choose("", "de,en;q=0.8", "nb") == "en"
    assert choose("nn", "en", "nb") == "nn"
    assert choose("", "q=;;,,", "nb") == "nb"


def test_given_the_assets_when_weighed_then_they_keep_the_budget() -> None:
    static = Static()
    assert static.size_bytes("site.css") <= 32 * 1024
    assert static.size_bytes("site.css", packed=True) <= 8 * 1024
    assert static.size_bytes("app.js", packed=True) <= 7 * 1024
    assert static.size_bytes("icons.svg") <= 6 * 1024


def test_given_an_asset_when_asked_for_by_its_hash_then_it_is_kept_for_a_year(site: SiteUnderTest) -> None:
    path = Static().url("site.css")
    fresh = site.visitor().get(path, **{"Accept-Encoding": "gzip"})
    assert (fresh.headers["content-encoding"], "immutable" in fresh.headers["cache-control"]) == ("gzip", True)
    old = site.visitor().get("/static/0000/site.css")
    assert old.headers["cache-control"] == "private, no-cache"
    assert site.visitor().get("/static/0000/../app.py").status == 404


def test_given_forwarded_addresses_when_read_then_only_trusted_proxies_are_believed() -> None:
    import ipaddress

    trusted = (ipaddress.ip_network("10.0.0.0/8"),)
    assert client_address("203.0.113.9", ["192.0.2.1"], trusted) == "203.0.113.9"
    assert client_address("10.0.0.1", ["192.0.2.1, 198.51.100.7"], trusted) == "198.51.100.7"
    assert client_address("10.0.0.1", ["192.0.2.1, 10.0.0.2"], trusted) == "192.0.2.1"
    assert client_address("10.0.0.1", ["rubbish"], trusted) == "10.0.0.1"
    # HAProxy leaves the client's line as it is and adds one of its own.
    assert client_address("10.0.0.1", ["192.0.2.1", "198.51.100.7"], trusted) == "198.51.100.7"
    assert forwarded_scheme("10.0.0.1", ["https", "http"], trusted) == "http"
    assert forwarded_scheme("203.0.113.9", ["https"], trusted) == ""


def test_given_text_of_strangers_when_linked_then_all_of_it_is_escaped() -> None:
    html = str(linked("Se https://a.example/?b=1&c=<x>, og javascript:alert(1)\n<b>"))
    assert '<a href="https://a.example/?b=1&amp;c=" rel="noreferrer noopener nofollow">' in html
    assert "<b>" not in html
    assert "javascript:alert(1)" in html
    assert 'href="javascript' not in html


@pytest.mark.parametrize(
    "name", ['a";b.txt', "../../etc/passwd", "\r\nX: 1.txt", "æøå.pdf", "...", "a\u202egpj.exe", "C:a.png", "a\uff0fb"]
)
def test_given_any_file_name_when_sent_then_the_field_is_one_line_of_safe_signs(name: str) -> None:
    value = disposition(name)
    assert re.fullmatch(r"attachment; filename=\"[^\"\\\r\n/]+\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+", value), value
    assert ":" not in value
    assert "%3A" not in value
