"""The pages behind the real nginx and Caddy, by the examples of deploy/proxy: https, the client's own address, live news, large uploads.

Only what is this machine's is put in: ports, a certificate, and where the programs may write.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlencode

import pytest
from selectolax.lexbor import LexborHTMLParser

from mailgate.application.cases import comment
from mailgate.web.app import WebOptions
from tests.support.desks.office import open_office
from tests.support.desks.site import PASSWORD, SiteUnderTest, serve
from tests.support.harness.repository import ROOT
from tests.support.processes.sink import certificate
from tests.support.waiting import free_port, until

pytestmark = [pytest.mark.packages]

NAME = "support.firma.example"
CLIENT, FORGED = "127.0.0.2", "203.0.113.9"
"""The client has another address than the proxy, which is at 127.0.0.1."""
PLACES = ("body", "proxy", "fastcgi", "uwsgi", "scgi")
MIB = 1024 * 1024
NEWS_S = 10.0
"""Far less than a proxy that gathers bytes would take to hand on the few of a stream that says something every 20 s."""


@dataclass
class Browser:
    """A client of the proxy with cookies, from an address of its own."""

    port: int
    trust: ssl.SSLContext
    cookies: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def begin(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Iterator[http.client.HTTPResponse]:
        """A request over https; its response with the body unread, for the block."""
        plain = socket.create_connection(("127.0.0.1", self.port), 30, (CLIENT, 0))
        with self.trust.wrap_socket(plain, server_hostname=NAME) as secure, closing(http.client.HTTPSConnection(NAME)) as connection:
            connection.sock = secure
            cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
            connection.request(method, path, body, {"Accept-Language": "nb", **cookies, **headers})
            with connection.getresponse() as response:
                for line in response.msg.get_all("Set-Cookie") or []:
                    name, _, rest = line.partition("=")
                    self.cookies[name] = rest.partition(";")[0]
                yield response

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """Status and text."""
        with self.begin(method, path, body, **headers) as response:
            return response.status, response.read().decode()

    def log_in(self, username: str, **headers: str) -> int:
        """By the form, as a browser that sends no Sec-Fetch-Site; the status."""
        page = LexborHTMLParser(self.ask("GET", "/login")[1])
        token = page.css_first("form[action='/login'] input[name=form_token]").attributes["value"]
        typed = urlencode({"form_token": token, "name": username, "password": PASSWORD}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{NAME}"}
        return self.ask("POST", "/login", typed, **kind, **headers)[0]


@dataclass
class Behind:
    """A site, the proxy's ports, and somebody who trusts its certificate."""

    site: SiteUnderTest
    port: int
    plain_port: int
    trust: ssl.SSLContext

    def browser(self) -> Browser:
        """Somebody new."""
        return Browser(self.port, self.trust)


@pytest.fixture(params=["nginx", "caddy"])
def behind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Behind]:
    """The pages behind one of the proxies."""
    cert, key = certificate(tmp_path, [NAME])
    ports = free_port(), free_port()
    options = WebOptions(trusted=(ip_network("127.0.0.1/32"),))
    settings = '[web]\ntrusted_proxies = ["127.0.0.1"]\n'
    with open_office(tmp_path, settings) as office, serve(office.app, options) as port:
        command = {"nginx": _nginx, "caddy": _caddy}[request.param](tmp_path, ports, port, cert, key)
        with _running(command, tmp_path, ports[0]):
            yield Behind(SiteUnderTest(office, port), *ports, ssl.create_default_context(cafile=str(cert)))


