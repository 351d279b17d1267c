"""Verifies who a mail is from: SPF, DKIM, DMARC and ARC. In: messages. Out: results in the words of RFC 8601, with reasons.

It runs outside of every transaction, several mails at a time, and a batch does not wait for slow domains (`Verifier`). It must never raise
for what a mail or the DNS hold.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from mailgate.clock import monotonic_s
from mailgate.inbound.auth import dkim, spf
from mailgate.inbound.auth.resolver import Dns, DnsTrouble, Lookups
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.mail.auth import dmarc
from mailgate.mail.auth.authres import AuthResults
from mailgate.mail.auth.org_domain import ascii_name, organisational
from mailgate.mail.auth.received import INNER, SmtpClient, client_of, ip_of, is_within
from mailgate.mail.auth.signed_parts import NotSignable, SignedParts, parts_of
from mailgate.mail.model import Mail
from mailgate.store.rows import ClaimedEntry

WORKERS = 16
LOOK_AGAIN_S = 0.02
TASKS_MAX = 10_000
"""Mails whose results are kept until they are asked for again; the oldest are dropped."""
_BEST_FIRST = ("pass", "temperror", "fail", "policy", "neutral", "permerror")


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """`mail_timeout_s`: for all lookups of one mail. `batch_wait_s`: how long a batch waits for lookups. `patience_s`: after that a mail
    goes on without results. `per_budget`: mails verified at a time for one domain or one client. `trusted`: relays whose Received counts.
    """

    mail_timeout_s: float = 5.0
    batch_wait_s: float = 0.5
    patience_s: float = 60.0
    per_budget: int = 4
    trusted: tuple[IPv4Network | IPv6Network, ...] = ()


class Verifier:
    """Verifies mails on a few threads, which start with the first mail. Safe for several askers at once.

    A batch never waits for a slow domain: what is not known within `batch_wait_s` is asked for again with a later batch, while the lookups
    go on. A domain and a client have a few lookups at a time, so that neither can take all threads.
    """

    def __init__(self, dns: Dns, options: VerifyOptions, clock_s: Callable[[], float] = monotonic_s) -> None:
        self._dns, self._options, self._clock_s = dns, options, clock_s
        self._pool = ThreadPoolExecutor(WORKERS, "verify")
        self._tasks: OrderedDict[str, _Task] = OrderedDict()
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    def results(self, messages: Sequence[IntakeMessage]) -> list[AuthResults | None]:
        """The results of each, in order; None: not known yet, ask again later. After `patience_s` an unknown result is `temperror`."""
        until_s = monotonic_s() + self._options.batch_wait_s
        tasks = [self._started(message) for message in messages]
        while (left_s := until_s - monotonic_s()) > 0 and not all(task.is_done for task in tasks):
            running = [task.future for task in tasks if task.future is not None and not task.is_done]
            if running:
                wait(running, timeout=left_s, return_when=FIRST_COMPLETED)
            else:
                time.sleep(min(left_s, LOOK_AGAIN_S))  # other batches use the whole budget
            tasks = [self._started(message) for message in messages]
        return [self._result(message.entry.id, task) for message, task in zip(messages, tasks, strict=True)]

    def verify(self, message: IntakeMessage) -> AuthResults:
        """The results for one mail, here and now, within `mail_timeout_s`."""
        lookups = Lookups(self._dns, self._options.mail_timeout_s, self._clock_s)
        return verified(message, lookups, self._options.trusted)

    def close(self) -> None:
        """Let the threads end; lookups that have not begun are dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _started(self, message: IntakeMessage) -> _Task:
        """The task of this mail; it is started when its domain and its client have budget left."""
        with self._lock:
            task = self._tasks.setdefault(message.entry.id, _Task(self._clock_s()))
            if task.future is not None:
                return task
            keys = _budgets(message, self._options.trusted)
            if all(self._running[key] < self._options.per_budget for key in keys):
                self._running.update(keys)
                task.future = self._pool.submit(self._run, message, keys)
            while len(self._tasks) > TASKS_MAX:
                self._tasks.popitem(last=False)
        return task

    def _run(self, message: IntakeMessage, keys: Sequence[str]) -> AuthResults:
        try:
            return self.verify(message)
        finally:
            with self._lock:
                self._running.subtract(keys)
                self._running += Counter()  # drops what is down to 0

    def _result(self, id_: str, task: _Task) -> AuthResults | None:
        if task.future is not None and task.is_done:
            found: AuthResults | None = task.future.result()
        else:
            found = _GIVEN_UP if self._clock_s() - task.since_s >= self._options.patience_s else None
        if found is not None:
            with self._lock:
                self._tasks.pop(id_, None)
        return found


