"""Accept stage: the addresses that the listener binds, and what all sessions of one of them share. In: settings. Out: values."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from mailgate import log
from mailgate.inbound.guards.sender_gate import Senders, everyone
from mailgate.inbound.smtp.accounting import LOCAL, is_in
from mailgate.inbound.smtp.admission import Admission
from mailgate.inbound.smtp.commands import SmtpConfig
from mailgate.inbound.smtp.limits import Network, SmtpLimits
from mailgate.inbound.smtp.submission import Accepting

Observe = Callable[[str, str], None]
"""Gets `(event, reason)` for the metrics: connected, disconnected, turned_away, refused, accepted, duplicate, expired, fault."""

_log = log.get("listener")


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """An address to listen on, and its protocol. `unix_path` replaces host and port.

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

    `banner_delay_s` makes every client wait for the greeting: a client that speaks first is a bot. `stop_grace_s` is for messages in work.
    `senders` is called for each recipient that is ours. LMTP is spoken only with clients in `lmtp_from` and on Unix sockets: an LMTP client
    is believed to be our own mail server.
    """

    hostname: str
    endpoints: tuple[ListenAddress, ...]
    tls: ssl.SSLContext | None = None
    require_tls: bool = False
    proxy_from: tuple[Network, ...] = ()
    lmtp_from: tuple[Network, ...] = ()
    banner_delay_s: float = 0.0
    reuse_port: bool = False
    stop_grace_s: float = 10.0
    senders: Senders = everyone


@dataclass(frozen=True, slots=True)
class EndpointContext:
    """One endpoint while the listener runs. `connections` is the listener's set of all connections, of every endpoint."""

    endpoint: ListenAddress
    options: ListenerOptions
    limits: SmtpLimits
    config: SmtpConfig
    admission: Admission
    journal: Accepting
    observe: Observe
    loop: asyncio.AbstractEventLoop
    connections: set[Any]
    is_stopping: Callable[[], bool]

    @property
    def banner(self) -> bytes:
        """The greeting (RFC 5321 section 4.2, RFC 2033 section 4.1), without a version."""
        return f"220 {self.options.hostname} {'LMTP' if self.config.lmtp else 'ESMTP'} ready\r\n".encode("ascii")

    def may_connect(self, address: str) -> bool:
        """False for an LMTP client that nobody has named."""
        if not self.config.lmtp or address == LOCAL:
            return True
        return is_in(address, self.options.lmtp_from)

    def turned_away(self, reason: str, address: str) -> None:
        """Count and log a connection that is not served. The log is rate-limited."""
        self.observe("turned_away", reason)
        _log.warning("turned_away", reason=reason, client_address=address)
