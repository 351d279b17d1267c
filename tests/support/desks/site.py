"""The pages on a real socket, and somebody who visits them without a browser: cookies, forms as in the HTML, no redirects followed.

For tests of what pages answer; what they look like and do in a browser is for tests/browser.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import uvicorn
from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailgate.application.accounts import log_in
from mailgate.application.accounts.passwords import hashed
from mailgate.application.accounts.sessions import Client, NewSession
from mailgate.application.app import App
from mailgate.application.principal import visitor
from mailgate.cases.ids import new_id
from mailgate.store.repositories.accounts import Account
from mailgate.web.app import WebOptions, make_app
from tests.support.desks.office import Office
from tests.support.waiting import free_port, until

PASSWORD = "fire glade laks i fjorden"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Answer:
    """What came back: status, header fields (lower case), text, and its tree."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: Sequence[str] = ()

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def tree(self) -> LexborHTMLParser:
        """The page."""
        return LexborHTMLParser(self.text)

    def shown(self) -> str:
        """The words of the page, white space folded."""
        main = self.tree.css_first("main")
        return " ".join((main.text(separator=" ") if main else "").split())

    def errors(self) -> list[str]:
        """What the error summary lists."""
        return [" ".join(one.text().split()) for one in self.tree.css(".summary li")]


@dataclass
class Visitor:
    """Somebody with cookies of their own."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    language: str = "nb"

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Ask for a page."""
        return self._ask(method, path, None, headers)

    def post(
        self,
        path: str,
        fields: Mapping[str, str] | Sequence[tuple[str, str]],
        files: Sequence[tuple[str, str, bytes, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send fields (and files: field, name, content, type) as a browser on a page of ours would."""
        sent = {**SAME_ORIGIN, **(headers or {})}
        if files:
            boundary = uuid.uuid4().hex
            sent["Content-Type"] = f"multipart/form-data; boundary={boundary}"
            return self._ask(
                "POST",
                path,
                _multipart(boundary, dict(fields), files),
                {**sent, "Content-Type": f"multipart/form-data; boundary={boundary}"},
            )
        return self._ask("POST", path, urlencode(fields).encode(), {**sent, "Content-Type": "application/x-www-form-urlencoded"})

    def submit(self, page: Answer, action: str, typed: Mapping[str, str], files: Sequence[tuple[str, str, bytes, str]] = ()) -> Answer:
        """Fill in the form of a page with this action (its path) and send it, hidden fields and all."""
        form = next(one for one in page.tree.css("form") if (one.attributes.get("action") or action) == action and _is_post(one))
        return self.post(action, {**_fields(form), **typed}, files)

    def log_in(self, name: str, password: str = PASSWORD) -> Answer:
        """By the form."""
        return self.submit(self.get("/login"), "/login", {"name": name, "password": password})

    def first_line(self, path: str) -> Answer:
        """The beginning of a stream that does not end."""
        return self._ask("GET", path, None, {}, lambda response: response.readline())

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        read: Callable[[http.client.HTTPResponse], bytes] = http.client.HTTPResponse.read,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = {"Accept-Language": self.language, **headers}
            if self.cookies:
                sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            set_cookies = response.msg.get_all("Set-Cookie") or []
            self._keep(set_cookies)
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, read(response), tuple(set_cookies))
        finally:
            connection.close()

    def _keep(self, lines: Sequence[str]) -> None:
        for line in lines:
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0].strip('"')
            if not value or re.search(r"max-age=0", line, re.IGNORECASE):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


@dataclass
class SiteUnderTest:
    """The pages of an office."""

    office: Office
    port: int

    @property
    def url(self) -> str:
        """Where a browser finds them."""
        return f"http://127.0.0.1:{self.port}"

    def visitor(self) -> Visitor:
        """Somebody new."""
        return Visitor(self.port)

    def add_account(self, address: str, username: str) -> Account:
        """The account of a contact, with the password `PASSWORD`."""
        app = self.office.app
        with app.store.transaction() as uow:
            contact = uow.contacts.by_addresses([address])[address]
            new = Account(
                new_id(app.now()),
                "contact",
                username,
                address,
                app.now(),
                name=contact.name,
                contact_id=contact.id,
                password_hash=PASSWORD_HASH,
            )
            uow.accounts.add(new)
        return new

    def staff(self, username: str, *roles: str, name: str = "") -> Visitor:
        """A staff account of this user name and these roles (agent), logged in."""
        app = self.office.app
        new = Account(
            new_id(app.now()), "staff", username, f"{username}@firma.example", app.now(), name=name or username.title(),
            roles=roles or ("agent",), password_hash=PASSWORD_HASH,
        )  # fmt: skip
        with app.store.transaction() as uow:
            uow.accounts.add(new)
        return self._session(username)

    def _session(self, username: str) -> Visitor:
        new = log_in.log_in(self.office.app, visitor(), log_in.LogIn(username, PASSWORD, Client("127.0.0.1")))
        assert isinstance(new, NewSession)
        return Visitor(self.port, {"session": new.token})

    def logged_in(self, address: str, username: str) -> Visitor:
        """Somebody with an account and a session."""
        self.add_account(address, username)
        return self._session(username)

    def link(self, kind: str) -> str:
        """The path of the link in the newest account mail of this kind."""
        with self.office.app.store.reading() as uow:
            rows = uow.notices._connection.exec_driver_sql(
                f"SELECT facts FROM notices WHERE kind = '{kind}' ORDER BY id DESC LIMIT 1"
            ).all()
        return urlsplit(json.loads(rows[0][0])["link"]).path


PASSWORD_HASH = hashed(PASSWORD)


@contextmanager
def serve(app: App, options: WebOptions | None = None) -> Iterator[int]:
    """The pages on a free port of 127.0.0.1 while the block runs."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(app, options), port=port, log_config=None, access_log=False, lifespan="off", proxy_headers=False, server_header=False
        )
    )
    thread = threading.Thread(target=server.run, name="site", daemon=True)
    thread.start()
    try:
        until(lambda: server.started, 30, "the pages are served")
        yield port
    finally:
        server.should_exit = True
        thread.join(30)


def _is_post(form: LexborNode) -> bool:
    return (form.attributes.get("method") or "").lower() == "post"


def _fields(form: LexborNode) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in form.css("input, textarea, select"):
        name, kind = one.attributes.get("name"), one.attributes.get("type") or ""
        if name and kind not in ("file", "radio", "checkbox", "submit") and one.tag != "select":
            found[name] = one.text().removeprefix("\n") if one.tag == "textarea" else one.attributes.get("value") or ""
        elif name and "checked" in one.attributes:
            found[name] = one.attributes.get("value") or ""
    return found


def _multipart(boundary: str, fields: Mapping[str, str], files: Sequence[tuple[str, str, bytes, str]]) -> bytes:
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    for name, filename, content, kind in files:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: {kind}\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join([*parts, f"--{boundary}--\r\n".encode()])
