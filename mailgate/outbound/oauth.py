"""Access tokens for the smarthost (OAuth 2.0). In: the token endpoint and what we prove ourselves with. Out: a bearer token.

A token is kept until shortly before its end, and fetched again then, or when the smarthost refuses it. Grants: client credentials (RFC 6749
section 4.4) or a refresh token (section 6). It must never follow a redirect, nor let a secret or a token reach the log.
"""

from __future__ import annotations

import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import IO, Any

from mailgate import log
from mailgate.clock import monotonic_s
from mailgate.errors import TransientFailure
from mailgate.strange_json import read_json

EARLY_S = 60.0
"""A token is not used in the last minute of its life: a mail may take that long."""
DEFAULT_LIFE_S = 300.0
ANSWER_MAX_BYTES = 64 * 1024
SHOWN_MAX_CHARS = 200

_log = log.get("smarthost")


class TokenRefused(TransientFailure):
    """No token can be had now. One line, without secrets: mail waits, and an operator must look when it lasts."""


@dataclass(frozen=True, slots=True)
class OAuthOptions:
    """Where tokens come from: a `refresh_token` where there is one, else the client's own credentials. `ca_file` (PEM) replaces the
    system's authorities.
    """

    token_url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""
    ca_file: str | None = None
    timeout_s: float = 10.0


class TokenSource:
    """Hands out the current token. Safe to use from several threads: one of them fetches, the others wait."""

    def __init__(self, options: OAuthOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._token, self._ends_at_s = "", 0.0
        self._refresh_token = options.refresh_token
        context = ssl.create_default_context(cafile=options.ca_file)
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _NoRedirect)

    def token(self) -> str:
        """A token that is good for another minute at least. Raises TokenRefused."""
        with self._lock:
            if not self._token or monotonic_s() > self._ends_at_s - EARLY_S:
                self._fetch()
            return self._token

    def forget(self, token: str) -> None:
        """The smarthost has refused this token, so the next call fetches another one."""
        with self._lock:
            if token == self._token:
                self._token = ""

    def _fetch(self) -> None:
        answer = self._answer()
        token, life_s = answer.get("access_token"), answer.get("expires_in", DEFAULT_LIFE_S)
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise TokenRefused("the token endpoint gave no access token")
        self._token = token
        self._ends_at_s = monotonic_s() + (
            float(life_s) if isinstance(life_s, int | float | str) and str(life_s).isdigit() else DEFAULT_LIFE_S
        )
        if isinstance(fresh := answer.get("refresh_token"), str) and fresh:
            self._refresh_token = fresh  # RFC 6749 section 6: the old one may end with the new one
        _log.info("token_fetched", expires_in_s=self._ends_at_s - monotonic_s())

    def _answer(self) -> dict[str, Any]:
        request = urllib.request.Request(self._options.token_url, data=self._form(), method="POST")
        request.add_header("Accept", "application/json")
        try:
            with self._opener.open(request, timeout=self._options.timeout_s) as response:
                return _read(response)
        except urllib.error.HTTPError as error:
            raise TokenRefused(f"the token endpoint answers {error.code}: {_why(error)}") from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise TokenRefused(f"the token endpoint cannot be reached: {_line(str(reason))}") from None

    def _form(self) -> bytes:
        """The request of RFC 6749; the client proves itself in the form, which every provider takes (section 2.3.1)."""
        wanted = self._options
        grant = {"grant_type": "refresh_token", "refresh_token": self._refresh_token} if self._refresh_token else {}
        given = grant or {"grant_type": "client_credentials"}
        given |= {"client_id": wanted.client_id, "client_secret": wanted.client_secret, "scope": wanted.scope}
        return urllib.parse.urlencode({name: value for name, value in given.items() if value}).encode()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the secret elsewhere."""

    def redirect_request(self, req: Any, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str) -> None:
        """Follow nothing: the answer counts as refused."""
        return


def initial_response(user: str, token: str) -> bytes:
    """The initial response of AUTH XOAUTH2, in base64: what Microsoft and Google document for SMTP."""
    return b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode())


def _read(response: HTTPResponse | Any) -> dict[str, Any]:
    raw = response.read(ANSWER_MAX_BYTES + 1)
    try:
        found = read_json(raw) if len(raw) <= ANSWER_MAX_BYTES else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise TokenRefused("the token endpoint answers with something that is not JSON")
    return found


def _why(error: urllib.error.HTTPError) -> str:
    """The provider's own words, on one line (RFC 6749 section 5.2)."""
    try:
        found = _read(error)
    except (TokenRefused, OSError, HTTPException):
        return "without a reason"
    return _line(" ".join(str(found[name]) for name in ("error", "error_description") if found.get(name))) or "without a reason"


def _line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:SHOWN_MAX_CHARS]
