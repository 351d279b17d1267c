"""The part of `mailgate doctor` that looks at our SMTP ports: whether we answer there, or another program. Says nothing but QUIT."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress

from mailgate.application.doctor.findings import Finding, fail, ok, warn
from mailgate.config import Endpoint, Settings
from mailgate.inbound.smtp.replies import R421_ADDRESS_CONNECTIONS, R421_ADDRESS_RATE, R421_BUSY, R421_STOPPING

TIMEOUT_S = 3.0
GREETING_BYTES = 512
"""Longest reply line (RFC 5321 section 4.5.3.1.5)."""
_OURS = re.compile(r"220 \S+ ESMTP ready")
"""How a gateway greets, see `inbound.smtp.endpoint`."""
_FULL = {str(one) for one in (R421_BUSY, R421_STOPPING, R421_ADDRESS_CONNECTIONS, R421_ADDRESS_RATE)}
_LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def greetings(found: Settings) -> Iterator[Finding]:
    """Who greets on each address of smtp.listen. Nobody is asked where a balancer has to come first (smtp.proxy_from)."""
    if found.smtp.proxy_from:
        return
    yield from (_greeting(address, found.smtp.hostname or found.service.domain) for address in found.smtp.listen if address.port)


def _greeting(address: Endpoint, hostname: str) -> Finding:
    try:
        connection = socket.create_connection((_LOCAL.get(address.host, address.host), address.port), TIMEOUT_S)
    except OSError as error:
        what = f"nothing answers on {address}: {error.strerror or type(error).__name__}"
        return warn("smtp", what, "start mailgate run or mailgate smtp")
    line = _first_line(connection)
    if line.split()[:2] == ["220", hostname]:
        return ok("smtp", f"{address} greets as {hostname}")
    if line in _FULL:
        return warn("smtp", f"{address} takes no connection now: {line}", "ask again later; if it stays so, see smtp.max_connections")
    if _OURS.fullmatch(line):
        return warn("smtp", f"{address} does not greet as {hostname}: {line}", "it is a mailgate with other settings: start it again")
    what = (
        f"port {address.port} is taken: another program answers on {address}, so mailgate cannot listen there: {line or 'it says nothing'}"
    )
    return fail("smtp", what, f"find it with ss -ltnp 'sport = :{address.port}' and stop it, or set another smtp.listen")


def _first_line(connection: socket.socket) -> str:
    """The greeting without its line end; "" when there is none."""
    with connection, connection.makefile("rb") as stream, suppress(OSError):
        line = stream.readline(GREETING_BYTES)
        with suppress(OSError):
            connection.sendall(b"QUIT\r\n")
        return line.decode("ascii", "replace").strip()
    return ""
