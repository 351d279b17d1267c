"""One line of the log per request: method, path, status, milliseconds, client. In: the ASGI app. Out: the same app, with lines.

It must never hold what opens something: parts of a path are shown only when they are known to be harmless, queries and cookies never. What
machines ask for all the time (health, our own files) is told at level debug.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mailgate import log
from mailgate.clock import monotonic_s
from mailgate.web.http.client import Network, client_address

SHOWN_PARTS = frozenset({"key", "hash", "name"})
QUIET = ("/health", "/ready", "/static/")
GIVEN_UP = 499
"""The client went away before it had its answer (nginx's number)."""

_LONG = re.compile(r"[^/]{12,}")
_log = log.get("web")


class AccessLog:
    """The middleware. `trusted`: proxies that tell who the client is."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network] = ()) -> None:
        self._app, self._trusted = app, trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log its status and duration."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, status = monotonic_s(), GIVEN_UP

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            log = _log.debug if scope["path"].startswith(QUIET) else _log.info
            took_ms = round((monotonic_s() - began_s) * 1000)
            log("request", method=scope["method"], path=shown_path(scope), status=status, took_ms=took_ms, client=self._client(scope))

    def _client(self, scope: Scope) -> str:
        forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        peer = (scope.get("client") or ("",))[0]
        return client_address(peer, forwarded, self._trusted) or peer


def shown_path(scope: Scope) -> str:
    """The path for the log: a part that may be a token is a dot. Of a path that no route knows, every long part may be one."""
    path, parts = str(scope.get("path", "")), scope.get("path_params")
    if parts is None:
        return _LONG.sub("…", path)
    for name, value in parts.items():
        if name not in SHOWN_PARTS and value:
            path = path.replace(str(value), "…")
    return path
