"""Whether an unsafe request comes from a page of ours (CSRF). In: header fields. Out: yes or no. Source: Fetch Metadata, RFC 6454.

Browsers say so in Sec-Fetch-Site; older ones send Origin. A request with a cookie and neither is refused. The form token stands behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def same_origin(headers: Mapping[str, str], own_origins: frozenset[str]) -> bool:
    """True when the browser says that a page of one of our origins sent it."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is not None and origin.lower() in own_origins


def origin_of(url: str) -> str:
    """Scheme, host and port of a web address, lower case, default ports left out (RFC 6454 section 6.2)."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port and parts.port != default else ""
    return f"{parts.scheme}://{(parts.hostname or '').lower()}{port}"
