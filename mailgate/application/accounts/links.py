"""Links that are mailed: random tokens (`cases.link_tokens`), stored as SHA-256, used once, for a limited time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from mailgate.application.use_case import Act
from mailgate.cases.link_tokens import digest, fresh_token
from mailgate.errors import NotFound
from mailgate.store.repositories.accounts import AccountLink
from mailgate.store.rows import LinkPurpose

VALID_FOR: Mapping[LinkPurpose, timedelta] = {
    "register": timedelta(days=2),
    "reset": timedelta(minutes=30),
    "first_admin": timedelta(days=1),
    "second_factor": timedelta(minutes=10),
    "oidc": timedelta(minutes=10),
    "claim_code": timedelta(minutes=30),
}

ACCOUNT_PURPOSES: frozenset[LinkPurpose] = frozenset({"register", "reset", "first_admin"})


def make(
    act: Act, purpose: LinkPurpose, *, address: str = "", account_id: str | None = None, facts: Mapping[str, str] | None = None,
    token: str = "",
) -> str:  # fmt: skip
    """A new link's token, made when none is given; what it stands for is written in this transaction."""
    token = token or fresh_token()
    link = AccountLink(purpose, act.now, act.now + VALID_FOR[purpose], address, account_id, facts or {})
    act.uow.accounts.add_link(digest(token), link)
    return token


def open_link(act: Act, purpose: LinkPurpose | tuple[LinkPurpose, ...], token: str) -> AccountLink:
    """What a token stands for. Raises NotFound when it is not valid any more: name `used`, `expired` or `unknown`; kind `link`, or
    `mail_link` for the links that notices and answers carry.
    """
    purposes = (purpose,) if isinstance(purpose, str) else purpose
    kind = "link" if ACCOUNT_PURPOSES.issuperset(purposes) else "mail_link"
    found = act.uow.accounts.link(digest(token))
    if found is None or found.purpose not in purposes:
        raise NotFound(kind, "unknown")
    if found.used_at is not None:
        raise NotFound(kind, "used")
    if found.expires_at <= act.now:
        raise NotFound(kind, "expired")
    return found


def use(act: Act, token: str) -> None:
    """Use it up. Raises NotFound when somebody did in the meantime."""
    if not act.uow.accounts.use_link(digest(token), act.now):
        raise NotFound("link", "used")
