"""An OpenID provider that is slow, talks without end or says what it should not: it costs its own log in, and nothing else."""

from __future__ import annotations

import base64
import gzip
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from mailgate.web.http import openid
from tests.support.desks.office import KARI, open_office
from tests.support.desks.site import PASSWORD, SiteUnderTest, Visitor, serve
from tests.support.waiting import until
from tests.unit.web.test_openid import SECRETS, back, sent_away

KEY = RSAKey.generate_key(2048, {"kid": "1"})
PUBLIC = KEY.as_dict(private=False)
AWAY = ["Leverandøren svarer ikke. Prøv igjen, eller logg inn med passord."]
REFUSED = ["Innloggingen hos leverandøren ble avbrutt eller avvist. Prøv igjen."]


class Astray:
    """The provider. `answers`: path -> what is done with the request in place of the right answer."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.claims: dict[str, object] = {}
        self.nonce, self.stopped = "", threading.Event()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answers.get(self.path, provider.right)(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"

    def right(self, request: BaseHTTPRequestHandler) -> None:
        """What a good provider says."""
        if request.path == "/token":
            say(request, {"access_token": "a", "token_type": "bearer", "id_token": self.id_token()})
        elif request.path == "/keys":
            say(request, {"keys": [PUBLIC]})
        else:
            ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            say(request, {"issuer": self.issuer, **{name: self.issuer + path for name, path in ends.items()}})

    def id_token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "mailgate", "sub": "s-1", "exp": now + 60, "iat": now, "nonce": self.nonce}
        claims |= {"email": "ola@firma.example", "preferred_username": "ola", "groups": ["support"]}
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims | self.claims, KEY)

    def log_in(self, who: Visitor) -> tuple[int, list[str]]:
        """All of the way there and back; status and errors of the last page."""
        asked = parse_qs(urlsplit(sent_away(who)).query)
        self.nonce = asked["nonce"][0]
        answer = back(who, {"state": asked["state"][0], "code": "c"})
        return answer.status, answer.errors()


def say(request: BaseHTTPRequestHandler, words: object) -> None:
    content = json.dumps(words).encode()
    request.send_response(200)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


@pytest.fixture
def astray() -> Iterator[Astray]:
    provider = Astray()
    threading.Thread(target=provider.server.serve_forever, args=(0.05,), daemon=True).start()
    yield provider
    provider.stopped.set()
    provider.server.shutdown()
    provider.server.server_close()


@contextmanager
def served(folder: Path, issuer: str) -> Iterator[SiteUnderTest]:
    secrets = folder / "secrets.toml"
    secrets.write_text(SECRETS.format(base64.b64encode(os.urandom(32)).decode()))
    secrets.chmod(0o600)
    settings = f'[secrets]\nfile = "{secrets}"\n[openid]\nissuer = "{issuer}"\nclient_id = "mailgate"\nagent_groups = ["support"]\n'
    with open_office(folder, settings) as office, serve(office.app) as port:
        office.clock.step(datetime.now(UTC) - office.clock())
        yield SiteUnderTest(office, port)


@pytest.fixture
def site(tmp_path: Path, astray: Astray) -> Iterator[SiteUnderTest]:
    with served(tmp_path, astray.issuer) as running:
        yield running


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> float:
    """The provider gets a second."""
    monkeypatch.setattr(openid, "TIMEOUT_S", 1.0)
    return 1.0


def hang(provider: Astray) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda request: (provider.stopped.wait(30), None)[1]


def drip(provider: Astray, beginning: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """A byte every tenth of a second, after the beginning: no single read takes long."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(beginning)
        while not provider.stopped.wait(0.1):
            try:
                request.wfile.write(b"a")
            except OSError:
                return

    return answer


ABOUT = "/.well-known/openid-configuration"


BEGUN = {"head": b"HTTP/1.1 200 OK\r\nX: ", "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{"}


@pytest.mark.parametrize("beginning", BEGUN.values(), ids=BEGUN.keys())
def test_given_a_provider_that_sends_a_byte_now_and_then_when_asked_then_it_is_given_up(
    site: SiteUnderTest, astray: Astray, hasty: float, beginning: bytes
) -> None:
    astray.answers[ABOUT] = drip(astray, beginning)
    who, begun = site.visitor(), time.monotonic()
    away = who.submit(who.get("/login"), "/login/openid", {})
    assert (away.status, away.errors()) == (503, AWAY)
    assert time.monotonic() - begun < hasty * 5


