"""The send stage, and the door of the outbound side. In: frozen mails that are due. Out: tries at the smarthost, each one recorded.

Claim with a lease, check the fence before the final dot, hand over on a kept connection, record in groups while the next mail is sent. One
lane sends as long as that is fast; a slow smarthost gets more of them. This is the one place outbound that catches what nobody foresaw.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mailgate import log, metrics
from mailgate.cases.tokens import TokenKeys
from mailgate.clock import monotonic_s
from mailgate.errors import LeaseLost, TransientFailure
from mailgate.killpoint import reached
from mailgate.mail import enhanced_status
from mailgate.mail.model import Mailbox
from mailgate.outbound.feed import Feed, FeedOptions, domain_of
from mailgate.outbound.notices import NoticeOptions, NoticeStage
from mailgate.outbound.outbox import Freezer, Identity
from mailgate.outbound.parcel import Parcel
from mailgate.outbound.recorder import Record, Recorder
from mailgate.outbound.render import Renderer, Wording
from mailgate.outbound.schedule import Breather, Schedule
from mailgate.outbound.session import Answer, SmarthostOptions
from mailgate.outbound.signing import signer
from mailgate.outbound.smarthost import Capture, Confirm, Smarthost
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.rules.policy import Policy
from mailgate.rules.reachability import BounceLimits, Failure
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


class Courier(Protocol):
    """Who takes a mail on: the smarthost, or the capture."""

    @property
    def name(self) -> str:
        """Who it is, for the record."""
        ...

    def submit(self, parcel: Parcel, confirm: Confirm) -> Answer:
        """Try to hand over one mail."""
        ...

    def close(self) -> None:
        """Let go of what is kept open."""
        ...


@dataclass(frozen=True, slots=True)
class SendOptions:
    """How mails are claimed and tried again."""

    feed: FeedOptions = field(default_factory=FeedOptions)
    schedule: Schedule = field(default_factory=Schedule)
    bounces: BounceLimits = field(default_factory=BounceLimits)


class SendStage:
    """Sends all that is due. Safe to run in several processes at once: leases keep them apart."""

    def __init__(self, store: Store, courier: Courier, options: SendOptions) -> None:
        self._store, self._courier, self._options = store, courier, options
        self._recorder = Recorder(store, options.bounces)
        self._breather = Breather()
        self._silent: set[str] = set()
        self._sent = 0

    def run(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Try all that is due; how many mails were taken. Returns early while the smarthost needs a rest. Raises TransientFailure."""
        self._recorder.flush()
        if self._breather.resting(monotonic_s()):
            return 0
        feed = Feed(self._store, self._options.feed, self._refuse)
        self._work(feed, stopping)
        feed.give_back()
        self._recorder.flush()
        if feed.trouble is not None:
            raise feed.trouble
        return feed.taken

    def close(self) -> None:
        """Leave the smarthost politely."""
        self._courier.close()

    def _work(self, feed: Feed, stopping: Callable[[], bool]) -> None:
        """Run lanes until the feed has nothing more, one at first, more while there is a queue and little of it gets done."""
        ended = threading.Event()
        lanes = [self._lane(feed, ended)]
        patience_s, looked_at_s, sent = STOP_GRACE_S, monotonic_s(), self._sent
        while any(lane.is_alive() for lane in lanes) and patience_s > 0:
            ended.wait(TICK_S)
            ended.clear()
            feed.keep()
            if stopping() or self._recorder.troubled:
                feed.stop()
                patience_s -= TICK_S
            if (now_s := monotonic_s()) - looked_at_s >= GROW_AFTER_S:
                slow = self._sent - sent < FAST_MAILS_PER_S * (now_s - looked_at_s)
                if slow and feed.waits and len(lanes) < self._options.feed.connections:
                    lanes.append(self._lane(feed, ended))
                looked_at_s, sent = now_s, self._sent

    def _lane(self, feed: Feed, ended: threading.Event) -> threading.Thread:
        def work() -> None:
            while (mail := feed.take()) is not None:
                self._try(mail, feed)
            ended.set()

        lane = threading.Thread(target=work, name="send", daemon=True)
        lane.start()
        return lane

    def _try(self, mail: ClaimedMail, feed: Feed) -> None:
        started_at = self._store.now()
        try:
            answer = self._submit(mail, feed)
        except LeaseLost:
            _log.warning("lease_lost", when="before the final dot", outbox_id=mail.id, message_id=mail.message_id)
        else:
            if answer.fate == "sent":
                reached("after_250_before_mark_sent")
            self._recorder.put(self._record(mail, answer, started_at))
            self._learn(mail, answer, feed)
        feed.done(mail)

    def _submit(self, mail: ClaimedMail, feed: Feed) -> Answer:
        """The door: whatever goes wrong in here, the mail is kept and the stage goes on."""
        try:
            return self._courier.submit(Parcel(mail.address, mail.reverse_path, mail.raw), lambda: feed.confirm(mail))
        except LeaseLost:
            raise
        except TransientFailure as error:  # the fence could not be asked: no dot was sent
            return Answer("deferred", "DATA", text=str(error), lost=True)
        except Exception as error:  # noqa: BLE001 - the door of the send actor
            metrics.count("faults", "send")
            _log.error("send_fault", outbox_id=mail.id, error=type(error).__name__, exc_info=True)
            return Answer("uncertain", "MAIL", text=f"an error of our own ({type(error).__name__})")

    def _learn(self, mail: ClaimedMail, answer: Answer, feed: Feed) -> None:
        """Spare a smarthost or a domain that is in trouble. Silence is held against the mail's domain, until several domains say more."""
        self._sent += 1
        if answer.fate == "sent":
            self._breather.well()
            self._silent.clear()
        if answer.lost and not answer.session:
            self._silent.add(domain_of(mail))
            feed.slow(mail)
        if answer.session or len(self._silent) >= SILENT_DOMAINS_MAX:
            pause_s = self._breather.trouble(monotonic_s())
            said = {"step": answer.step, "code": answer.code, "reply": answer.text}
            _log.warning("smarthost_in_trouble", host=self._courier.name, pause_s=pause_s, **said)
            self._silent.clear()
            feed.stop()

    def _record(self, mail: ClaimedMail, answer: Answer, started_at: datetime) -> Record:
        now = self._store.now()
        state: SendState = answer.fate
        text, next_at = answer.text if answer.code or not answer.text else f"{answer.step}: {answer.text}", None
        if state == "deferred" and now >= mail.expires_at:
            state, text = "failed", f"given up after the last try: {text}"
        # One repeat of a notice whose answer was lost; an automatic answer gets none (guarantees 5 and 6).
        if state == "deferred" or (state == "uncertain" and not mail.at_most_once and not mail.maybe_sent):
            next_at = self._options.schedule.next_attempt_at(now, mail.attempts, mail.expires_at)
        reply = (answer.code, answer.enhanced, text)
        result = SendResult(mail.id, mail.lease_token, state, started_at, max(started_at, now), self._courier.name, *reply, next_at)
        failed = state == "failed"
        return Record(mail, result, report=_why(result) if failed else "", failure=_failure(mail, answer, now) if failed else None)

    def _refuse(self, mail: ClaimedMail, reason: str, final: bool) -> None:
        """Record a mail that is not tried: suppressed, over its time, or held back for its domain."""
        now = self._store.now()
        next_at = None if final else self._options.schedule.next_attempt_at(now, mail.attempts, mail.expires_at)
        state: SendState = "failed" if final else "deferred"
        result = SendResult(mail.id, mail.lease_token, state, now, now, "", 0, "", reason, next_at)
        self._recorder.put(Record(mail, result, report=reason if final else ""))


