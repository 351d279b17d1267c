"""A real OpenID provider on a free port, with signing keys and some people: who logs in there, and what comes back."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its authlib.jose is on its way out
    from oidc_provider_mock import User, run_server_in_thread

PEOPLE = (
    User(
        sub="sub-ola",
        claims={"email": "ola@firma.example", "preferred_username": "ola", "name": "Ola Berg", "groups": ["support", "alle"]},
    ),
    User(
        sub="sub-eli",
        claims={
            "email": "eli@firma.example",
            "email_verified": False,
            "preferred_username": "eli",
            "name": "Eli Ny",
            "groups": ["support"],
        },
    ),
    User(
        sub="sub-ulf",
        claims={"email": "ulf@firma.example", "preferred_username": "kari@kunde.example", "name": "Ulf Li", "groups": ["support"]},
    ),
    User(sub="sub-siv", claims={"email": "siv@firma.example", "name": "Siv Dal", "groups": ["alle"]}),
)


@dataclass(frozen=True)
class Provider:
    """The provider as a browser reaches it."""

    issuer: str

    def log_in(self, address: str, subject: str, *, deny: bool = False, **changed: str) -> dict[str, str]:
        """Follow the address that we sent the browser to and log in as this subject; the query that comes back. `changed`: parameters."""
        parts = urlsplit(address)
        query = {**dict(parse_qsl(parts.query)), **changed}
        form = {"sub": subject, **({"action": "deny"} if deny else {})}
        answer = requests.post(urlunsplit(parts._replace(query=urlencode(query))), form, allow_redirects=False, timeout=30)
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


@contextmanager
def running_provider() -> Iterator[Provider]:
    """The provider while the block runs."""
    with run_server_in_thread(user_claims=PEOPLE, require_nonce=True) as server:
        yield Provider(f"http://localhost:{server.server_port}")
