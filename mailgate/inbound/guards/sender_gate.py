"""Accept stage: legacy senders whom the policy refuses. In: the reverse-path, and a recipient that is ours. Out: nothing, or `Rejected`.

The reverse-path's domain decides (`rules.legacy`). Only plain support addresses are closed: a reply address with a token, the bounce
mailbox, postmaster and kin stay open for everyone, and so does any address for what machines send: a null reverse-path, a mailbox that no
person reads, ourselves. Their mail is a note at most, and a refusal with a link would help nobody. No DNS, no database: the policy is
handed in (`use`), and what it says of a domain is kept until it changes or the day ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

import idna

from mailgate.clock import Clock
from mailgate.errors import Rejected, SmtpReply
from mailgate.inbound.guards.answer_gate import NO_REPLY
from mailgate.mail import srs
from mailgate.rules.date_words import day_in_words
from mailgate.rules.facts import SERVICE_MAILBOXES
from mailgate.rules.legacy import Legacy, domain_of
from mailgate.rules.policy import Policy

Senders = Callable[[str | None, str], None]
"""Reverse-path and accepted recipient. Raises Rejected when this sender may not write to this recipient."""

REASON = "legacy_refused"
LINE_MAX_OCTETS = 512  # RFC 5321 section 4.5.3.1.5, with code and CRLF
MAX_KNOWN = 10_000
MAX_COUNTED = 1_000
OTHERS = ""
"""Stands for the addresses above MAX_COUNTED that were refused between two looks at the counts."""

_SINCE = {
    "nb": "Siden {day} tar vi ikke imot saker som e-post. Registrer saken i {portal}:",
    "nn": "Sidan {day} tek vi ikkje imot saker som e-post. Registrer saka i {portal}:",
    "en": "Since {day} we take no cases by e-mail. Please register your case in {portal}:",
}
_NOT_ANY_MORE = {
    "nb": "Vi tar ikke lenger imot saker som e-post. Registrer saken i {portal}:",
    "nn": "Vi tek ikkje lenger imot saker som e-post. Registrer saka i {portal}:",
    "en": "We no longer take cases by e-mail. Please register your case in {portal}:",
}

_PORTAL = {"nb": "portalen", "nn": "portalen", "en": "our portal"}
"""What the portal is called where its name is not ASCII."""


class Refused(NamedTuple):
    """One count: how often this address (or OTHERS) was refused on this local day."""

    day: date
    address: str
    times: int


@dataclass(frozen=True, slots=True)
class PortalReply:
    """`mailboxes`: our plain support addresses; `domains`: our own; both in lower case. `language`: what is said before English.
    `name`: the portal's.
    """

    mailboxes: frozenset[str]
    domains: frozenset[str]
    portal_url: str
    language: str = "nb"
    name: str = "supportweb"


def everyone(_reverse_path: str | None, _recipient: str) -> None:
    """`Senders` that refuses nobody."""


class SenderGate:
    """`check` is a `Senders`. Used by the event loop alone; `use` may be called whenever the policy may have changed."""

    def __init__(self, portal: PortalReply, clock: Clock, policy: Policy) -> None:
        self._portal, self._clock = portal, clock
        self._url = ascii_url(portal.portal_url)
        self._counts: Counter[tuple[date, str]] = Counter()
        self._policy = policy
        self._renew(clock())

    def use(self, policy: Policy) -> None:
        """Use this policy from the next recipient on."""
        if policy is not self._policy:
            self._policy = policy
            self._renew(self._clock())

    def check(self, reverse_path: str | None, recipient: str) -> None:
        """Raises Rejected, 550 5.7.1 with the way to the portal, for a plain support address and a sender in phase `refuse`."""
        if not self._legacy.refuses or reverse_path is None or recipient not in self._portal.mailboxes:
            return
        reverse_path = srs.sender_behind(reverse_path, self._portal.domains) or reverse_path
        if recipient.partition("@")[0] in SERVICE_MAILBOXES or NO_REPLY.fullmatch(reverse_path.rpartition("@")[0]):
            return
        if refusal := self._refusal(reverse_path):
            self._count(reverse_path)
            raise Rejected(refusal, REASON)

    def take_counts(self) -> list[Refused]:
        """The counts of refusals since the last call."""
        counts, self._counts = self._counts, Counter()
        return [Refused(day, address, times) for (day, address), times in counts.items()]

    def give_back(self, counts: Iterable[Refused]) -> None:
        """Counts that could not be written: they are counted again."""
        for day, address, times in counts:
            self._counts[day, address] += times

    def _renew(self, now: datetime) -> None:
        self._legacy: Legacy = self._policy.legacy
        self._today = self._legacy.day(now)
        self._ends_at = self._legacy.midnight(self._today + timedelta(days=1))
        self._known: dict[str, SmtpReply | None] = {}

    def _refusal(self, reverse_path: str) -> SmtpReply | None:
        now = self._clock()
        if now >= self._ends_at:
            self._renew(now)
        domain = domain_of(reverse_path)
        if domain in self._known:
            return self._known[domain]
        standing = self._legacy.standing(reverse_path, now)
        closed = standing.phase == "refuse" and domain not in self._portal.domains
        reply = self._reply(standing.closed_since) if closed else None
        if len(self._known) < MAX_KNOWN:
            self._known[domain] = reply
        return reply

    def _reply(self, since: date | None) -> SmtpReply:
        """One line per language, each with the link, since many programs show one line only. ASCII: a client may know no other."""
        languages = dict.fromkeys((self._portal.language if self._portal.language in _SINCE else "nb", "en"))
        return SmtpReply(550, "5.7.1", "\n".join(self._line(language, since) for language in languages))

    def _line(self, language: str, since: date | None) -> str:
        own = self._legacy.refusal.get(language)
        portal = self._portal.name if self._portal.name.isascii() else _PORTAL[language]
        day = day_in_words(since, language) if since else ""
        said = own or (_SINCE if since else _NOT_ANY_MORE)[language].format(day=day, portal=portal)
        free_octets = LINE_MAX_OCTETS - len("550-5.7.1  \r\n") - len(said)
        url = self._url if len(self._url) <= free_octets else urlunsplit((*urlsplit(self._url)[:2], "/", "", ""))
        return f"{said} {url}"[: LINE_MAX_OCTETS - len("550-5.7.1 \r\n")]

    def _count(self, reverse_path: str) -> None:
        key = (self._today, reverse_path.lower())
        self._counts[key if key in self._counts or len(self._counts) < MAX_COUNTED else (self._today, OTHERS)] += 1


def ascii_url(url: str) -> str:
    """The same address in ASCII: the host as A-labels, the rest percent-encoded (RFC 3986 section 2.5)."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    host = idna.encode(parts.hostname or "", uts46=True).decode("ascii")
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, host + port, *(quote(part, safe="/%:@!$&'()*+,;=~?") for part in parts[2:])))
