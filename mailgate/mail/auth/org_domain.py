"""Organisational domains by the public suffix list (RFC 7489 section 3.2). In: a domain. Out: the one that its owner registered. Pure.

The list comes with its package and is never fetched: a new suffix is known after an upgrade.
"""

from __future__ import annotations

import functools

from publicsuffixlist import PublicSuffixList


@functools.lru_cache(maxsize=4096)  # of a thousand mails that wait, most come from few domains
def organisational(domain: str) -> str:
    """`mail.firma.co.uk` -> `firma.co.uk`; a public suffix is its own organisation. Lower case, A-labels, without a final dot."""
    name = ascii_name(domain)
    return _suffixes().privatesuffix(name) or name


def aligned(one: str, other: str, *, strict: bool = False) -> bool:
    """Identifier alignment (RFC 7489 section 3.1): the same domain, or, not `strict`, of the same organisation. "" aligns with nothing."""
    one, other = ascii_name(one), ascii_name(other)
    if not one or not other:
        return False
    return one == other or (not strict and organisational(one) == organisational(other))


def ascii_name(domain: str) -> str:
    """The name as the DNS has it: lower case, A-labels (RFC 5890); "" for what is no name, so that it aligns with nothing."""
    name = domain.strip().rstrip(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    labels = name.split(".")
    return name if len(name) <= 253 and all(0 < len(label) < 64 for label in labels) else ""


def is_public_suffix(domain: str) -> bool:
    """True for a name that many owners register below, such as `no` or `co.uk`."""
    name = ascii_name(domain)
    return bool(name) and _suffixes().privatesuffix(name) is None


@functools.cache
def _suffixes() -> PublicSuffixList:
    """Read once, when first asked: some 20 ms."""
    return PublicSuffixList()
