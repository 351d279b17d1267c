"""Bodies of forms that no browser sends: what they cost, and what they leave in the log."""

from __future__ import annotations

import io
import socket
import threading
import time
from base64 import urlsafe_b64encode
from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.support.desks.office import KARI, PER
from tests.support.desks.site import SiteUnderTest, Visitor
from tests.support.waiting import until

FIELD = b'--B\r\nContent-Disposition: form-data; name="name"\r\n\r\n%s\r\n--B--\r\n'
COSTLY = {
    "idna": b"xn--a-" + b"b" * 50_000,
    "punycode": b"-" + b"99a" * 20_000,
    "unicode_escape": b"\\ud800",
    "utf-7": b"+2AA-",
    "hex": b"61",
}


@pytest.mark.parametrize("charset", COSTLY)
def test_given_a_form_in_a_charset_that_no_browser_names_when_sent_then_no_codec_is_run_on_it(site: SiteUnderTest, charset: str) -> None:
    who = site.visitor()
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": f"multipart/form-data; boundary=B; charset={charset}"}
    begun_s = time.process_time()
    assert who._ask("POST", "/login", FIELD % COSTLY[charset], headers).status == 400
    assert time.process_time() - begun_s < 1
    headers["Content-Type"] = "multipart/form-data; boundary=B; charset=UTF-8"
    assert who._ask("POST", "/login", FIELD % b"kari", headers).status == 403


@pytest.mark.timing
def test_given_megabytes_that_are_written_in_percents_when_read_then_other_pages_do_not_wait(site: SiteUnderTest) -> None:
    kari, other = site.logged_in(KARI, "kari"), site.visitor()
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    sending = threading.Thread(target=kari._ask, args=("POST", "/browse/SUP-1/comments", b"text=" + b"%41" * 2_000_000, headers))
    sending.start()
    waited_s = []
    while sending.is_alive():
        begun_s = time.monotonic()
        assert other.get("/health").status == 200
        waited_s.append(time.monotonic() - begun_s)
        time.sleep(0.05)
    assert len(waited_s) > 1
    assert max(waited_s) < 1


@pytest.mark.parametrize("text", ["å + b & c = d % e", "to\nlinjer", "  ", "😀" * 300, "%41"])
def test_given_any_text_when_sent_in_either_encoding_then_it_is_read_as_it_was_typed(site: SiteUnderTest, text: str) -> None:
    kari = site.logged_in(KARI, "kari")
    token = kari.get("/browse/SUP-1").tree.css_first("input[name=form_token]").attributes["value"] or ""
    said = f"Hei {text} slutt"
    assert kari.post("/browse/SUP-1/comments", {"form_token": token, "text": said}).status == 303
    assert kari.post("/browse/SUP-1/comments", {"form_token": token, "text": said + "2"}, [("files", "", b"", "")]).status == 303
    with site.office.app.store.reading() as uow:
        comments = uow.cases.comments(uow.cases.get("SUP-1").id)
    assert [one.text for one in comments[-2:]] == [said, said + "2"]


def test_given_a_client_that_leaves_while_it_sends_when_noticed_then_it_is_no_fault_of_ours(
    site: SiteUnderTest, lines: io.StringIO
) -> None:
    kinds = "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"
    for kind in kinds:
        with socket.create_connection(("127.0.0.1", site.port)) as connection:
            head = f"POST /login HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: {kind}\r\n"
            connection.sendall(f"{head}Content-Length: 100\r\n\r\n--B".encode())
    until(lambda: lines.getvalue().count('"POST"') == len(kinds), 10, "the log has both requests", detail=lines.getvalue)
    assert "page_failed" not in lines.getvalue()


def test_given_the_copy_of_ones_data_when_fetched_then_no_cache_keeps_it(site: SiteUnderTest) -> None:
    kari = site.logged_in(KARI, "kari")
    assert kari.get("/me/data").headers["cache-control"] == "no-store"
    assert kari.get(f"/browse/{quote('SUP-1')}").headers["cache-control"] == "private, no-cache"


def test_given_a_customer_who_sends_megabytes_of_text_when_it_goes_on_then_it_waits_and_others_do_not(site: SiteUnderTest) -> None:
    kari, per = site.logged_in(KARI, "kari"), site.logged_in(PER, "per")

    def said(who: Visitor, text: str, *files: tuple[str, str, bytes, str]) -> int:
        token = who.get("/cases").tree.css_first("input[name=form_token]").attributes["value"] or ""
        return who.post("/browse/SUP-1/comments", {"form_token": token, "text": text}, files).status

    long = "tekst " * 170_000
    answers = [said(kari, f"{number} {long}") for number in range(8)]
    assert (answers[0], answers[-1]) == (303, 429)
    assert 4 <= answers.count(303) <= 7
    assert said(per, f"Hei {long}") == 303
    site.office.clock.step(timedelta(hours=1))
    assert said(kari, "Hei igjen", ("files", "a.bin", b"x" * 3_000_000, "")) == 303


@pytest.mark.parametrize(
    "key",
    [
        "[" * 30_000, '["2026-01-01","x"]', '["0001-01-01T00:00:00+14:00","x"]', '["9999-12-31T23:59:59-14:00","x"]',
        '["2026-01-01T00:00:00Z","\\u0000"]',
    ],
    ids=lambda key: key[:30],
)  # fmt: skip
def test_given_a_cursor_that_somebody_wrote_when_asked_with_then_it_is_a_page_and_no_fault(site: SiteUnderTest, key: str) -> None:
    cursor = urlsafe_b64encode(key.encode()).decode().rstrip("=")
    kari, agent = site.logged_in(KARI, "kari"), site.staff("eva")
    for who, path in ((kari, "/cases"), (agent, "/desk"), (agent, "/desk/held"), (agent, "/desk/customers"), (agent, "/desk/texts")):
        assert who.get(f"{path}?after={cursor}").status in (200, 422), path
