"""Who handed a mail to our servers? In: Received fields, the peer, whom we trust. Out: the first client that is not ours. Pure.

Anyone can write a Received field. The one on top is the peer's word; it is believed only when the peer is a relay that the operator trusts,
and the one below it only when the client that the first names is trusted, too (RFC 5321 section 4.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

HOPS_MAX = 20
VALUE_MAX_CHARS = 2000
_HELO = re.compile(r"\bhelo[= ]([^\s()]+)", re.IGNORECASE)
_BRACKETED = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{3,45})\]")
_ROUND = re.compile(r"\(([0-9A-Fa-f.:]{7,45})\)")
_FROM = re.compile(r"\s*from\s+(\S+)", re.IGNORECASE)
_END = re.compile(r"\sby\s", re.IGNORECASE)


Network = IPv4Network | IPv6Network
INNER: tuple[Network, ...] = tuple(
    ip_network(text) for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7", "fe80::/10")
)
"""Clients in here are this machine or an inner network."""


@dataclass(frozen=True, slots=True)
class SmtpClient:
    """An SMTP client: its IP address as text and the name that it greeted with."""

    address: str
    helo: str


def client_of(received: Iterable[str], peer: SmtpClient, trusted: Sequence[IPv4Network | IPv6Network]) -> SmtpClient | None:
    """The peer, or behind trusted relays the client that the outermost of them saw; None when a trusted relay does not say."""
    fields = iter(received)
    for _ in range(HOPS_MAX):
        address = ip_of(peer.address)
        if address is None:
            return None
        if not any(address in network for network in trusted):
            return peer
        named = client_in(next(fields, ""))
        if named is None:
            return None
        peer = named
    return None


def client_in(value: str) -> SmtpClient | None:
    """The client that one Received field names; None when it names no address.

    The address that the server saw stands in the last brackets of the from-part (Postfix, Sendmail, Exim) or in round ones (Exchange,
    qmail). What the client said of itself (HELO) may be an address, too, and comes first or behind `helo=`.
    """
    start = _FROM.match(value[:VALUE_MAX_CHARS])
    if start is None:
        return None
    part = _END.split(value[:VALUE_MAX_CHARS], maxsplit=1)[0]
    said = _HELO.search(part)
    seen = _HELO.sub(" ", part)
    for found in (*reversed(_BRACKETED.findall(seen)), *reversed(_ROUND.findall(seen))):
        address = ip_of(found)
        if address is not None:
            return SmtpClient(str(address), said.group(1) if said else start.group(1))
    return None


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether this text is an address of one of the networks."""
    found = ip_of(address)
    return found is not None and any(found in network for network in networks)


@lru_cache(maxsize=4096)  # the clients of a queue are few, and each batch asks for them again
def ip_of(text: str) -> IPv4Address | IPv6Address | None:
    """The address, IPv4-mapped IPv6 as IPv4; None when it is none."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if isinstance(mapped, IPv4Address) else address
