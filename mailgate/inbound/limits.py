"""Accept stage: every number that bounds a client, in one table. In: settings. Out: values. Nothing here counts; `accounting` does.

Sizes end in `_bytes`, times in `_s`. A client that meets a limit gets 421 or 452 and may come again; only a message over its size gets 5yz.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network

MIB = 1024 * 1024
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a client may take. All are absolute: bytes that trickle in do not restart them (slow senders, "slowloris")."""

    proxy_s: float = 3.0
    """For the whole PROXY header."""
    handshake_s: float = 30.0
    """For the TLS handshake."""
    command_s: float = 120.0
    """From one reply to the end of the next command line."""
    session_s: float = 1200.0
    """For a session; looked at between commands, so that a slow but steady message is not cut."""
    data_s: float = 3600.0
    """For one message, however steady."""
    data_window_s: float = 30.0
    """In every window of this length, `data_min_bytes_s` must be kept."""
    write_s: float = 60.0
    """For the client to take our replies off the wire."""
    append_s: float = 300.0
    """For our own commit; RFC 5321 section 4.5.3.2.6 lets a client wait 10 minutes after the dot."""
    linger_s: float = 2.0
    """For the client to read our last words before the connection is torn down."""


STRESSED = Timeouts(handshake_s=5.0, command_s=10.0, session_s=120.0, data_s=900.0, data_window_s=10.0, write_s=10.0, linger_s=0.5)
"""What counts instead near the cap of connections: who does nothing leaves first."""


def shorter(one: Timeouts, other: Timeouts) -> Timeouts:
    """The lesser of each."""
    return Timeouts(**{item.name: min(getattr(one, item.name), getattr(other, item.name)) for item in fields(Timeouts)})


@dataclass(frozen=True, slots=True)
class Limits:
    """The table. Defaults are the product's. `exempt` networks (an own front MTA, a health check) have no limits per address."""

    message_bytes: int = 25 * MIB
    data_slack_bytes: int = MIB
    """How much of a message over the size is read and thrown away, in hope of its end, before the connection is closed."""
    data_budget_bytes: int = 256 * MIB
    """What all messages in work may hold in memory together; beyond it DATA gets 452."""
    data_min_bytes_s: int = 500
    disk_free_share: float = 0.05
    disk_free_factor: float = 1.5
    """Free disk must be more than `disk_free_share` of it and than this factor x message size x messages in work; else MAIL gets 452."""
    recipients: int = 100
    """Accepted RCPT commands of one message, the same address twice counted twice (RFC 5321 section 4.5.3.1.8: no fewer than 100)."""
    recipient_commands: int = 1000
    """RCPT commands of one message, accepted or not."""
    refused_recipients: int = 20
    """Of one session; from the fifth on each is answered later than the one before."""
    refusal_delay_s: float = 0.05
    refusal_delay_max_s: float = 2.0
    errors: int = 5
    """Commands that are wrong in form or order, of one session; the last is answered 421."""
    idle_commands: int = 100
    """Commands that bring no mail on (NOOP, RSET, VRFY, EHLO, ...) since the last message."""
    messages_per_session: int = 1000
    command_line_bytes: int = 512
    """With CRLF (RFC 5321 section 4.5.3.1.4). At twice this the connection is closed."""
    mail_line_extra_bytes: int = 64
    """For the parameters of MAIL and RCPT: SIZE 26 (RFC 1870), SMTPUTF8 10 (RFC 6531), BODY 17 (RFC 6152)."""
    connections: int = 6000
    """Open connections in all; lowered to what the process may open (`for_this_process`)."""
    stress_share: float = 0.8
    """From this share of `connections` on, `stressed` counts instead of `timeouts`."""
    address_connections: int = 20
    address_connections_minute: int = 120
    address_messages_minute: int = 300
    address_refused_hour: int = 200
    """Refused recipients of one client address in an hour; beyond it the address is not served until the hour is over."""
    exempt: tuple[Network, ...] = ()
    timeouts: Timeouts = field(default_factory=Timeouts)
    stressed: Timeouts = STRESSED


def for_this_process(limits: Limits) -> Limits:
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
    room = limits.connections if soft == resource.RLIM_INFINITY else soft - min(256, max(16, soft // 4))
    stressed = shorter(limits.stressed, limits.timeouts)
    return replace(limits, connections=max(1, min(limits.connections, room)), stressed=stressed)
