"""Headers of every answer. In: what kind of answer it is. Out: header fields. Sources: CSP Level 3, RFC 9110, Fetch Metadata.

Nothing is inline in our pages, so the policy needs no nonce and no hash. Pages of strangers' bytes are never shown here (`download`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Cache = Literal["private", "no-store", "immutable"]

PAGE_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
FILE_CSP = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
FRAMED_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox"
"""A mail's HTML: its own styles and nothing else; no scripts, no requests, no forms, an origin that is nobody's."""

_COMMON: Mapping[str, str] = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_CACHE: Mapping[Cache, str] = {
    "private": "private, no-cache",
    "no-store": "no-store",
    "immutable": "public, max-age=31536000, immutable",
}
HSTS = "max-age=31536000"


def page_headers(cache: Cache = "private", *, secure: bool, form_to: str = "") -> dict[str, str]:
    """For pages. `secure`: they come over https, so the browser may be told to stay there. `form_to`: another origin that forms lead to."""
    policy = PAGE_CSP.replace("form-action 'self'", f"form-action 'self' {form_to}") if form_to else PAGE_CSP
    headers = {**_COMMON, "Content-Security-Policy": policy, "Cache-Control": _CACHE[cache]}
    if cache == "no-store":
        headers["X-Robots-Tag"] = "noindex"
    if secure:
        headers["Strict-Transport-Security"] = HSTS
    return headers


def framed_headers() -> dict[str, str]:
    """For a mail's HTML in a frame of ours."""
    headers = {**_COMMON, "Content-Security-Policy": FRAMED_CSP, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    return headers | {"X-Frame-Options": "SAMEORIGIN", "X-DNS-Prefetch-Control": "off", "Cross-Origin-Resource-Policy": "same-origin"}


def file_headers(cache: Cache = "private") -> dict[str, str]:
    """For bytes that a stranger made: inert, whatever they are."""
    return {**_COMMON, "Content-Security-Policy": FILE_CSP, "Cache-Control": _CACHE[cache], "X-Robots-Tag": "noindex"}
