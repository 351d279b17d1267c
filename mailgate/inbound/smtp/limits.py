"""Accept stage: every limit of a client, in one table. In: settings. Out: values. `accounting` does the counting.

Sizes end in `_bytes`, times in `_s`. A client over a limit gets 421 or 452 and may come again; only a message over its size gets 5yz.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network

MIB = 1024 * 1024
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class ClientTimeouts:
    """How long a client may take. All are absolute: single bytes do not restart them ("slowloris")."""

    proxy_s: float = 3.0
    """For the whole PROXY header."""
    handshake_s: float = 30.0
    """For the TLS handshake."""
    command_s: float = 120.0
    """From one reply to the end of the next command line."""
    session_s: float = 1200.0
    """For a session; checked between commands, so that a slow but steady message is not cut."""
    data_s: float = 3600.0
    """For one message, however steady."""
    data_window_s: float = 30.0
    """In every window of this length, the rate must be at least `data_min_bytes_s`."""
    write_s: float = 60.0
    """For the client to read our replies."""
    append_s: float = 300.0
    """For our own commit; RFC 5321 section 4.5.3.2.6 lets a client wait 10 minutes after the dot."""
    linger_s: float = 2.0
    """For the client to read the last reply before the connection is closed."""


STRESSED = ClientTimeouts(handshake_s=5.0, command_s=10.0, session_s=120.0, data_s=900.0, data_window_s=10.0, write_s=10.0, linger_s=0.5)
"""Used instead near the limit of connections: idle clients are closed first."""


def shorter(one: ClientTimeouts, other: ClientTimeouts) -> ClientTimeouts:
    """The smaller of each pair."""
    return ClientTimeouts(**{item.name: min(getattr(one, item.name), getattr(other, item.name)) for item in fields(ClientTimeouts)})


@dataclass(frozen=True, slots=True)
class SmtpLimits:
    """The table. Defaults are the product's. `exempt` networks (an own front MTA, a health check) have no limits per address."""

    message_bytes: int = 25 * MIB
    data_slack_bytes: int = MIB
    """How much of a message over the size is read and discarded, waiting for its end, before the connection is closed."""
    data_budget_bytes: int = 256 * MIB
    """Memory for all messages being received; beyond it DATA gets 452."""
    data_min_bytes_s: int = 500
    disk_free_share: float = 0.05
    disk_free_factor: float = 1.5
    """Free disk must exceed `disk_free_share` of it, and this factor x the possible size of all open messages; else MAIL gets 452."""
    recipients: int = 100
    """Accepted RCPT commands of one message, the same address twice counted twice (RFC 5321 section 4.5.3.1.8: no fewer than 100)."""
    recipient_commands: int = 1000
    """RCPT commands of one message, accepted or not."""
    refused_recipients: int = 20
    """Per session; from the fifth on, each reply is delayed longer."""
    refusal_delay_s: float = 0.05
    refusal_delay_max_s: float = 2.0
    errors: int = 5
    """Commands with bad syntax or order, per session; the last gets 421."""
    idle_commands: int = 100
    """Commands since the last message that do not advance a transaction (NOOP, RSET, VRFY, EHLO, ...)."""
    messages_per_session: int = 1000
    command_line_bytes: int = 512
    """With CRLF (RFC 5321 section 4.5.3.1.4). At twice this the connection is closed."""
    mail_line_extra_bytes: int = 64
    """For the parameters of MAIL and RCPT: SIZE 26 (RFC 1870), SMTPUTF8 10 (RFC 6531), BODY 17 (RFC 6152)."""
    connections: int = 6000
    """Open connections in total; lowered to what the process may open (`for_this_process`)."""
    stress_share: float = 0.8
    """From this share of `connections` on, `stressed` replaces `timeouts`."""
    address_connections: int = 20
    address_connections_minute: int = 120
    address_messages_minute: int = 300
    address_refused_hour: int = 200
    """Refused recipients of one client address in an hour; beyond it the address is not served until the hour is over."""
    exempt: tuple[Network, ...] = ()
    timeouts: ClientTimeouts = field(default_factory=ClientTimeouts)
    stressed: ClientTimeouts = STRESSED


def for_this_process(limits: SmtpLimits) -> SmtpLimits:
    """`limits` with no more connections than there are file descriptors, and stress that never makes a time longer.

    Raises the process's soft limit of descriptors to its hard one when that helps. A quarter of the descriptors, at most 256, is left to
    the database, the log and files.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections + 256
    if soft != resource.RLIM_INFINITY and soft < wanted:
        raised = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        if raised > soft:
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
    available = limits.connections if soft == resource.RLIM_INFINITY else soft - min(256, max(16, soft // 4))
    stressed = shorter(limits.stressed, limits.timeouts)
    return replace(limits, connections=max(1, min(limits.connections, available)), stressed=stressed)