@dataclass(slots=True)
class _Task:
    """One mail that is verified. `since_s`: when it was asked for first; `future`: None while its domain or client has no budget."""

    since_s: float
    future: Future[AuthResults] | None = None

    @property
    def is_done(self) -> bool:
        """Whether the result is there."""
        return self.future is not None and self.future.done()


_GIVEN_UP = AuthResults("temperror", "temperror", "temperror", reasons=(("dmarc", "the DNS of the domain did not answer in time"),))


def _budgets(message: IntakeMessage, trusted: Sequence[IPv4Network | IPv6Network]) -> tuple[str, ...]:
    """Whose budgets the lookups count for: the owners of the domains that are asked, and the client unless it is a relay of ours."""
    entry = message.entry
    domains = (_author_domain(message.mail), ascii_name((entry.envelope.reverse_path or entry.helo).rpartition("@")[2]))
    owners = dict.fromkeys(f"domain {organisational(domain) or domain}" for domain in domains if domain)
    client = entry.client_address
    return (*owners, f"client {client}") if client and not is_within(client, trusted) else tuple(owners)


def verified(message: IntakeMessage, lookups: Lookups, trusted: Sequence[IPv4Network | IPv6Network] = ()) -> AuthResults:
    """All results for one mail."""
    author = _author_domain(message.mail)
    signed, sealed = _signed(message.entry, author, lookups)
    envelope = _spf(message, lookups, trusted)
    policy = dmarc_of(author, envelope, signed, lookups)
    sender = _of_reverse_path(message.entry.envelope.reverse_path, author, policy, envelope, signed, lookups)
    best = _best(signed)
    reasons = (("spf", envelope.reason), ("dkim", best.reason), ("dmarc", policy.reason), ("arc", sealed[1]))
    return AuthResults(
        spf=envelope.result, dkim=best.result, dmarc=policy.result, arc=sealed[0], aligned=policy.aligned,
        reverse_path=sender, reasons=tuple((method, text) for method, text in reasons if text),
    )  # fmt: skip


def _author_domain(mail: Mail) -> str:
    """Empty when the mail has no single sure author."""
    return "" if mail.author is None or mail.identity_doubtful else ascii_name(mail.author.address.rpartition("@")[2])


def _signed(entry: ClaimedEntry, author: str, lookups: Lookups) -> tuple[list[dkim.Signature], tuple[str, str]]:
    try:
        parts: SignedParts = parts_of(entry.raw)
    except NotSignable as error:
        return [dkim.Signature("", "permerror", str(error))], ("none", "")
    return dkim.signatures(parts, author, lookups, entry.accepted_at.timestamp()), dkim.chain(parts, lookups)


def _spf(message: IntakeMessage, lookups: Lookups, trusted: Sequence[IPv4Network | IPv6Network]) -> spf.SpfResult:
    entry = message.entry
    if entry.protocol == "inject":
        return spf.SpfResult("none", "", "the mail did not come by SMTP")
    client = client_of(message.mail.header_all("Received"), SmtpClient(entry.client_address, entry.helo), trusted)
    if client is None:
        return spf.SpfResult("none", "", "no trusted server says which client the mail is from")
    address = ip_of(client.address)
    if address is None or is_within(str(address), INNER):
        return spf.SpfResult("none", "", f"{client.address} is no public address; name our own servers in smtp.trusted_from")
    return spf.check(SmtpClient(str(address), client.helo), entry.envelope.reverse_path, lookups)


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """`result` in the words of RFC 8601; `aligned`: the result of aligned identities where no record decides, else `none`."""

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


def _of_reverse_path(
    reverse_path: str | None, author: str, policy: DmarcResult, envelope: spf.SpfResult, signed: Sequence[dkim.Signature], lookups: Lookups
) -> str:
    """`pass`, `fail` or `none`: what SPF and DMARC of the reverse-path's domain say of the mail. A fail of either is a fail."""
    domain = ascii_name((reverse_path or "").rpartition("@")[2])
    if not domain:
        return "none"
    found = policy if domain == author else dmarc_of(domain, envelope, signed, lookups)
    if "fail" in (envelope.result, found.result, found.aligned):
        return "fail"
    return "pass" if "pass" in (envelope.result, found.result, found.aligned) else "none"


def _record(author: str, lookups: Lookups) -> tuple[dmarc.DmarcPolicy | None, bool]:
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
