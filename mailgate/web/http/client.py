"""Who is at the other end: the peer, or whom a proxy that we trust names. In: connection and header. Out: address, whether it is https.

X-Forwarded-For is read from the right: the first address that is no proxy of ours is the client. What stands left of it anybody may write.
A field that comes several times is one list in that order (RFC 9110 section 5.3): HAProxy adds a line of its own below the client's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The client's network address as text; "" when it is not known. `forwarded_for`: the lines of the field, from the top."""
    hops = [peer, *reversed([one.strip() for one in ",".join(forwarded_for).split(",") if one.strip()])]
    client = ""
    for hop in hops:
        address = _address(hop)
        if address is None:
            break
        client = str(address)
        if not is_trusted(hop, trusted):
            break
    return client


def forwarded_scheme(peer: str, forwarded_proto: Sequence[str], trusted: Sequence[Network]) -> str:
    """The scheme that the proxy next to us names; "" when none does that is believed."""
    return ",".join(forwarded_proto).rpartition(",")[2].strip() if is_trusted(peer, trusted) else ""


def is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    """Whether this peer is a proxy of ours."""
    address = _address(peer)
    return address is not None and any(address.version == network.version and address in network for network in trusted)


def is_loopback(peer: str) -> bool:
    """Whether the peer is a program of this host."""
    address = _address(peer)
    return address is not None and address.is_loopback


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found
