"""The send stage. In: frozen mails that are due. Out: tries at the smarthost, each one recorded.

Mails are claimed with a lease, which is checked again before the final dot (fencing), sent over a kept connection, and recorded in groups
while the next mail is sent. One worker thread sends while that is fast; a slow smarthost gets more. This is the only place of `outbound`
that catches unexpected exceptions. It must never let one mail's failure stop the others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from mailgate import log, metrics
from mailgate.cases.tokens import TokenKeys
from mailgate.clock import monotonic_s
from mailgate.errors import LeaseLost, TransientFailure
from mailgate.killpoint import reached
from mailgate.mail.bounce import enhanced_status
from mailgate.outbound.compose_stage import NoticeOptions, NoticeStage
from mailgate.outbound.freeze import Freezer
from mailgate.outbound.identity import identity, wording
from mailgate.outbound.oauth import OAuthOptions, TokenSource
from mailgate.outbound.outgoing_message import OutgoingMessage
from mailgate.outbound.queue.domains import DomainOptions, Domains
from mailgate.outbound.queue.failover import Failover
from mailgate.outbound.queue.schedule import Backoff, RetrySchedule
from mailgate.outbound.queue.send_queue import Refusal, SendQueue, SendQueueOptions, domain_of
from mailgate.outbound.recorder import RecordedResult, Recorder
from mailgate.outbound.render import Renderer
from mailgate.outbound.signing import signer
from mailgate.outbound.smarthost import Capture, Confirm, Smarthost
from mailgate.outbound.smarthost_session import SmarthostOptions, SubmitResult
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.rules.policy import Policy
from mailgate.rules.reachability import BounceLimits, DeliveryFailure
from mailgate.store.rows import ClaimedMail, SendResult, SendState
from mailgate.store.unit_of_work import Store

if TYPE_CHECKING:
    from mailgate.config import Settings

TICK_S = 0.1
GROW_AFTER_S = 0.5
FAST_MAILS_PER_S = 200
STOP_GRACE_S = 10.0
SILENT_DOMAINS_MAX = 3

_log = log.get("send")


class Transport(Protocol):
    """Where mails are sent to: the smarthost, or the capture."""

    @property
    def name(self) -> str:
        """Its name in the record of each attempt."""
        ...

    def submit(self, message: OutgoingMessage, confirm: Confirm) -> SubmitResult:
        """Try to send one mail."""
        ...

    def trip(self, host: str) -> bool:
        """That host answers nothing for several domains. True when another one can go on at once."""
        ...

    def close(self) -> None:
        """Close kept connections."""
        ...


@dataclass(frozen=True, slots=True)
class SendOptions:
    """How mails are claimed and retried."""

    queue: SendQueueOptions = field(default_factory=SendQueueOptions)
    schedule: RetrySchedule = field(default_factory=RetrySchedule)
    bounces: BounceLimits = field(default_factory=BounceLimits)
    domains: DomainOptions = field(default_factory=DomainOptions)


class SendStage:
    """Sends all that is due. Safe to run in several processes at once: leases keep them apart."""

    def __init__(self, store: Store, transport: Transport, options: SendOptions) -> None:
        self._store, self._transport, self._options = store, transport, options
        self._recorder = Recorder(store, options.bounces)
        self._backoff = Backoff()
        self._domains = Domains(options.domains, options.queue.connections)
        self._silent: set[str] = set()
        self._sent = 0

    def run(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Try all that is due; returns how many mails were claimed. Returns early during a back-off. Raises TransientFailure."""
        self._recorder.flush()
        if self._backoff.pausing(monotonic_s()):
            return 0
        queue = SendQueue(self._store, self._options.queue, self._refuse, self._domains)
        self._work(queue, stopping)
        queue.give_back()
        self._recorder.flush()
        if queue.trouble is not None:
            raise queue.trouble
        return queue.taken

    def close(self) -> None:
        """Close the connections to the smarthost."""
        self._transport.close()

    def _work(self, queue: SendQueue, stopping: Callable[[], bool]) -> None:
        """Run worker threads until the queue is empty: one at first, more while mails wait and throughput is low."""
        ended = threading.Event()
        workers = [self._worker(queue, ended)]
        patience_s, looked_at_s, sent = STOP_GRACE_S, monotonic_s(), self._sent
        while any(worker.is_alive() for worker in workers) and patience_s > 0:
            ended.wait(TICK_S)
            ended.clear()
            queue.renew()
            if stopping() or self._recorder.troubled:
                queue.stop()
                patience_s -= TICK_S
            if (now_s := monotonic_s()) - looked_at_s >= GROW_AFTER_S:
                slow = self._sent - sent < FAST_MAILS_PER_S * (now_s - looked_at_s)
                if slow and queue.waits and len(workers) < self._options.queue.connections:
                    workers.append(self._worker(queue, ended))
                looked_at_s, sent = now_s, self._sent

    def _worker(self, queue: SendQueue, ended: threading.Event) -> threading.Thread:
        def work() -> None:
            while (mail := queue.take()) is not None:
                self._try(mail, queue)
            ended.set()

        worker = threading.Thread(target=work, name="send", daemon=True)
        worker.start()
        return worker

    def _try(self, mail: ClaimedMail, queue: SendQueue) -> None:
        """Try one mail. Whatever happens, its domain and its lease are free afterwards."""
        started_at = self._store.now()
        try:
            answer = self._submit(mail, queue)
            if answer.fate == "sent":
                reached("after_250_before_mark_sent")
            self._recorder.put(self._record(mail, answer, started_at))
            self._learn(mail, answer, queue)
        except LeaseLost:
            _log.warning("lease_lost", when="before the final dot", outbox_id=mail.id, message_id=mail.message_id)
        finally:
            queue.done(mail)

    def _submit(self, mail: ClaimedMail, queue: SendQueue) -> SubmitResult:
        """Send one mail. An unexpected exception becomes `uncertain`: the mail is kept and the stage goes on."""
        try:
            return self._transport.submit(OutgoingMessage(mail.address, mail.reverse_path, mail.raw), lambda: queue.confirm(mail))
        except LeaseLost:
            raise
        except TransientFailure as error:  # the lease could not be checked: no dot was sent
            return SubmitResult("deferred", "DATA", text=str(error), lost=True)
        except Exception as error:  # noqa: BLE001 - outermost handler of the send stage, per mail
            metrics.count("faults", "send")
            _log.error("send_fault", outbox_id=mail.id, error=type(error).__name__, exc_info=True)
            return SubmitResult("uncertain", "MAIL", text=f"an error of our own ({type(error).__name__})")

    def _learn(self, mail: ClaimedMail, answer: SubmitResult, queue: SendQueue) -> None:
        """Back off from a failing smarthost or domain. Silence counts against the mail's domain until several domains are silent."""
        self._sent += 1
        if answer.fate == "sent":
            self._backoff.succeeded()
            self._silent.clear()
        if answer.lost and not answer.session:
            self._silent.add(domain_of(mail))
            queue.slow(mail)
        host = answer.host or self._transport.name
        if not answer.session and len(self._silent) >= SILENT_DOMAINS_MAX and self._transport.trip(host):
            self._silent.clear()
        elif answer.session or len(self._silent) >= SILENT_DOMAINS_MAX:
            pause_s = self._backoff.failed(monotonic_s())
            details = {"step": answer.step, "code": answer.code, "reply": answer.text}
            _log.warning("smarthost_failing", host=host, pause_s=pause_s, **details)
            self._silent.clear()
            queue.stop()
            metrics.beat("smarthost_at_s", "failing")
        elif not answer.lost:
            metrics.beat("smarthost_at_s", "answered")

    def _record(self, mail: ClaimedMail, answer: SubmitResult, started_at: datetime) -> RecordedResult:
        now = self._store.now()
        state: SendState = answer.fate
        text, next_at = _words(answer), None
        if state == "deferred" and now >= mail.expires_at:
            state, text = "failed", f"expired after the last try: {text}"
        # A notice whose reply was lost is repeated once; an automatic answer never (guarantees 5 and 6).
        if state == "deferred" or (state == "uncertain" and not mail.at_most_once and not mail.maybe_sent):
            next_at = self._options.schedule.next_attempt_at(now, mail.attempts, mail.expires_at)
        reply = (answer.code, answer.enhanced, text)
        host = answer.host or self._transport.name
        result = SendResult(mail.id, mail.lease_token, state, started_at, max(started_at, now), host, *reply, next_at)
        failed = state == "failed"
        return RecordedResult(mail, result, report=_why(result) if failed else "", failure=_failure(mail, answer, now) if failed else None)

    def _refuse(self, mail: ClaimedMail, reason: str, refusal: Refusal) -> None:
        """Record a mail that is not tried: suppressed, expired, or deferred because of its domain."""
        now, final = self._store.now(), refusal != "deferred"
        next_at = None if final else self._options.schedule.next_attempt_at(now, mail.attempts, mail.expires_at)
        state: SendState = "failed" if final else "deferred"
        result = SendResult(mail.id, mail.lease_token, state, now, now, "", 0, "", reason, next_at)
        self._recorder.put(RecordedResult(mail, result, report=reason if final else "", suppressed=refusal == "suppressed"))