def _failure(mail: ClaimedMail, answer: Answer, now: datetime) -> Failure | None:
    """What a final refusal says of the address: only a reply to RCPT speaks of it (RFC 5321 section 3.3)."""
    if answer.step != "RCPT" or not answer.code:
        return None
    words = f"{answer.code} {answer.text}"
    return Failure(mail.address.lower(), mail.id, enhanced_status.verdict(answer.enhanced, words), now, answer.enhanced, words)


def _why(result: SendResult) -> str:
    return " ".join(part for part in (str(result.code or ""), result.enhanced, result.text) if part)


def make_stages(
    settings: Settings, store: Store, keys: TokenKeys, ring: Callable[[str], None], policy: Callable[[], Policy] = lambda: SUPPORTWEB_POLICY
) -> tuple[NoticeStage, SendStage]:
    """The two stages of the outbound side. Raises ConfigError for templates or TLS files that cannot be used."""
    wanted = settings.outbound
    freezer = Freezer(_identity(settings), Renderer(_wording(settings)), keys, policy, signer(settings, store.clock))
    lease = timedelta(seconds=wanted.lease_s)
    notices = NoticeStage(store, freezer, NoticeOptions(wanted.batch, lease), ring)
    options = SendOptions(
        FeedOptions(wanted.batch, lease, wanted.connections),
        Schedule(timedelta(seconds=wanted.retry_first_s), timedelta(seconds=wanted.retry_max_s)),
        BounceLimits(**settings.bounces.model_dump()),
    )
    courier = Smarthost(_smarthost(settings)) if wanted.delivery == "smtp" else Capture()
    return notices, SendStage(store, courier, options)


def _identity(settings: Settings) -> Identity:
    book, service = settings.addresses, settings.service
    return Identity(
        author=Mailbox(settings.support_addresses[0], settings.from_name), domain=service.domain,
        reply_domain=book.reply_domain or service.domain, reply_mailbox="" if book.reply_domain else book.reply_mailbox,
        bounce_mailbox=book.bounce_mailbox, case_link=service.link,
        notice_life=timedelta(seconds=settings.outbound.expires_after_s),
    )  # fmt: skip


def _wording(settings: Settings) -> Wording:
    shared = {"portal_url": settings.service.portal_url, "new_case_url": settings.service.portal_url, "support_name": settings.from_name}
    folder = settings.outbound.templates_dir
    return Wording(Path(folder) if folder else None, settings.service.default_language, shared=shared)


def _smarthost(settings: Settings) -> SmarthostOptions:
    wanted = settings.outbound
    host, port = wanted.smarthost_endpoint.host, wanted.smarthost_endpoint.port
    return SmarthostOptions(
        host, port, wanted.tls, wanted.tls_verify, str(wanted.tls_ca_file) if wanted.tls_ca_file else None, wanted.username,
        settings.vault.smarthost_password or "", settings.hostname,
    )  # fmt: skip