def _put(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        assert old in text, f"the example has no {old!r} any more"
        text = text.replace(old, new)
    return text


def _nginx(folder: Path, ports: tuple[int, int], pages: int, cert: Path, key: Path) -> list[str]:
    """The example as nginx's only site."""
    example = (ROOT / "deploy" / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    changes = {
        "    listen [::]:80;\n": "", "    listen [::]:443 ssl http2;\n": "", "listen 80;": f"listen 127.0.0.1:{ports[1]};",
        "listen 443 ssl": f"listen 127.0.0.1:{ports[0]} ssl", "127.0.0.1:8080": f"127.0.0.1:{pages}",
        f"/etc/ssl/certs/{NAME}.pem": str(cert), f"/etc/ssl/private/{NAME}.key": str(key),
    }  # fmt: skip
    (folder / "site.conf").write_text(_put(example, changes), encoding="utf-8")
    temporary = "".join(f"{'client_body' if one == 'body' else one}_temp_path {folder}/{one};\n" for one in PLACES)
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}include {folder}/site.conf;\n}}\n",
        encoding="utf-8",
    )
    return ["/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def _caddy(folder: Path, ports: tuple[int, int], pages: int, cert: Path, key: Path) -> list[str]:
    """The example with a certificate of the test's own."""
    example = (ROOT / "deploy" / "proxy" / "Caddyfile").read_text(encoding="utf-8")
    changes = {f"\n{NAME} {{\n": f"\n{NAME} {{\n\ttls {cert} {key}\n", "127.0.0.1:8080": f"127.0.0.1:{pages}"}
    head = f"{{\n\tadmin off\n\thttp_port {ports[1]}\n\thttps_port {ports[0]}\n\tdefault_bind 127.0.0.1\n}}\n"
    (folder / "Caddyfile").write_text(head + _put(example, changes), encoding="utf-8")
    return ["/usr/bin/caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    log = folder / "proxy.log"
    places = {
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "PATH": "/usr/bin:/bin",
    }
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=places, cwd=folder) as process:
        try:
            until(lambda: process.poll() is not None or _answers(port), 30, "the proxy listens", detail=log.read_text)
            assert process.poll() is None, log.read_text()
            yield
        finally:
            process.terminate()
            process.wait(20)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def clients(site: SiteUnderTest, username: str) -> list[str]:
    """Where the sessions of an account say that they are from."""
    with site.office.app.store.reading() as uow:
        account = uow.accounts.by_username(username)
        assert account is not None
        return [one.client for one in uow.accounts.sessions_of(account.id, site.office.app.now())]


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"X-Forwarded-For": FORGED},
        {"X-Forwarded-For": f"{FORGED}, 127.0.0.1"},
        {"X-Forwarded-Proto": "http", "Forwarded": f"for={FORGED}"},
    ],
    ids=["nothing", "a client", "a client and a proxy", "a scheme"],
)
def test_given_a_client_when_it_logs_in_over_https_then_its_own_address_counts_whatever_it_says(
    behind: Behind, forged: Mapping[str, str]
) -> None:
    behind.site.staff("ola")
    before, browser = clients(behind.site, "ola"), behind.browser()
    assert browser.log_in("ola", **forged) == 303
    assert sorted(clients(behind.site, "ola")) == sorted([*before, CLIENT])
    assert "__Host-session" in browser.cookies
    with browser.begin("GET", "/desk", **forged) as response:
        assert (response.status, response.headers["Strict-Transport-Security"] is not None) == (200, True)


def test_given_http_when_asked_then_it_leads_to_https(behind: Behind) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", behind.plain_port, timeout=30)) as connection:
        connection.request("GET", "/cases?text=x", headers={"Host": NAME})
        with connection.getresponse() as response:
            assert response.status in (301, 308)
            assert response.headers["Location"].startswith(f"https://{NAME}")
            assert response.headers["Location"].endswith("/cases?text=x")


def test_given_a_page_that_is_open_when_something_happens_then_it_hears_of_it_at_once(behind: Behind) -> None:
    behind.site.staff("ola")
    browser = behind.browser()
    browser.log_in("ola")
    begun_s = time.monotonic()
    with browser.begin("GET", "/desk/cases/SUP-1/live", Accept="text/event-stream") as stream:
        assert stream.headers["Content-Type"].partition(";")[0] == "text/event-stream"
        assert stream.readline() == b"retry: 3000\n"
        first = _event(stream)
        assert time.monotonic() - begun_s < NEWS_S
        said = comment.AddComment("SUP-1", "Hallo?")
        comment.add_comment(behind.site.office.app, behind.site.office.contact("kari@kunde.example"), said)
        assert _event(stream)["version"] == first["version"] + 1


def _event(stream: http.client.HTTPResponse) -> dict[str, int]:
    while not (line := stream.readline()).startswith(b"data:"):
        assert line, "the stream has ended"
    return dict(json.loads(line.removeprefix(b"data:")))


def _upload(size: int, token: str) -> tuple[bytes, str]:
    part = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'.format
    head = f"{part('form_token', '')}{token}\r\n{part('text', '')}Se\r\n{part('files', '; filename=stor.bin')}"
    return head.encode() + bytes(size) + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("size", "status", "words"),
    [(20 * MIB, 303, ""), (26 * MIB, 422, "for stor"), (40 * MIB, 413, "")],
    ids=["taken", "too large for a file", "too large for anything"],
)
def test_given_a_file_when_sent_then_mailgate_decides_and_the_proxy_only_stops_what_is_far_too_large(
    behind: Behind, size: int, status: int, words: str
) -> None:
    behind.site.add_account("kari@kunde.example", "kari")
    browser = behind.browser()
    browser.log_in("kari")
    page = LexborHTMLParser(browser.ask("GET", "/browse/SUP-1")[1])
    token = page.css_first("form[action$=comments] input[name=form_token]").attributes["value"] or ""
    body, kind = _upload(size, token)
    try:
        found, text = browser.ask("POST", "/browse/SUP-1/comments", body, **{"Content-Type": kind, "Sec-Fetch-Site": "same-origin"})
    except (ConnectionError, ssl.SSLError):
        assert status == 413  # it may close before all is sent
        return
    assert (found, words in text) == (status, True)
