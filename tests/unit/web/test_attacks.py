"""The pages as an attacker tries them: requests that no browser makes, on a real socket."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from urllib.parse import quote

import pytest
import uvicorn

from mailgate.application.cases import edit, people
from mailgate.runtime.patient_http import Clients, PatientProtocol
from mailgate.web import app as pages
from mailgate.web.app import make_app
from mailgate.web.http import body
from tests.support.desks.office import EVA, KARI, LIV, PER
from tests.support.desks.site import PASSWORD, SiteUnderTest, Visitor
from tests.support.waiting import free_port, until


def sent(port: int, request: bytes, *, wait_s: float = 20) -> bytes:
    """What comes back for these bytes until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
        return answer


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


# Paths, hosts and places to go ---------------------------------------------------------------------------------------------------------

PATHS = (
    "/browse/%E2%82%AC", "/browse/%ff%fe", "/browse/%0d%0aSet-Cookie:%20x=1", "/browse/a%26next=https://evil.example", "/browse/%00",
    "/browse/%25252e", "/%2e%2e/%2e%2e/etc/passwd", "/static/..%2f..%2fapp.py/x", "/browse/" + "x" * 5000, "//evil.example/",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_given_any_path_when_asked_for_then_the_answer_is_a_page_and_leads_nowhere_else(site: SiteUnderTest, path: str) -> None:
    for who in (site.visitor(), site.logged_in(KARI, "kari")):
        answer = who.get(path)
        assert answer.status in (303, 404), path
        assert re.fullmatch(r"/[!-~]*", answer.headers.get("location", "/login"))
        assert not answer.headers.get("location", "/login").startswith("//")
        assert not any("x=1" in line for line in answer.cookies)


@pytest.mark.parametrize("host", ["evil.example", "[", "a@b", "x:99999", "evil.example, portal.test", ""])
def test_given_any_host_when_asked_then_links_and_places_to_go_do_not_have_it(site: SiteUnderTest, host: str) -> None:
    for path in ("/cases", "/login", "/nothing"):
        answer = sent(site.port, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert status_of(answer) in (200, 303, 400, 404)
        assert b"evil.example" not in answer


def test_given_a_host_of_an_attacker_when_a_password_is_forgotten_then_the_mailed_link_is_ours(site: SiteUnderTest) -> None:
    site.add_account(KARI, "kari")
    who = site.visitor()
    page = who.get("/password")
    token = page.tree.css_first("input[name=form_token]").attributes["value"] or ""
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    assert who.post("/password", {"form_token": token, "name": "kari"}, headers=forged).status == 200
    with site.office.app.store.reading() as uow:
        facts = uow.notices._connection.exec_driver_sql("SELECT facts FROM notices WHERE kind = 'account_reset'").scalar_one()
    assert "http://portal.test/password/" in facts
    assert "evil" not in facts


@pytest.mark.parametrize(
    "wanted", ["/browse/€", "/cases\r\nSet-Cookie: x=1", "/cases\x00", "/me/../../evil", "/cases?x=\u202e", "/new#<script>"]
)
def test_given_a_place_to_go_with_strange_signs_when_logged_in_then_it_is_one_line_of_ascii(site: SiteUnderTest, wanted: str) -> None:
    site.add_account(KARI, "kari")
    who = site.visitor()
    done = who.submit(who.get("/login"), "/login", {"name": "kari", "password": PASSWORD, "next": wanted})
    assert done.status == 303
    assert re.fullmatch(r"/[!-~]*", done.headers["location"])


# Sessions and forms ---------------------------------------------------------------------------------------------------------------------


def test_given_cookies_that_an_attacker_has_planted_when_the_victim_logs_in_then_they_open_nothing(site: SiteUnderTest) -> None:
    site.add_account(KARI, "kari")
    planted = {"session": "a" * 43, "visitor": "b" * 43}
    victim = Visitor(site.port, dict(planted))
    assert victim.log_in("kari").status == 303
    assert victim.cookies["session"] != planted["session"]
    assert Visitor(site.port, dict(planted)).get("/cases").status == 303
    secret_of_before = Visitor(site.port, {"visitor": planted["visitor"]}).get("/login").tree.css_first("input[name=form_token]")
    token = secret_of_before.attributes["value"] or ""
    assert victim.post("/browse/SUP-1/comments", {"form_token": token, "text": "hei"}).status == 403


def test_given_https_behind_a_trusted_proxy_when_logged_in_then_the_cookie_is_host_bound_secure_and_hidden(site: SiteUnderTest) -> None:
    site.add_account(KARI, "kari")
    plain = site.visitor().log_in("kari").cookies
    assert all("HttpOnly" in line and "SameSite=lax" in line and "Path=/" in line for line in plain)
    assert not any("Domain=" in line for line in plain)


def test_given_a_form_in_json_or_plain_text_when_sent_then_it_does_nothing(site: SiteUnderTest) -> None:
    kari = site.logged_in(KARI, "kari")
    token = kari.get("/browse/SUP-1").tree.css_first("input[name=form_token]").attributes["value"] or ""
    for kind in ("application/json", "text/plain", "", "multipart/form-data"):
        answer = kari._ask(
            "POST",
            "/browse/SUP-1/comments",
            f"form_token={token}&text=hei".encode(),
            {"Sec-Fetch-Site": "same-origin", "Content-Type": kind},
        )
        assert answer.status in (400, 403), kind


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_given_another_method_when_a_change_is_asked_for_then_nothing_changes(site: SiteUnderTest, method: str) -> None:
    kari = site.logged_in(KARI, "kari")
    cookie = f"Cookie: session={kari.cookies['session']}\r\n"
    for path in ("/browse/SUP-1/comments", "/logout", "/me/sessions"):
        answer = sent(
            site.port,
            f"{method} {path} HTTP/1.1\r\nHost: x\r\n{cookie}Content-Length: 0\r\nConnection: close\r\n\r\n".encode(),
        )
        assert status_of(answer) in ((303,) if method in ("GET", "HEAD") else (400, 403, 404, 405))
    assert kari.get("/cases").status == 200


# Who may see what -----------------------------------------------------------------------------------------------------------------------

FOREIGN = (
    "/browse/{key}", "/browse/{key}/edit", "/browse/{key}/files/0192d3a0-0000-7000-8000-000000000000/" + "a" * 64,
    "/browse/{key}/files/x/y",
)  # fmt: skip
ACTS = {
    "comments": {"text": "hei"}, "operations": {"operation": "verify"}, "edit": {"summary": "x", "description": "y"}, "clone": {},
    "participants": {"address": "liv@annen.example"}, "participants/remove": {"who": KARI},
}  # fmt: skip


def test_given_a_foreign_case_when_asked_for_then_each_answer_is_that_for_a_case_that_does_not_exist(site: SiteUnderTest) -> None:
    liv = site.logged_in(LIV, "liv")
    for path in FOREIGN:
        foreign, nothing = liv.get(path.format(key="SUP-1")), liv.get(path.format(key="SUP-9"))
        assert (foreign.status, foreign.shown()) == (404, nothing.shown())
        assert set(foreign.headers) == set(nothing.headers)
    page = liv.get("/new")
    token = page.tree.css_first("input[name=form_token]").attributes["value"] or ""
    for act, fields in ACTS.items():
        answers = [liv.post(f"/browse/{key}/{act}", {"form_token": token, **fields}) for key in ("SUP-1", "SUP-9")]
        assert [one.status for one in answers] == [404, 404], act
        assert answers[0].shown() == answers[1].shown()


@pytest.mark.parametrize("key", ["SUP-99999999999999999999999", "SUP--1", "SUP-1e3", "SUP-\u0661", "sup-1 ", "SUP-1'--", "%", "null"])
def test_given_a_key_that_is_none_when_asked_for_then_it_is_not_found(site: SiteUnderTest, key: str) -> None:
    assert site.logged_in(LIV, "liv").get(f"/browse/{quote(key)}").status == 404


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJ4Il0", "e30", "WzFd", "%00", "A" * 4000, "WyJcdWQ4MDAiXQ"])
def test_given_a_cursor_that_is_made_up_when_asked_with_then_the_answer_is_a_page(site: SiteUnderTest, cursor: str) -> None:
    assert site.logged_in(KARI, "kari").get(f"/cases?after={cursor}").status in (200, 422)


def test_given_the_session_of_another_account_when_ended_by_its_id_then_it_goes_on(site: SiteUnderTest) -> None:
    kari, liv = site.logged_in(KARI, "kari"), site.logged_in(LIV, "liv")
    with site.office.app.store.reading() as uow:
        account = uow.accounts.by_login("kari")
        assert account is not None
        (session,) = uow.accounts.sessions_of(account.id, site.office.app.now())
    page = liv.get("/me")
    token = page.tree.css_first("input[name=form_token]").attributes["value"] or ""
    for wanted in (session.id, "x", "'", "0" * 200):
        liv.post("/me/sessions", {"form_token": token, "session": wanted})
    assert kari.get("/cases").status == 200


# Accounts -------------------------------------------------------------------------------------------------------------------------------


def test_given_the_address_of_another_when_taken_for_a_user_name_then_it_is_refused(
    site: SiteUnderTest,
) -> None:
    site.add_account(KARI, "kari")
    form = {"name": "Ny", "company": "", "address": "ny@annen.example", "username": "nykunde"}
    for victim in (KARI, "ingen@kunde.example"):
        who = site.visitor()
        asked = who.submit(who.get("/register"), "/register", {**form, "username": victim.upper()})
        assert (asked.status, len(asked.errors())) == (422, 1)
    who = site.visitor()
    who.submit(who.get("/register"), "/register", form)
    link = site.link("account_verify")
    answers = [who.submit(who.get(link), link, {"username": victim, "password": PASSWORD}) for victim in (KARI, "ingen@kunde.example")]
    assert [one.status for one in answers] == [422, 422]
    assert answers[0].errors() == answers[1].errors()
    assert who.submit(who.get(link), link, {"username": "ny@annen.example", "password": PASSWORD}).status == 303


def test_given_an_account_named_like_an_address_when_its_owner_logs_in_then_the_address_is_its_owners(site: SiteUnderTest) -> None:
    """Accounts of before: another one has the address for a user name."""
    squatter = site.add_account(LIV, "liv")
    site.add_account(KARI, "kari")
    app = site.office.app
    with app.store.transaction() as uow:
        uow.accounts.set(squatter, replace(squatter, username=KARI))
        assert uow.accounts.by_login(KARI).username == "kari"
    assert site.visitor().log_in(KARI).status == 303


def test_given_many_changes_by_one_account_when_it_goes_on_then_it_waits_and_others_do_not(site: SiteUnderTest) -> None:
    kari, per = site.logged_in(KARI, "kari"), site.logged_in(PER, "per")
    token = kari.get("/browse/SUP-1").tree.css_first("input[name=form_token]").attributes["value"] or ""
    answers = [kari.post("/browse/SUP-1/comments", {"form_token": token, "text": f"nummer {number}"}).status for number in range(125)]
    assert (answers[0], answers[-1]) == (303, 429)
    assert per.submit(per.get("/browse/SUP-1"), "/browse/SUP-1/comments", {"text": "hei"}).status == 303
    site.office.clock.step(timedelta(hours=1))
    assert kari.post("/browse/SUP-1/comments", {"form_token": token, "text": "igjen"}).status == 303


def test_given_a_fault_behind_a_mailed_link_when_logged_then_its_token_is_not(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_arguments: object, **_more: object) -> object:
        raise RuntimeError("x")

    monkeypatch.setattr("mailgate.web.portal.register.use_cases.asked_account", broken)
    assert site.visitor().get("/register/geheim-geheim").status == 500
    logged = capfd.readouterr().err
    assert "page_failed" in logged
    assert "geheim" not in logged


# Sizes and times ------------------------------------------------------------------------------------------------------------------------


def post_head(port: int, path: str, length: str, cookie: str = "", more: str = "") -> bytes:
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\n{kind}{cookie}{more}{length}\r\n\r\n"
    ).encode()


def test_given_a_visitor_who_sends_a_large_form_when_read_then_it_is_refused_early_and_the_connection_closed(site: SiteUnderTest) -> None:
    declared = sent(site.port, post_head(site.port, "/login", "Content-Length: 5000000") + b"a" * 1000)
    assert status_of(declared) == 413
    chunk = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
    assert status_of(sent(site.port, post_head(site.port, "/login", "Transfer-Encoding: chunked") + chunk * 6)) == 413


def test_given_a_body_that_does_not_come_when_its_time_is_over_then_408_and_the_connection_closed(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "read_form", partial(body.read_form, grace_s=0.3))
    assert status_of(sent(site.port, post_head(site.port, "/login", "Content-Length: 100") + b"a")) == 408
    kari = site.logged_in(KARI, "kari")
    head = post_head(site.port, "/browse/SUP-1/comments", "Content-Length: 1000000", f"Cookie: session={kari.cookies['session']}\r\n")
    assert status_of(sent(site.port, head + b"a")) == 408


MANY = b"".join(b'--B\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % number for number in range(300)) + b"--B--\r\n"
MANY_FILES = (
    b"".join(b'--B\r\nContent-Disposition: form-data; name="files"; filename="f%d"\r\n\r\nx\r\n' % number for number in range(50))
    + b"--B--\r\n"
)
LONG_HEAD = b"--B\r\n" + b"X-A: " + b"a" * 60_000 + b"\r\n\r\nx\r\n--B--\r\n"
NO_END = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * 1000


@pytest.mark.parametrize("content", [MANY, MANY_FILES, LONG_HEAD, NO_END, b"", b"--B", b"\x00" * 5000], ids=str)
def test_given_a_multipart_bomb_when_sent_then_it_is_refused_and_nothing_saved(site: SiteUnderTest, content: bytes) -> None:
    kari = site.logged_in(KARI, "kari")
    answer = kari._ask(
        "POST", "/browse/SUP-1/comments", content, {"Sec-Fetch-Site": "same-origin", "Content-Type": "multipart/form-data; boundary=B"}
    )
    assert answer.status in (400, 403)
    assert kari.get("/cases").status == 200


SMUGGLED = b"0\r\n\r\nGET /evil HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 6\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Content-Length: 0\r\nContent-Length: 44", "Transfer-Encoding: xchunked", "Content-Length: +6", "Transfer-Encoding : chunked",
    ],
)  # fmt: skip
def test_given_two_words_on_where_a_body_ends_when_sent_then_no_second_request_is_answered(site: SiteUnderTest, framing: str) -> None:
    answer = sent(site.port, post_head(site.port, "/login", framing, more="Connection: close\r\n") + SMUGGLED)
    assert answer.count(b"HTTP/1.1 ") == 1


