"""Reverse-paths that a forwarder has rewritten (Sender Rewriting Scheme). In: an address. Out: the sender in it, or None. Pure.

`SRS0=hash=time=domain=local@forwarder`, `SRS1=hash=first==hash=time=domain=local@forwarder`, and the form of Exchange Online,
`mailbox+SRS=hash=time=domain=local@forwarder`. The hash is the forwarder's own business: read only those of forwarders that are trusted.
"""

from __future__ import annotations

import re

from mailgate.mail.smtp_address import folded

_WRAPPED = re.compile(
    r"(?:[^@+=]{1,64}\+)?SRS(?:[01][-+=]|=)(?:[^=@]{1,255}==)?(?:[^=@]{1,64}=){1,2}?(?P<domain>[^=@\s]{1,255}\.[^=@\s]{2,63})=(?P<local>[^@\s]{1,64})",
    re.IGNORECASE,
)
_SRS1 = re.compile(
    r"SRS1[-+=][^=@]{1,64}=[^=@]{1,255}==[^=@]{1,64}=[^=@]{1,16}=(?P<domain>[^=@\s]{1,255})=(?P<local>[^@\s]{1,64})", re.IGNORECASE
)


def original_sender(address: str) -> str | None:
    """The sender that stands in an SRS address, None when it is no such form."""
    local, at, _ = address.rpartition("@")
    if not at or "srs" not in local.lower():
        return None
    found = _SRS1.fullmatch(local) or _WRAPPED.fullmatch(local)
    return f"{found['local']}@{found['domain'].lower()}" if found else None


def sender_behind(reverse_path: str | None, own_domains: frozenset[str]) -> str | None:
    """`reverse_path`, or who stands in it when a front of our own domain has rewritten it."""
    if reverse_path is None or folded(reverse_path).rpartition("@")[2] not in own_domains:
        return reverse_path
    return original_sender(reverse_path) or reverse_path
