"""The OpenID provider of the settings: where to send the browser, and what comes of the code that it brings back. The only user of authlib.

Authorization code flow with PKCE (RFC 7636), state and nonce; OpenID Connect Core 1.0 section 3.1. In: a code. Out: an `Identity`, or
Invalid (field `openid`) for an answer that cannot be believed, ProviderAway when the provider does not answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mailgate.application.accounts.identities import Identity
from mailgate.application.app import App
from mailgate.errors import Invalid, TransientFailure

CALLBACK_PATH = "/login/openid/callback"
SCOPE = "openid profile email"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519")
"""Signatures by keys that only the provider has; never `none`, never one by a shared secret."""
TIMEOUT_S, LEEWAY_S = 10.0, 60


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
    with _client(app) as client:
        about = _metadata(app, client)
        url, _ = client.create_authorization_url(
            str(about["authorization_endpoint"]), state=state, nonce=ask.nonce, code_verifier=ask.verifier
        )  # fmt: skip
        return str(url)


def identity_of(app: App, ask: Ask, code: str) -> Identity:
    """Redeem the code and read who it stands for. Raises Invalid, ProviderAway."""
    with _client(app) as client:
        about = _metadata(app, client)
        try:
            token = client.fetch_token(str(about["token_endpoint"]), code=code, code_verifier=ask.verifier, timeout=TIMEOUT_S)
        except AuthlibBaseError as error:
            raise Invalid("openid", "refused", f"the provider refuses the code: {error}") from error
        except (requests.RequestException, ValueError) as error:
            raise ProviderAway("the OpenID provider does not answer") from error
        keys = _json(client, str(about["jwks_uri"]))
    claims = _claims(str(token.get("id_token", "")), keys, _checks(app, str(about["issuer"]), ask.nonce, app.now))
    return _identity(app, claims)


def _client(app: App) -> Any:
    return OAuth2Session(
        app.settings.openid.client_id, app.settings.vault.openid_client_secret, scope=SCOPE, redirect_uri=redirect_address(app),
        code_challenge_method="S256", default_timeout=TIMEOUT_S,
    )  # fmt: skip


def _metadata(app: App, client: Any) -> Mapping[str, Any]:
    """What the provider says of itself (OpenID Connect Discovery 1.0 section 4), which must be the one that we asked."""
    issuer = app.settings.openid.issuer
    about = _json(client, f"{issuer}/.well-known/openid-configuration")
    wanted = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    if any(not isinstance(about.get(name), str) for name in wanted) or about["issuer"].rstrip("/") != issuer:
        raise ProviderAway("what the OpenID provider says of itself does not fit openid.issuer")
    return about


def _json(client: Any, url: str) -> Mapping[str, Any]:
    try:
        answer = client.request("GET", url, withhold_token=True, timeout=TIMEOUT_S)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderAway("the OpenID provider does not answer") from error
    if not isinstance(found, dict):
        raise ProviderAway("the OpenID provider does not answer in JSON")
    return found


def _checks(app: App, issuer: str, nonce: str, now: Callable[[], datetime]) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now().timestamp()), leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": app.settings.openid.client_id},
        sub={"essential": True}, exp={"essential": True}, iat={"essential": True}, nonce={"essential": True, "value": nonce},
    )  # fmt: skip


def _claims(id_token: str, keys: Mapping[str, Any], checks: jwt.JWTClaimsRegistry) -> Mapping[str, Any]:
    """The claims of an ID token whose signature and claims hold (OpenID Connect Core 1.0 section 3.1.3.7)."""
    try:
        token = jwt.decode(id_token, KeySet.import_key_set({"keys": list(keys.get("keys", ()))}), algorithms=list(ALGORITHMS))
        checks.validate(token.claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Invalid("openid", "refused", f"the provider's ID token cannot be believed: {error}") from error
    return token.claims


def _identity(app: App, claims: Mapping[str, Any]) -> Identity:
    groups = claims.get(app.settings.openid.groups_claim)
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    texts = {name: claims[name] for name in ("preferred_username", "email", "name") if isinstance(claims.get(name), str)}
    return Identity(
        str(claims["iss"]), str(claims["sub"]), texts.get("preferred_username", ""), texts.get("email", ""), texts.get("name", ""),
        tuple(one for one in listed if isinstance(one, str)), claims.get("email_verified", True) in (True, "true"),
    )  # fmt: skip
