"""Spellings of one mailbox, as its provider reads them. Data, and what applies it. Pure.

In: an address as it is compared. Out: the mailbox that it reaches, as far as is known. Used to count automatic answers per person, never to
find out who wrote a mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailgate.mail.auth.org_domain import organisational
from mailgate.mail.smtp_address import folded

ALL_SUBADDRESSES = "+"
"""RFC 5233: what follows is a detail, at nearly all providers; at those who read it otherwise the window of two people is shared."""


@dataclass(frozen=True, slots=True)
class Provider:
    """`domain`: the one that stands for all its names. `ignored`: characters of the local part that mean nothing. `details`: characters
    that begin a detail, beside `+`. `subdomains`: `x@name.domain` reaches `name@domain`.
    """

    domain: str
    ignored: str = ""
    details: str = ""
    subdomains: bool = False


_GMAIL, _PROTON = Provider("gmail.com", "."), Provider("proton.me", ".-_")
_FASTMAIL, _YANDEX = Provider("fastmail.com", subdomains=True), Provider("yandex.ru", ".-")
_ICLOUD, _YAHOO = Provider("icloud.com"), Provider("yahoo.com", details="-")
PROVIDERS: Mapping[str, Provider] = {
    "gmail.com": _GMAIL, "googlemail.com": _GMAIL, "google.com": Provider("google.com", "."),
    "proton.me": _PROTON, "protonmail.com": _PROTON, "protonmail.ch": _PROTON, "pm.me": _PROTON,
    "fastmail.com": _FASTMAIL, "fastmail.fm": Provider("fastmail.fm", subdomains=True),
    "yandex.ru": _YANDEX, "yandex.com": _YANDEX, "ya.ru": _YANDEX, "yandex.ua": _YANDEX, "yandex.by": _YANDEX, "yandex.kz": _YANDEX,
    "icloud.com": _ICLOUD, "me.com": _ICLOUD, "mac.com": _ICLOUD,
    "yahoo.com": _YAHOO, "ymail.com": Provider("ymail.com", details="-"), "rocketmail.com": Provider("rocketmail.com", details="-"),
}  # fmt: skip
"""Mail domain -> how it reads local parts. Domains that are not named ignore nothing but details after `+`."""


def counted_as(address: str) -> tuple[str, str]:
    """The mailbox and the domain that an answer to this address counts for.

    Spellings that reach the same person share one window, and the owner of `firma.example` owns all names below it: a victim has one of
    each, however many spellings an attacker thinks of.
    """
    mailbox = mailbox_of(folded(address))
    domain = mailbox.rpartition("@")[2]
    return mailbox, organisational(domain) or domain


def mailbox_of(address: str) -> str:
    """The mailbox of an address in lower case (`smtp_address.folded`): `k.a.r.i+x@googlemail.com` is `kari@gmail.com`."""
    local, _, domain = address.rpartition("@")
    above = domain.partition(".")[2]
    if above in PROVIDERS and PROVIDERS[above].subdomains:
        local, domain = domain.partition(".")[0], above
    provider = PROVIDERS.get(domain, Provider(domain))
    base = local
    for sign in ALL_SUBADDRESSES + provider.details:
        base = base.partition(sign)[0] or base
    plain = "".join(sign for sign in base if sign not in provider.ignored)
    return f"{plain or base}@{provider.domain}"
