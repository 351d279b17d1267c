"""What `mailgate doctor` says of the pages: plain text, proxies that are not named, certificates that end, and whether they answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailgate import config
from mailgate.application.doctor.pages import pages
from tests.support.desks.office import open_office
from tests.support.desks.site import serve
from tests.support.processes.sink import certificate
from tests.support.waiting import free_port

NOW = datetime.now(UTC)


def found(now: datetime = NOW, **variables: str) -> dict[str, tuple[str, str]]:
    given = {"MAILGATE_SERVICE__DOMAIN": "firma.test", "MAILGATE_WEB__LISTEN": f"127.0.0.1:{free_port()}", **variables}
    settings = config.load(None, given, make_secrets=False)
    return {one.check: (one.level, f"{one.text}; {one.do}") for one in pages(settings, now)}


@pytest.mark.parametrize(
    ("portal", "proxies", "level", "words"),
    [
        ("https://support.firma.test", "127.0.0.1", "ok", "served on"),
        ("https://support.firma.test", "", "warn", "web.trusted_proxies names nobody"),
        ("http://support.firma.test", "127.0.0.1", "fail", "plain text"),
        ("http://127.0.0.1:8080", "", "ok", "served on"),
        ("http://localhost:8080", "", "ok", "served on"),
    ],
)
def test_given_an_address_and_proxies_when_examined_then_what_is_wrong_is_said(portal: str, proxies: str, level: str, words: str) -> None:
    more = {"MAILGATE_WEB__TRUSTED_PROXIES": proxies} if proxies else {}
    finding = found(MAILGATE_SERVICE__PORTAL_URL=portal, **more)["pages"]
    assert (finding[0], words in finding[1]) == (level, True), finding


def test_given_pages_that_are_not_served_here_when_examined_then_that_is_all() -> None:
    assert found(MAILGATE_WEB__LISTEN="") == {"pages": ("ok", "not served by this host: web.listen is empty; ")}


@pytest.mark.parametrize(
    ("host", "days", "level", "words"),
    [("localhost", 0, "warn", "ends on"), ("localhost", 3, "fail", "ended on"), ("support.firma.test", 0, "warn", "is not for")],
)
def test_given_a_certificate_when_examined_then_its_end_and_name_are_told(
    tmp_path: Path, host: str, days: int, level: str, words: str
) -> None:
    cert, key = certificate(tmp_path)
    tls = {"MAILGATE_WEB__TLS_CERT": str(cert), "MAILGATE_WEB__TLS_KEY": str(key), "MAILGATE_SERVICE__PORTAL_URL": f"https://{host}"}
    finding = found(NOW + timedelta(days=days), **tls)["pages certificate"]
    assert (finding[0], words in finding[1]) == (level, True), finding


def test_given_pages_when_examined_then_whether_they_answer_is_told(tmp_path: Path) -> None:
    assert found()["pages answer"][0] == "warn"
    with open_office(tmp_path) as office, serve(office.app) as port:
        assert found(MAILGATE_WEB__LISTEN=f"127.0.0.1:{port}")["pages answer"][0] == "ok"
