"""Author, recipients and thread of a mail, as reply extraction needs them. In: header fields. Out: a value with predicates.

It must never read the text of the mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from mailgate.mail.limits import Ours
from mailgate.mail.model import Mailbox

Answers = Literal["a mail", "nothing", "unknown"]

_REPLY_PREFIX = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|sv|vs|aw|antw|odp|ynt|vá|bls|res|rif|réf|ref|atb|hv|r)(?:\[\d+\])?\s?[:：]", re.IGNORECASE
)
_FORWARD_PREFIX = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:fwd?|vs|vl|wg|tr|doorst|i|pd|enc|rv|fs|videresendt|vidaresend|vidarebefordra[dt]|vb)\s?[:：]",
    re.IGNORECASE,
)
_KEY = re.compile(r"\[[^\]\s]{1,20}-\d{1,9}\]")
_WORD = re.compile(r"[^\W\d_]{2,}")


class Correspondence(NamedTuple):
    """`addresses` are those that the mail goes to, and ours; `domains` their domains, without that of the author.

    `answers` is `nothing` for a mail without ids of others and without "Re:", `unknown` for one with "Re:" alone or when nothing is known.
    """

    author: Mailbox | None = None
    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    subject: str = ""
    answers: Answers = "unknown"
    known_signatures: tuple[str, ...] = ()
    author_words: frozenset[str] = frozenset()

    def is_recipient(self, address: str) -> bool:
        """True when `address` (any case) is one that this mail goes to, or one of ours, or stands at the same domain as these."""
        local, _, domain = address.lower().rpartition("@")
        if f"{local.partition('+')[0]}@{domain}" in self.addresses:
            return True
        return any(domain == ours or domain.endswith("." + ours) for ours in self.domains)

    def is_author(self, address: str) -> bool:
        """True when `address` is that of the mail's author."""
        return self.author is not None and address.lower() == self.author.address

    def is_same_case(self, subject: str) -> bool:
        """True when `subject` names the case, by its key in brackets, that the subject of this mail names."""
        return bool(set(_KEY.findall(subject)) & set(_KEY.findall(self.subject)))


def bare_subject(subject: str) -> str:
    """The subject in lower case without prefixes such as "Re:", "SV:", "Fwd:", however many."""
    for _ in range(8):
        found = _REPLY_PREFIX.match(subject) or _FORWARD_PREFIX.match(subject)
        if found is None:
            break
        subject = subject[found.end() :]
    return " ".join(subject.lower().split())


def of(author: Mailbox | None, recipients: Iterable[Mailbox], subject: str, answers_ids: bool, ours: Ours | None = None) -> Correspondence:
    """The correspondence of a mail. `recipients`: To and Cc. `answers_ids`: it has In-Reply-To or References."""
    recipients = tuple(recipients)
    our_addresses, our_domains = _of_ours(ours) if ours else (frozenset[str](), frozenset[str]())
    to = [_bare(one.address) for one in recipients]
    own_domain = author.address.rpartition("@")[2] if author else ""
    domains = our_domains.union([one.rpartition("@")[2] for one in to])
    own_words = frozenset(_WORD.findall((author.name or "").lower())) if author else frozenset()
    if author and not own_words:
        own_words = frozenset(_WORD.findall(author.address.partition("@")[0].lower()))
    return Correspondence(
        author=author,
        addresses=our_addresses.union(to),
        domains=domains - {own_domain, ""},
        names=frozenset([one.name.lower() for one in recipients if one.name]),
        subject=subject,
        answers="a mail"
        if answers_ids
        else "unknown"
        if _REPLY_PREFIX.match(subject) and not _FORWARD_PREFIX.match(subject)
        else "nothing",
        author_words=own_words,
    )


@lru_cache(maxsize=4)
def _of_ours(ours: Ours) -> tuple[frozenset[str], frozenset[str]]:
    """Our addresses without what is behind a plus, and all domains that are ours by them. The same for every mail."""
    addresses = frozenset(map(_bare, ours.addresses))
    return addresses, ours.domains.union([one.rpartition("@")[2] for one in addresses])


def _bare(address: str) -> str:
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


UNKNOWN = Correspondence()