def _failure(mail: ClaimedMail, answer: SubmitResult, now: datetime) -> DeliveryFailure | None:
    """What a final refusal says about the address: only a reply to RCPT is about it (RFC 5321 section 3.3)."""
    if answer.step != "RCPT" or not answer.code:
        return None
    words = f"{answer.code} {answer.text}"
    return DeliveryFailure(mail.address.lower(), mail.id, enhanced_status.verdict(answer.enhanced, words), now, answer.enhanced, words)


def _words(answer: SubmitResult) -> str:
    """What is kept of the answer: its text, and the step when the reply was not to a command about this mail, or none came."""
    return f"{answer.step}: {answer.text}" if answer.text and (answer.session or not answer.code) else answer.text


def _why(result: SendResult) -> str:
    return " ".join(part for part in (str(result.code or ""), result.enhanced, result.text) if part)


def make_stages(
    settings: Settings,
    store: Store,
    keys: TokenKeys,
    notify: Callable[[str], None],
    policy: Callable[[], Policy] = lambda: SUPPORTWEB_POLICY,
) -> tuple[NoticeStage, SendStage]:
    """The two stages of the outbound side. Raises ConfigError for templates or TLS files that cannot be used."""
    wanted = settings.outbound
    freezer = Freezer(identity(settings), Renderer(wording(settings)), keys, policy)
    lease = timedelta(seconds=wanted.lease_s)
    notices = NoticeStage(store, freezer, NoticeOptions(wanted.batch, lease), notify, signer(settings, store.clock))
    options = SendOptions(
        SendQueueOptions(wanted.batch, lease, wanted.connections),
        RetrySchedule(timedelta(seconds=wanted.retry_first_s), timedelta(seconds=wanted.retry_max_s)),
        BounceLimits(**settings.bounces.model_dump()),
        DomainOptions(wanted.domain_connections, wanted.domain_per_minute),
    )
    return notices, SendStage(store, _transport(settings) if wanted.delivery == "smtp" else Capture(), options)