@contextmanager
def patient(site: SiteUnderTest, head_s: float, most: int) -> Iterator[int]:
    """The pages over the connections that `mailgate web` has, for clients of another host."""
    clients = Clients((), most)
    port = free_port()
    protocol = partial(PatientProtocol, clients=clients, head_s=head_s)
    server = uvicorn.Server(uvicorn.Config(make_app(site.office.app), port=port, http=protocol, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started, 30, "the pages are served")
        yield port
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.mark.parametrize("begun", [b"", b"G", b"GET /login HTTP/1.1\r\nHost: x\r\nX-A: "])
def test_given_a_head_that_does_not_end_when_its_time_is_over_then_the_connection_is_closed(site: SiteUnderTest, begun: bytes) -> None:
    with patient(site, 0.3, 64) as port, socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(begun)
        with suppress(ConnectionResetError):
            assert connection.recv(100) == b""


def test_given_a_second_head_that_does_not_end_when_its_time_is_over_then_the_connection_is_closed(site: SiteUnderTest) -> None:
    with patient(site, 0.3, 64) as port, socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while not answer.endswith(b"ok\n"):
            answer += connection.recv(10_000)
        connection.sendall(b"GET /hea")
        with suppress(ConnectionResetError):
            assert connection.recv(100) == b""


def test_given_a_client_that_holds_many_connections_when_it_opens_more_then_they_are_closed_and_others_are_served() -> None:
    clients = Clients((), 3)
    assert [clients.enter("203.0.113.9") for _ in range(5)] == [True] * 3 + [False] * 2
    assert clients.enter("203.0.113.10")
    assert [clients.enter(f"2001:db8::{number}") for number in range(5)] == [True] * 3 + [False] * 2
    clients.leave("203.0.113.9")
    assert [clients.enter("203.0.113.9"), clients.enter("203.0.113.9")] == [True, False]
    assert all(clients.enter("127.0.0.1") for _ in range(100))


def test_given_a_muted_case_that_its_reader_was_taken_out_of_when_their_page_is_opened_then_no_title_is_there(site: SiteUnderTest) -> None:
    per = site.logged_in(PER, "per")
    per.submit(per.get("/browse/SUP-1"), "/browse/SUP-1/mute", {"muted": "yes"})
    assert "Skriveren står" in per.get("/me").shown()
    people.remove_participant(site.office.app, EVA, people.RemoveParticipant("SUP-1", PER))
    edit.edit_case(site.office.app, EVA, edit.EditCase("SUP-1", summary="Oppsigelsen av Per"))
    page = per.get("/me").shown()
    assert "SUP-1" not in page
    assert "Oppsigelsen" not in page
    assert json.loads(per.get("/me/data").body)["notices"]["muted_cases"] == ["SUP-1"]


def test_given_words_carried_through_the_login_that_are_no_words_when_logged_in_then_it_is_a_login(site: SiteUnderTest) -> None:
    site.add_account(KARI, "kari")
    kari = site.visitor()
    answer = kari.submit(kari.get("/login"), "/login", {"name": "kari", "password": PASSWORD, "carried": "[" * 15_000})
    assert answer.status == 303
    assert kari.get("/cases").status == 200
