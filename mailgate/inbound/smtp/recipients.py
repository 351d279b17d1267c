"""Accept stage: which recipients are ours. In: the forward-path of RCPT. Out: the address under which it is journaled, or `Rejected`.

Syntax only: intake checks a token's signature. Here no key and no database is used, so a forger learns nothing from the reply.
It must never relay: only configured domains, no source routes, no `%`, `!` or `@` inside a local part (RFC 5321 sections 3.6.1 and 7.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailgate.cases.tokens import has_form
from mailgate.errors import Rejected
from mailgate.inbound.smtp import replies as replies
from mailgate.inbound.smtp.arguments import Path

Recipients = Callable[[Path], str]
"""Returns `local@domain` as it is kept in the envelope. Raises Rejected for what is not ours."""

RESERVED = frozenset({"postmaster", "abuse"})
"""Served in every domain of ours (RFC 5321 section 4.5.1, RFC 2142 section 2)."""


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """Our own addresses.

    `mailboxes`: `local@domain`, the support address and its aliases; `local+<token>` is accepted, too.
    `token_domains` accept `<token>@domain`; `bounce_mailbox` is the local part before `+<token>` of return paths, in any of our domains.
    `domain` is the main one; the bare `<postmaster>` belongs to it.
    """

    domain: str
    mailboxes: frozenset[str]
    token_domains: frozenset[str] = frozenset()
    bounce_mailbox: str = "bounces"

    @property
    def domains(self) -> frozenset[str]:
        """Every domain of ours, in lower case."""
        named = {self.domain, *self.token_domains, *(address.rpartition("@")[2] for address in self.mailboxes)}
        return frozenset(domain.lower() for domain in named)


def own_recipients(own: OwnAddresses) -> Recipients:
    """The check for these addresses. Our local parts are compared case-insensitively."""
    domains = own.domains
    mailboxes = frozenset(address.lower() for address in own.mailboxes)
    token_domains = frozenset(domain.lower() for domain in own.token_domains)
    main, bounce_mailbox = own.domain.lower(), own.bounce_mailbox.lower()
    seen: dict[Path, str] = {}

    def check(path: Path) -> str:
        known = seen.get(path)
        if known is not None:
            return known
        local, domain = path.local.lower(), path.domain or main
        _refuse_relay(path, domain, domains)
        mailbox, plus, token = local.rpartition("+")
        address = f"{local}@{domain}"
        if address in mailboxes or local in RESERVED:
            if len(seen) < len(mailboxes) * 8 + 8:  # only spellings of plain addresses: with tokens the cache would grow without end
                seen[path] = address
            return address
        if plus and has_form(token) and (f"{mailbox}@{domain}" in mailboxes or mailbox == bounce_mailbox):
            return address
        if domain in token_domains and has_form(local):
            return address
        raise Rejected(replies.R550_UNKNOWN_RECIPIENT, "unknown_recipient")

    return check


def _refuse_relay(path: Path, domain: str, domains: frozenset[str]) -> None:
    """Raise 550 5.7.1 for every form of a relay request."""
    if path.routed or domain not in domains or path.quoted or any(sign in path.local for sign in "%!@"):
        raise Rejected(replies.R550_NO_RELAY, "relay_denied")
