"""The part of `mailgate doctor` that looks at our SMTP ports: whether we answer there, or another program. Says nothing but QUIT."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from mailgate.application.doctor.findings import Finding, ok, warn
from mailgate.config import Endpoint, Settings

TIMEOUT_S = 3.0
GREETING_BYTES = 512
"""Longest reply line (RFC 5321 section 4.5.3.1.5)."""
_LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def greetings(found: Settings) -> Iterator[Finding]:
    """Who greets on each address of smtp.listen. Nobody is asked where a balancer has to come first (smtp.proxy_from)."""
    if found.smtp.proxy_from:
        return
    yield from (_greeting(address, found.smtp.hostname or found.service.domain) for address in found.smtp.listen if address.port)


def _greeting(address: Endpoint, hostname: str) -> Finding:
    try:
        line = _first_line(_LOCAL.get(address.host, address.host), address.port)
    except OSError as error:
        what = f"nothing answers on {address}: {error.strerror or type(error).__name__}"
        return warn("smtp", what, "start mailgate run or mailgate smtp")
    if line.split()[:2] == ["220", hostname]:
        return ok("smtp", f"{address} greets as {hostname}")
    what = f"another program has {address}, or an older start of mailgate: {line or 'it says nothing'}"
    return warn("smtp", what, f"find it with ss -ltnp 'sport = :{address.port}' and stop it, or set another smtp.listen")


def _first_line(host: str, port: int) -> str:
    """The greeting without its line end. Raises OSError, TimeoutError too."""
    with socket.create_connection((host, port), TIMEOUT_S) as connection, connection.makefile("rb") as stream:
        line = stream.readline(GREETING_BYTES)
        connection.sendall(b"QUIT\r\n")
    return line.decode("ascii", "replace").strip()
