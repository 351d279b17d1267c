"""Verifies who a mail is from: SPF, DKIM, DMARC and ARC. In: letters. Out: results in the words of RFC 8601, with reasons.

It runs outside of every transaction, several mails at a time, so that one slow domain does not stop the others. A mail has a time for all
of its lookups, and so has a batch; what is not known by then is `temperror`. It must never raise for what a mail or the DNS hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from mailgate.clock import monotonic_s
from mailgate.inbound import dkim, spf
from mailgate.inbound.letter import Letter
from mailgate.inbound.resolver import Dns, DnsTrouble, Lookups
from mailgate.mail import dmarc
from mailgate.mail.authres import AuthResults
from mailgate.mail.model import Mail
from mailgate.mail.org_domain import ascii_name, organisational
from mailgate.mail.received import INNER, Client, client_of, ip_of, is_within
from mailgate.mail.signed_parts import NotSignable, Parts, parts_of
from mailgate.store.rows import ClaimedEntry

WORKERS = 16
_BEST_FIRST = ("pass", "temperror", "fail", "policy", "neutral", "permerror")


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """`mail_timeout_s`: for all lookups of one mail. `batch_timeout_s`: for all of a batch. `trusted`: relays whose Received counts."""

    mail_timeout_s: float = 5.0
    batch_timeout_s: float = 20.0
    trusted: tuple[IPv4Network | IPv6Network, ...] = ()


class Verifier:
    """Verifies mails on a few threads, which start with the first mail. Safe for several askers at once."""

    def __init__(self, dns: Dns, options: VerifyOptions, clock_s: Callable[[], float] = monotonic_s) -> None:
        self._dns, self._options, self._clock_s = dns, options, clock_s
        self._pool = ThreadPoolExecutor(WORKERS, "verify")

    def begin(self, letters: Sequence[Letter]) -> list[Future[AuthResults]]:
        """Start on all of them; one future each, in order. All end within the time of the batch, and a little for the work itself."""
        until_s = self._clock_s() + self._options.batch_timeout_s
        return [self._pool.submit(self.verify, letter, until_s) for letter in letters]

    def verify(self, letter: Letter, until_s: float = float("inf")) -> AuthResults:
        """The results for one mail, here and now."""
        lookups = Lookups(self._dns, min(self._options.mail_timeout_s, until_s - self._clock_s()), self._clock_s)
        return verified(letter, lookups, self._options.trusted)

    def close(self) -> None:
        """Let the threads end; what is not begun is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def verified(letter: Letter, lookups: Lookups, trusted: Sequence[IPv4Network | IPv6Network] = ()) -> AuthResults:
    """All results for one mail."""
    author = _author_domain(letter.mail)
    signed, sealed = _signed(letter.entry, author, lookups)
    envelope = _spf(letter, lookups, trusted)
    policy = dmarc_of(author, envelope, signed, lookups)
    best = _best(signed)
    reasons = (("spf", envelope.reason), ("dkim", best.reason), ("dmarc", policy.reason), ("arc", sealed[1]))
    return AuthResults(
        spf=envelope.result, dkim=best.result, dmarc=policy.result, arc=sealed[0], aligned=policy.aligned,
        reasons=tuple((method, text) for method, text in reasons if text),
    )  # fmt: skip


def _author_domain(mail: Mail) -> str:
    """Empty when nobody may be taken for the author."""
    return "" if mail.author is None or mail.identity_doubtful else ascii_name(mail.author.address.rpartition("@")[2])


def _signed(entry: ClaimedEntry, author: str, lookups: Lookups) -> tuple[list[dkim.Signature], tuple[str, str]]:
    try:
        parts: Parts = parts_of(entry.raw)
    except NotSignable as error:
        return [dkim.Signature("", "permerror", str(error))], ("none", "")
    return dkim.signatures(parts, author, lookups, entry.accepted_at.timestamp()), dkim.chain(parts, lookups)


def _spf(letter: Letter, lookups: Lookups, trusted: Sequence[IPv4Network | IPv6Network]) -> spf.SpfResult:
    entry = letter.entry
    if entry.protocol == "inject":
        return spf.SpfResult("none", "", "the mail did not come by SMTP")
    client = client_of(letter.mail.header_all("Received"), Client(entry.client_address, entry.helo), trusted)
    if client is None:
        return spf.SpfResult("none", "", "no trusted server says which client the mail is from")
    address = ip_of(client.address)
    if address is None or is_within(str(address), INNER):
        return spf.SpfResult("none", "", f"{client.address} is no public address; name our own servers in smtp.trusted_from")
    return spf.check(Client(str(address), client.helo), entry.envelope.reverse_path, lookups)


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """`result` in the words of RFC 8601; `aligned`: what aligned results come to where no record decides, else `none`."""

    result: str
    aligned: str = "none"
    reason: str = ""


def dmarc_of(author: str, envelope: spf.SpfResult, signed: Sequence[dkim.Signature], lookups: Lookups) -> DmarcResult:
    """DMARC of an author's domain ("" for no single author), by what SPF and DKIM have found. Never raises for what the DNS holds."""
    if not author:
        return DmarcResult("permerror", reason="the mail has no single author")
    spoken = tuple(dmarc.Speaker(one.domain, one.result) for one in signed)
    evidence = dmarc.Evidence(author, dmarc.Speaker(envelope.domain, envelope.result), spoken)
    try:
        record, own = _record(author, lookups)
    except DnsTrouble as error:
        return DmarcResult("temperror", reason=str(error))
    except dmarc.BadRecord as error:
        return DmarcResult("permerror", dmarc.without_record(evidence), str(error))
    if record is None:
        return DmarcResult("none", dmarc.without_record(evidence), f"{author} has no DMARC record")
    result = dmarc.evaluate(record, evidence)
    return DmarcResult(result, reason="" if result == "pass" else f"no aligned pass; {author} asks for p={record.asks(own)}")


def _record(author: str, lookups: Lookups) -> tuple[dmarc.Record | None, bool]:
    """The policy record, and whether it is of the author's own domain (RFC 7489 section 6.6.3). Raises DnsTrouble, BadRecord."""
    record = dmarc.record_of(lookups.texts(f"_dmarc.{author}"))
    above = organisational(author)
    if record is not None or above == author:
        return record, True
    return dmarc.record_of(lookups.texts(f"_dmarc.{above}")), False


def _best(signed: Sequence[dkim.Signature]) -> dkim.Signature:
    """One pass is a pass; else the word that says most."""
    if not signed:
        return dkim.Signature("", "none")
    return min(signed, key=lambda one: _BEST_FIRST.index(one.result) if one.result in _BEST_FIRST else len(_BEST_FIRST))
