"""Accept stage: what a session needs of its connection, as a Protocol. `connection` provides it. Types only."""

from __future__ import annotations

from typing import Protocol

from mailgate.inbound.smtp.deadlines import Deadline


class ClientConnection(Protocol):
    """What a session needs of its connection."""

    client_address: str
    deadline: Deadline

    async def read(self, most_bytes: int) -> bytes:
        """Input that came while the session was busy, else the next input; b"" at the end of the input."""

    def unread(self) -> bool:
        """True when there is input that neither `read` nor `feed` has delivered yet."""

    def at_end(self) -> bool:
        """True when all input was delivered and no more will come."""

    def write(self, replies: bytes) -> bool:
        """Send. False when the client leaves too much unread: then call `drain`. Raises ConnectionError when it is gone."""

    async def drain(self) -> None:
        """Wait until the client has read. Raises ConnectionError when it is gone."""

    async def start_tls(self) -> None:
        """Start TLS and discard unread plain text. Raises ssl.SSLError or ConnectionError."""

    def end_output(self) -> bool:
        """Send end-of-output (half-close). False when that is not possible."""
