"""HTTP connections with bounds that uvicorn does not have: how long a request's head may take, and how many one client may hold.

In: a connection. Out: uvicorn's protocol, or the connection closed. It must never count a trusted proxy or this host: everybody comes from
there. A body's time is bounded where it is read (`web.http.body`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from mailgate.application.accounts.limits import network
from mailgate.web.http.client import Network, is_loopback, is_trusted

HEAD_S = 15.0
PER_CLIENT_MAX = 256
"""An office behind one address has a few connections for each open page of the desk."""


class Clients:
    """How many connections each client holds. One per server, used by its event loop alone."""

    def __init__(self, trusted: Sequence[Network], most: int = PER_CLIENT_MAX) -> None:
        self._trusted, self._most = trusted, most
        self._held: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one connection; False when the client holds as many as it may. Call `leave` for each True."""
        if is_trusted(address, self._trusted) or is_loopback(address):
            return True
        key = network(address)
        if self._held[key] >= self._most:
            return False
        self._held[key] += 1
        return True

    def leave(self, address: str) -> None:
        """One connection less."""
        key = network(address)
        if key in self._held:
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]


class PatientProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with `Clients`, and `head_s` seconds for each request's head, however slowly it trickles in."""

    def __init__(self, *arguments: Any, clients: Clients, head_s: float = HEAD_S, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._clients, self._head_s = clients, head_s
        self._entered = ""
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new connection: closed at once when its client holds too many."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if not self._clients.enter(address):
            transport.abort()
            return
        self._entered = address
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self._forget_head()
        if self._entered:
            self._clients.leave(self._entered)
            self._entered = ""
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More of a head, or of a body: a head that is not whole yet keeps its time."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget_head()
        elif self._head_timer is None and not self.transport.is_closing():
            self._expect_head()

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(self._head_s, self._too_slow)

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()
