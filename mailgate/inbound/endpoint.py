"""Accept stage: where the listener listens, and what all sessions of one such place share. In: settings. Out: values and counters."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from mailgate import log
from mailgate.inbound.admission import Admission
from mailgate.inbound.limits import Limits, Network
from mailgate.inbound.sender_gate import Senders, everyone
from mailgate.inbound.smtp_dialogue import Setup
from mailgate.inbound.submission import Accepting

Observe = Callable[[str, str], None]
"""Hears `(event, reason)` for the metrics: connected, disconnected, turned_away, refused, accepted, duplicate, expired, fault."""

_LOG = log.get("listener")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to listen and what to speak there. `unix_path` stands in for host and port.

    `tls` implicit is TLS from the first byte (RFC 8314). With `proxy`, every connection must begin with a PROXY header (version 1 or 2)
    and come from `ListenerOptions.proxy_from`.
    """

    host: str = "127.0.0.1"
    port: int = 2525
    protocol: Literal["smtp", "lmtp"] = "smtp"
    tls: Literal["starttls", "implicit"] = "starttls"
    proxy: bool = False
    unix_path: str = ""


@dataclass(frozen=True, slots=True)
class ListenerOptions:
    """`hostname` is what we call ourselves. Without `tls` no STARTTLS is offered; `require_tls` refuses mail without it (not for port 25).

    `banner_delay_s` makes every client wait for the greeting: who speaks first is a robot. `stop_grace_s` is for messages in work.
    `senders` is asked for each recipient that is ours.
    """

    hostname: str
    endpoints: tuple[Endpoint, ...]
    tls: ssl.SSLContext | None = None
    require_tls: bool = False
    proxy_from: tuple[Network, ...] = ()
    banner_delay_s: float = 0.0
    reuse_port: bool = False
    stop_grace_s: float = 10.0
    senders: Senders = everyone


@dataclass(frozen=True, slots=True)
class Place:
    """One endpoint at work. `sessions` is the listener's set of all sessions, of every place."""

    endpoint: Endpoint
    options: ListenerOptions
    limits: Limits
    setup: Setup
    admission: Admission
    journal: Accepting
    observe: Observe
    loop: asyncio.AbstractEventLoop
    sessions: set[Any]
    is_stopping: Callable[[], bool]

    @property
    def banner(self) -> bytes:
        """The greeting (RFC 5321 section 4.2, RFC 2033 section 4.1), without a version."""
        return f"220 {self.options.hostname} {'LMTP' if self.setup.lmtp else 'ESMTP'} ready\r\n".encode("ascii")

    def turned_away(self, reason: str, address: str) -> None:
        """Count and say that a connection is not served. The log leaves lines out when there are many."""
        self.observe("turned_away", reason)
        _LOG.warning("turned_away", reason=reason, client_address=address)
