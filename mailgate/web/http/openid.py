"""The OpenID provider of the settings: where to send the browser, and what comes of the code that it brings back. The only user of authlib.

Authorization code flow with PKCE (RFC 7636), state and nonce; OpenID Connect Core 1.0 section 3.1. In: a code. Out: an `Identity`, or
Invalid (field `openid`) for an answer that cannot be believed, ProviderAway when the provider does not answer.

What a provider may take is bounded: seconds for all that one page asks of it, bytes of an answer, and how many ask at a time.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests.adapters import HTTPAdapter

from mailgate.application.accounts.identities import Identity
from mailgate.application.app import App
from mailgate.clock import monotonic_s
from mailgate.errors import Invalid, MailgateError, TransientFailure
from mailgate.strange_json import read_json

CALLBACK_PATH = "/login/openid/callback"
SCOPE = "openid profile email"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519")
"""Signatures by keys that only the provider has; never `none`, never one by a shared secret."""
TIMEOUT_S, LEEWAY_S = 10.0, 60
ANSWER_MAX_BYTES = 1024 * 1024
AT_ONCE = 4
SUBJECT_MAX_CHARS = 255
"""OpenID Connect Core 1.0 section 2."""

Found = TypeVar("Found")
_turns = threading.BoundedSemaphore(AT_ONCE)


class ProviderAway(TransientFailure):
    """The provider does not answer, or its answer cannot be used."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What goes with the browser to the provider; `nonce` and `verifier` must be kept until it comes back."""

    nonce: str
    verifier: str

    @classmethod
    def fresh(cls) -> Ask:
        """With 256 random bits each."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32))


def redirect_address(app: App) -> str:
    """Where the provider sends the browser back to."""
    return app.settings.service.portal_url.rstrip("/") + CALLBACK_PATH


def address_at_provider(app: App, ask: Ask, state: str) -> str:
    """The address to send the browser to. Raises ProviderAway."""

    def asked() -> str:
        with _client(app) as client:
            about = _metadata(app, client)
            url, _ = client.create_authorization_url(
                str(about["authorization_endpoint"]), state=state, nonce=ask.nonce, code_verifier=ask.verifier
            )  # fmt: skip
            return str(url)

    return _in_time(asked)


def identity_of(app: App, ask: Ask, code: str) -> Identity:
    """Redeem the code and read who it stands for. Raises Invalid, ProviderAway."""
    issuer, id_token, keys = _in_time(lambda: _redeemed(app, ask, code))
    return _identity(app, _claims(id_token, keys, _checks(app, issuer, ask.nonce, app.now)))


def _redeemed(app: App, ask: Ask, code: str) -> tuple[str, str, Mapping[str, Any]]:
    """The issuer, the ID token for the code, and the keys that may have signed it."""
    with _client(app) as client:
        about = _metadata(app, client)
        try:
            token = client.fetch_token(str(about["token_endpoint"]), code=code, code_verifier=ask.verifier, allow_redirects=False)
            id_token = str(token.get("id_token", ""))
        except AuthlibBaseError as error:
            raise Invalid("openid", "refused", f"the provider refuses the code: {error}") from error
        except (requests.RequestException, ValueError, TypeError, AttributeError, RecursionError) as error:  # also JSON that is no object
            raise ProviderAway("the OpenID provider does not answer") from error
        return str(about["issuer"]), id_token, _json(client, str(about["jwks_uri"]))


def _in_time(ask: Callable[[], Found]) -> Found:
    """What the provider answers within TIMEOUT_S. It is asked on a thread of its own, which may be left behind: no library can end a
    connection on which a byte comes now and then. Raises ProviderAway, also when as many as may wait for it already.
    """
    if not _turns.acquire(blocking=False):
        raise ProviderAway("too many wait for the OpenID provider already")
    answer: Future[Found] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except MailgateError as error:
            answer.set_exception(error)
        finally:
            _turns.release()
            answer.cancel()  # after a bug of ours: nobody waits for an answer that does not come

    threading.Thread(target=run, name="openid", daemon=True).start()
    try:
        return answer.result(TIMEOUT_S)
    except TimeoutError:
        raise ProviderAway("the OpenID provider does not answer in time") from None


class _BoundedAnswers(HTTPAdapter):
    """Gives answers whose bytes and time are bounded."""

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """The response, which requests reads whole by `_BoundedBytes`."""
        response = super().build_response(req, resp)
        response.raw = _BoundedBytes(resp)
        return response


class _BoundedBytes:
    """The bytes of an answer as requests reads them, with a bound on what they are when unpacked and on the time that they take."""

    def __init__(self, raw: Any) -> None:
        self._raw, self._until_s = raw, monotonic_s() + TIMEOUT_S
        self.close, self.release_conn = raw.close, raw.release_conn

    def stream(self, amt: int, decode_content: bool) -> Iterator[bytes]:
        """The bytes as they come, not `amt` at a time. Raises requests.ConnectionError for an answer that is too large or too slow."""
        left = ANSWER_MAX_BYTES
        while chunk := self._raw.read1(64 * 1024, decode_content=decode_content):
            left -= len(chunk)
            if left < 0 or monotonic_s() > self._until_s:
                self._raw.close()
                raise requests.ConnectionError("the OpenID provider's answer is too large or too slow")
            yield chunk


def _client(app: App) -> Any:
    client = OAuth2Session(
        app.settings.openid.client_id, app.settings.vault.openid_client_secret, scope=SCOPE, redirect_uri=redirect_address(app),
        code_challenge_method="S256", default_timeout=TIMEOUT_S,
    )  # fmt: skip
    for scheme in ("https://", "http://"):
        client.mount(scheme, _BoundedAnswers())
    return client


def _metadata(app: App, client: Any) -> Mapping[str, Any]:
    """What the provider says of itself (OpenID Connect Discovery 1.0 section 4), which must be the one that we asked."""
    issuer = app.settings.openid.issuer
    about = _json(client, f"{issuer}/.well-known/openid-configuration")
    wanted = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    if any(not isinstance(about.get(name), str) for name in wanted) or about["issuer"].rstrip("/") != issuer:
        raise ProviderAway("what the OpenID provider says of itself does not fit openid.issuer")
    if issuer.startswith("https:") and any(urlsplit(about[name]).scheme != "https" for name in wanted):
        raise ProviderAway("the OpenID provider names an address without TLS")
    return about


def _json(client: Any, url: str) -> Mapping[str, Any]:
    try:
        answer = client.request("GET", url, withhold_token=True, timeout=TIMEOUT_S)
        answer.raise_for_status()
        found = read_json(answer.content)
    except (requests.RequestException, ValueError) as error:
        raise ProviderAway("the OpenID provider does not answer") from error
    if not isinstance(found, dict):
        raise ProviderAway("the OpenID provider does not answer in JSON")
    return found


def _checks(app: App, issuer: str, nonce: str, now: Callable[[], datetime]) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now().timestamp()), leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": app.settings.openid.client_id},
        sub={"essential": True}, azp={"value": app.settings.openid.client_id},
        exp={"essential": True}, iat={"essential": True}, nonce={"essential": True, "value": nonce},
    )  # fmt: skip


def _claims(id_token: str, keys: Mapping[str, Any], checks: jwt.JWTClaimsRegistry) -> Mapping[str, Any]:
    """The claims of an ID token whose signature and claims hold (OpenID Connect Core 1.0 section 3.1.3.7)."""
    try:
        token = jwt.decode(id_token, _usable(keys.get("keys")), algorithms=list(ALGORITHMS))
        checks.validate(token.claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Invalid("openid", "refused", f"the provider's ID token cannot be believed: {error}") from error
    return token.claims


def _usable(keys: object) -> KeySet:
    """The keys that we can use; others, such as of a kind that came later, are passed over (RFC 7517 section 5)."""
    found: list[Any] = []
    for one in keys if isinstance(keys, list) else ():
        try:
            found += KeySet.import_key_set({"keys": [one]}).keys
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
    return KeySet(found)


def _identity(app: App, claims: Mapping[str, Any]) -> Identity:
    groups = claims.get(app.settings.openid.groups_claim)
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    texts = {name: claims[name] for name in ("preferred_username", "email", "name") if isinstance(claims.get(name), str)}
    subject = claims["sub"]
    if len(subject) > SUBJECT_MAX_CHARS or not subject.isprintable():
        raise Invalid("openid", "refused", "the provider names somebody by a subject that is none")
    return Identity(
        str(claims["iss"]), subject, texts.get("preferred_username", ""), texts.get("email", ""), texts.get("name", ""),
        tuple(one for one in listed if isinstance(one, str)), claims.get("email_verified", True) in (True, "true"),
    )  # fmt: skip
