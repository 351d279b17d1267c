"""Hides secrets in URLs before they are shown. In: a URL as an operator wrote it, also a malformed one. Out: the URL with *** for secrets.

It must never show a part of a password: where it is not clear what is a password, more is hidden than needed.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

HIDDEN = "***"
_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*:/*")
_SECRET_KEY = re.compile(r"pass|pwd|secret|token|key|auth|cred", re.IGNORECASE)
_PLAIN_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]*\]|[^:\[\]]*?)(?::[0-9]{1,5})?(?:/[^:]*)?", re.DOTALL)
_KEYS_WITHOUT_USER = ("redis", "rediss")
_KEYWORD = re.compile(r"(\b(?:ssl)?(?:password|passwd|pwd)\s{0,5}=\s{0,5})('[^']{0,500}'|[^\s;&]{1,500})", re.IGNORECASE)
"""libpq's other form: `host=h password=secret`."""
_URL = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]*:/\S*")


def without_password(url: str) -> str:
    """The URL as it may be shown: passwords in the authority and in the query are replaced by ***."""
    found = _SCHEME.match(url)
    scheme = found[0] if found else ""
    if scheme.strip().startswith("sqlite:///"):
        path, mark, query = url.partition("?")
        return path + mark + _query(query)
    rest = url[len(scheme) :]
    head = re.split(r"[?#]", rest, maxsplit=1)[0]
    tail = rest[len(head) :]
    if "@" in tail:  # a password with ? or # in it, or a value with @: nobody can tell where it ends
        return scheme + HIDDEN
    return scheme + _without_keywords(_authority(scheme, head)) + _tail(tail)


def in_text(text: str) -> str:
    """A text with the secrets hidden in every URL in it, up to the next blank, and in `password=...`."""
    text = _URL.sub(lambda found: without_password(found[0]), text) if ":/" in text else text
    return _without_keywords(text)


def _without_keywords(text: str) -> str:
    return _KEYWORD.sub(rf"\1{HIDDEN}", text) if "=" in text else text


def has_password(url: str) -> bool:
    """Whether the URL carries a secret."""
    return without_password(url) != url


def _authority(scheme: str, head: str) -> str:
    """User and host, up to the query. A password ends at the last @, whatever is in it."""
    user_info, at, host = head.rpartition("@")
    if not at:
        return head if _PLAIN_HOST.fullmatch(head) else HIDDEN
    user, colon, _ = user_info.partition(":")
    if not colon:
        lone_key = not scheme.endswith("//") or scheme.strip().partition(":")[0].lower() in _KEYS_WITHOUT_USER
        return f"{HIDDEN}@{host}" if lone_key else head
    return f"{user}:{HIDDEN}@{host}"


def _tail(tail: str) -> str:
    """Query and fragment with their mark."""
    if not tail.startswith("?"):
        return tail[:1] + (HIDDEN if tail[1:] else "")
    query, mark, fragment = tail[1:].partition("#")
    return "?" + _query(query) + mark + (HIDDEN if fragment else "")


def _query(query: str) -> str:
    parts = re.split(r"([&;])", query)
    return "".join(_parameter(part) if index % 2 == 0 else part for index, part in enumerate(parts))


def _parameter(part: str) -> str:
    name, equals, _ = part.partition("=")
    return f"{name}={HIDDEN}" if equals and _SECRET_KEY.search(unquote_plus(name)) else part
