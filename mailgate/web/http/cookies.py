"""Cookies: the session, the visitor's secret for forms, a message to show once, the language. RFC 6265bis, `__Host-` where it is https."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

VISITOR_S, LANGUAGE_S, FLASH_S, STEP_S = 24 * 3600, 365 * 24 * 3600, 60, 600
SECRET_CHARS = 43


@dataclass(frozen=True, slots=True)
class Jar:
    """Names and flags, by whether the site is reached over https."""

    secure: bool

    def name(self, what: str) -> str:
        """The cookie's name; with https one that no other host and no path below can set (`__Host-`)."""
        return f"__Host-{what}" if self.secure else what

    def read(self, request: Request, what: str) -> str:
        """Its value, "" when there is none."""
        return request.cookies.get(self.name(what), "")

    def write(self, response: Response, what: str, value: str, seconds: int) -> None:
        """Set it for that long."""
        response.set_cookie(self.name(what), value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax")

    def drop(self, response: Response, what: str) -> None:
        """Take it away."""
        response.delete_cookie(self.name(what), path="/", secure=self.secure, httponly=True, samesite="lax")


def visitor_secret(known: str) -> str:
    """The visitor's secret as their cookie has it, or a fresh one."""
    return known if len(known) == SECRET_CHARS else secrets.token_urlsafe(32)
