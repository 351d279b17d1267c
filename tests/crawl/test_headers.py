"""Header fields of every answer: what the browser may do with it, keep of it and tell of it. Also of errors, files and our own assets."""

from __future__ import annotations

import pytest

from mailgate.web.app import WebOptions
from mailgate.web.http.security import FILE_CSP, HSTS, PAGE_CSP
from mailgate.web.http.static import Static
from mailgate.web.routes import ROUTES
from tests.crawl.conftest import Crawl
from tests.crawl.pages import NOT_FOUND, kinds_for, pages, path_of
from tests.support.desks.site import Answer, Visitor, serve

COMMON = {
    "referrer-policy": "no-referrer", "x-content-type-options": "nosniff", "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}  # fmt: skip
CACHE = {"private": "private, no-cache", "no-store": "no-store"}
SECURE = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.9"}


def wrong(answer: Answer, expected: dict[str, str]) -> dict[str, tuple[str, str | None]]:
    """What differs: field -> (expected, found)."""
    return {name: (value, answer.headers.get(name)) for name, value in expected.items() if answer.headers.get(name) != value}


def test_given_every_page_when_answered_then_its_fields_are_those_of_its_row(crawl: Crawl) -> None:
    for route, kind, path in pages(crawl.scene, everybody=True):
        answer = crawl.visitor(kind).get(path)
        cache = "no-store" if answer.status == 303 else CACHE[route.cache]
        assert wrong(answer, {**COMMON, "content-security-policy": PAGE_CSP, "cache-control": cache}) == {}, path
        assert ("x-robots-tag" in answer.headers) is (cache == "no-store"), path
        assert "strict-transport-security" not in answer.headers, path
        assert "server" not in answer.headers, path
        assert "last-modified" not in answer.headers, path


def test_given_a_page_that_knows_a_secret_when_its_row_is_read_then_nothing_may_keep_it() -> None:
    for route in ROUTES:
        if "{token}" in route.path or route.action in ("account.log_in", "account.reset", "account.register"):
            assert route.cache == "no-store", route.path


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/browse/SUP-999", 404), ("/password/cut", 404)])
def test_given_an_error_when_answered_then_it_has_the_same_fields(crawl: Crawl, path: str, status: int) -> None:
    answer = crawl.visitor("reporter").get(path)
    assert answer.status == status
    assert wrong(answer, {**COMMON, "content-security-policy": PAGE_CSP, "cache-control": "no-store", "x-robots-tag": "noindex"}) == {}


def test_given_every_form_when_sent_from_elsewhere_then_it_is_refused_with_the_same_fields(crawl: Crawl) -> None:
    for route in ROUTES:
        if route.method == "POST":
            for kind in kinds_for(route):
                answer = crawl.visitor(kind).post(path_of(crawl.scene, route), {}, headers={"Sec-Fetch-Site": "cross-site"})
                assert answer.status == 403, (kind, route.path)
                assert wrong(answer, {**COMMON, "content-security-policy": PAGE_CSP, "cache-control": "no-store"}) == {}, route.path


def test_given_a_file_of_a_case_when_handed_out_then_it_is_inert(crawl: Crawl) -> None:
    comment, sha256 = crawl.scene.files["SUP-1"]
    answer = crawl.visitor("reporter").get(f"/browse/SUP-1/files/{comment}/{sha256}")
    assert answer.status == 200
    assert wrong(answer, {**COMMON, "content-security-policy": FILE_CSP, "cache-control": "private, no-cache"}) == {}
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_given_an_asset_when_asked_for_then_it_is_kept_for_a_year_under_its_hash_alone(crawl: Crawl) -> None:
    static = Static()
    for name in ("site.css", "app.js", "icons.svg"):
        answer = crawl.visitor("visitor").get(static.url(name), **{"Accept-Encoding": "gzip"})
        kept = {"cache-control": "public, max-age=31536000, immutable", "content-encoding": "gzip", "vary": "Accept-Encoding"}
        assert wrong(answer, {**COMMON, **kept}) == {}, name
        assert static.hash in static.url(name)


def test_given_https_by_a_proxy_that_is_trusted_when_answered_then_the_browser_stays_there_and_cookies_are_host_bound(
    crawl: Crawl,
) -> None:
    from ipaddress import ip_network

    with serve(crawl.scene.app, WebOptions(trusted=(ip_network("127.0.0.0/8"),))) as port:
        for path in ("/login", NOT_FOUND.path, Static().url("site.css")):
            answer = Visitor(port).get(path, **SECURE)
            assert answer.headers["strict-transport-security"] == HSTS, path
        cookies = Visitor(port).get("/login", **SECURE).cookies
        assert cookies
        assert all(one.startswith("__Host-") and "Secure" in one and "HttpOnly" in one for one in cookies)
    believed_by_nobody = crawl.visitor("visitor").get("/login", **SECURE)
    assert "strict-transport-security" not in believed_by_nobody.headers