def _transport(settings: Settings) -> Transport:
    hosts = [Smarthost(options) for options in all_smarthosts(settings)]
    return hosts[0] if len(hosts) == 1 else Failover(hosts)


def all_smarthosts(settings: Settings) -> list[SmarthostOptions]:
    """The next hops in the order in which they are tried."""
    first = smarthost_options(settings)
    others = settings.outbound.fallback_endpoints
    return [first, *(replace(first, host=other.host, port=other.port) for other in others)]


def smarthost_options(settings: Settings) -> SmarthostOptions:
    """The first next hop as the settings describe it."""
    wanted = settings.outbound
    endpoint = wanted.smarthost_endpoint
    return SmarthostOptions(
        host=endpoint.host, port=endpoint.port, tls=wanted.tls, verify=wanted.tls_verify,
        ca_file=str(wanted.tls_ca_file) if wanted.tls_ca_file else None, user=wanted.username,
        password=settings.vault.smarthost_password or "", tokens=_tokens(settings),
        allow_unverified_auth=wanted.allow_unverified_auth, helo_name=settings.hostname,
    )  # fmt: skip


def _tokens(settings: Settings) -> TokenSource | None:
    """Where tokens for the smarthost come from; None for a password."""
    wanted, vault = settings.outbound, settings.vault
    if wanted.auth != "xoauth2":
        return None
    return TokenSource(
        OAuthOptions(
            wanted.oauth_token_url, wanted.oauth_client_id, vault.smarthost_oauth_secret, vault.smarthost_oauth_refresh_token,
            wanted.oauth_scope, str(wanted.tls_ca_file) if wanted.tls_ca_file else None,
        )
    )  # fmt: skip