def test_given_a_provider_that_hangs_when_many_wait_for_it_then_passwords_and_pages_are_taken_meanwhile(
    site: SiteUnderTest, astray: Astray
) -> None:
    waiting, hanging = list[str](), hang(astray)
    astray.answers[ABOUT] = lambda request: (waiting.append(request.path), hanging(request))[1]
    site.add_account(KARI, "kari")
    asking = [site.visitor() for _ in range(openid.AT_ONCE + 4)]
    pages = [who.get("/login") for who in asking]
    threads = [
        threading.Thread(target=who.submit, args=(page, "/login/openid", {}), daemon=True) for who, page in zip(asking, pages, strict=True)
    ]
    for one in threads:
        one.start()
    until(lambda: len(waiting) == openid.AT_ONCE, 10, "as many wait for the provider as may")
    kari, begun = site.visitor(), time.monotonic()
    assert kari.log_in("kari", PASSWORD).status == 303
    assert kari.get("/cases").status == 200
    assert time.monotonic() - begun < openid.TIMEOUT_S / 2
    astray.stopped.set()
    for one in threads:
        one.join(30)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("path", [ABOUT, "/token", "/keys"])
def test_given_an_answer_of_many_megabytes_when_read_then_it_is_given_up(
    site: SiteUnderTest, astray: Astray, path: str, packed: bool
) -> None:
    large = json.dumps({"issuer": "x" * 30_000_000}).encode()
    content = gzip.compress(large, 1) if packed else large

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        if packed:
            request.send_header("Content-Encoding", "gzip")
        request.end_headers()
        try:
            request.wfile.write(content)
        except OSError:
            return

    astray.answers[path] = answer
    who = site.visitor()
    if path == ABOUT:
        away = who.submit(who.get("/login"), "/login/openid", {})
        assert (away.status, away.errors()) == (503, AWAY)
        return
    assert astray.log_in(who) == (503, [])
    assert who.get("/desk").status == 303


@pytest.mark.parametrize("path", [ABOUT, "/token", "/keys"])
def test_given_an_answer_of_brackets_in_brackets_when_read_then_it_is_given_up(site: SiteUnderTest, astray: Astray, path: str) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "100000")
        request.end_headers()
        request.wfile.write(b"[" * 100_000)

    astray.answers[path] = answer
    who = site.visitor()
    status = who.submit(who.get("/login"), "/login/openid", {}).status if path == ABOUT else astray.log_in(who)[0]
    assert status == 503


@pytest.mark.parametrize("words", [[], "error", 5, None, {"id_token": 5}, {"id_token": {}}, {}, {"error": ["x"]}])
def test_given_an_answer_of_another_form_when_a_code_is_redeemed_then_nobody_is_logged_in(
    site: SiteUnderTest, astray: Astray, words: object
) -> None:
    astray.answers["/token"] = lambda request: say(request, words)
    who = site.visitor()
    assert astray.log_in(who)[0] in (422, 503)
    assert who.get("/desk").status == 303


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["mailgate", "other"], "azp": "other"}, {"azp": "other"}, {"sub": "a\0b"}, {"sub": "x" * 300}, {"sub": ["s"]},
        {"email_verified": False}, {"email_verified": "false"}, {"email_verified": None}, {"groups": None}, {"nonce": ""},
        {"email": "ola"}, {"email": None}, {"preferred_username": "<b>"},
    ],
    ids=str,
)  # fmt: skip
def test_given_claims_that_are_for_another_or_of_nobody_when_they_come_back_then_nobody_is_logged_in(
    site: SiteUnderTest, astray: Astray, claims: dict[str, object]
) -> None:
    astray.claims = claims
    who = site.visitor()
    assert astray.log_in(who)[0] == 422
    assert who.get("/desk").status == 303


def test_given_keys_of_kinds_that_we_do_not_know_when_there_is_one_that_fits_then_it_is_used(site: SiteUnderTest, astray: Astray) -> None:
    strange = [{"kty": "AKP", "kid": "9"}, {"kty": "EC", "crv": "P-999", "x": "a", "y": "b"}, {"kty": "RSA", "n": "!", "e": "AQAB"}, 5, {}]
    astray.answers["/keys"] = lambda request: say(request, {"keys": [*strange, PUBLIC]})
    astray.claims = {"name": "Ola\r\nBcc: x@y.example\x1b[2J", "azp": "mailgate", "aud": ["mailgate", "account"]}
    who = site.visitor()
    assert astray.log_in(who) == (303, [])
    with site.office.app.store.reading() as uow:
        assert uow.accounts.by_username("ola").name == "Ola Bcc: x@y.example [2J"


def test_given_a_token_endpoint_that_sends_elsewhere_when_a_code_is_redeemed_then_code_and_secret_do_not_go_there(
    site: SiteUnderTest, astray: Astray
) -> None:
    seen = []

    def elsewhere(request: BaseHTTPRequestHandler) -> None:
        request.send_response(307)
        request.send_header("Location", f"{astray.issuer}/elsewhere")
        request.send_header("Content-Length", "0")
        request.end_headers()

    astray.answers["/token"] = elsewhere
    astray.answers["/elsewhere"] = lambda request: (seen.append(request.path), astray.right(request))[1]
    assert astray.log_in(site.visitor())[0] == 503
    assert not seen
