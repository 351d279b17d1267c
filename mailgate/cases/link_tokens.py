"""Tokens of links and sessions: 256 bits of the system's randomness (RFC 4086), stored as SHA-256 only.

Unlike the signed tokens of reply addresses (`tokens`), they say nothing: what one stands for is a row of the database.
"""

from __future__ import annotations

import hashlib
import re
import secrets

_LINK = re.compile(r"(/(?:answer|claim|notices|password|register)/)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])", re.ASCII)


def fresh_token() -> str:
    """A new token: 43 characters that may be in a web address."""
    return secrets.token_urlsafe(32)


def without_links(text: str) -> str:
    """The text of a person who may have quoted our mail to them, without the tokens of its links: those are nobody else's."""
    return _LINK.sub(r"\1…", text) if "/" in text else text


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
