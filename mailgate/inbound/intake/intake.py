"""Intake: from journal rows to their effects. `IntakeStage.process` is the path of a mail; docs/flow.md describes it in prose.

In: due journal rows. Out: one outcome per row, with its effects, in one transaction. All before `apply` happens outside of that
transaction and may happen twice; `apply` happens once. It must never send anything, never render text, and never let one mail stop
another: what fails on a mail is counted on its row, and the third time the row is set aside for a person (shunted).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mailgate import log
from mailgate.cases.ids import made_at
from mailgate.clock import Clock, monotonic_s
from mailgate.errors import TransientFailure
from mailgate.inbound.auth import authentication
from mailgate.inbound.auth.authentication import TrustedServers
from mailgate.inbound.guards.answer_gate import AnswerLimits
from mailgate.inbound.guards.caps import CapLimits
from mailgate.inbound.guards.case_breaker import CaseLimits
from mailgate.inbound.intake.apply import ApplyContext, apply
from mailgate.inbound.intake.effects import EffectContext
from mailgate.inbound.intake.facts import facts_of
from mailgate.inbound.intake.match import Hints, Match
from mailgate.inbound.intake.matcher import CaseFinder
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.inbound.intake.queue_order import QueueOrder
from mailgate.inbound.intake.reading_order import ReadingOrder
from mailgate.killpoint import reached
from mailgate.mail import srs
from mailgate.mail.auth.received import Network
from mailgate.mail.model import Envelope, Mail
from mailgate.mail.reply.known_signature import without_known_signature
from mailgate.metrics import count, observe
from mailgate.rules import chain, operator_decision
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.rules.policy import Policy
from mailgate.rules.reachability import BounceLimits
from mailgate.store.protocols import IntakeUnit
from mailgate.store.rows import ClaimedEntry, Outcome
from mailgate.store.unit_of_work import Store

if TYPE_CHECKING:
    from mailgate.inbound.auth.verify import Verifier

RETRY_AFTER, VERIFY_AGAIN_AFTER = timedelta(seconds=20), timedelta(seconds=1)

Given = TypeVar("Given")
Result = TypeVar("Result")

_log = log.get("intake")


@dataclass(frozen=True, slots=True)
class IntakeOptions:
    """How intake works. `lease`: how long a batch is ours, longer than the slowest batch takes. `authserv_ids`: whose results count,
    in mail that comes from `relays` (see `authentication.TrustedServers`).
    `verifier`: finds out what they do not say; None: nobody does.

    `batch_reading_s`: after that a batch stops reading; what is left waits behind other mail.

    `reader` reads a batch: `reader_process.ReaderProcess.read_all`, or `read_here` for mail of one's own. `start_reader` is called before
    what reading takes is measured: starting a process must not count against a sender.
    """

    own_addresses: frozenset[str]
    own_domains: frozenset[str]
    reader: Callable[[Sequence[tuple[bytes, Envelope]]], list[Mail]]
    start_reader: Callable[[], None] = lambda: None
    close_reader: Callable[[], None] = lambda: None
    case_prefix: str = "SUP"
    default_language: str = "nb"
    authserv_ids: frozenset[str] = frozenset()
    relays: tuple[Network, ...] = ()
    authenticate: bool = True
    verifier: Verifier | None = None
    reserved_names: frozenset[str] = frozenset()
    hold_back: timedelta = timedelta(0)
    batch: int = 50
    lease: timedelta = timedelta(seconds=60)
    batch_reading_s: float = 1.0
    max_attempts: int = 3
    limits: AnswerLimits = field(default_factory=AnswerLimits)
    case_limits: CaseLimits = field(default_factory=CaseLimits)
    caps: CapLimits = field(default_factory=CapLimits)
    bounces: BounceLimits = field(default_factory=BounceLimits)


class IntakeStage:
    """The intake stage of a worker. Safe to run in many processes at once: each row is worked on under a lease."""

    def __init__(
        self, store: Store, finder: CaseFinder, policy: Callable[[], Policy], options: IntakeOptions, notify: Callable[[str], None]
    ) -> None:
        self._store, self._finder, self._policy, self._options, self._notify = store, finder, policy, options, notify
        self._clock: Clock = store.clock
        self._order = ReadingOrder(options.relays)
        self._queue = QueueOrder(options.relays)

    def run(self, stopping: Callable[[], bool]) -> int:
        """Take and process due rows, batch by batch, until none is left. Returns how many were taken. Raises TransientFailure."""
        taken = 0
        while not stopping() and (batch := self._run_batch()):
            taken += batch
        return taken

    def _run_batch(self) -> int:
        """How many were taken. A function of its own, so that the bytes of one batch are freed before those of the next are read."""
        entries = self._claim()
        if entries:
            begun_s = monotonic_s()
            self._process_or_release(entries)
            self._queue.took(len(entries), monotonic_s() - begun_s)
        return len(entries)

    def close(self) -> None:
        """End the reader, and the threads that verify."""
        self._options.close_reader()
        if self._options.verifier is not None:
            self._options.verifier.close()

    def process(self, entries: Sequence[ClaimedEntry]) -> None:
        """The path of a batch of mails from claimed rows to committed effects."""
        policy = self._policy()  # one version of the policy for a whole batch, whatever is activated meanwhile
        messages = self._read(entries)
        messages = self._each(messages, self._apply_auth_results)
        messages = self._in_one_batch(messages, self._verify)
        messages = self._each(messages, self._look_for_carriers)
        messages = self._in_one_batch(messages, self._match)
        messages = self._each(messages, partial(decide, policy))
        outcomes = self._in_one_batch(messages, partial(self._commit, policy))
        self._tell(outcomes)

    def consider(self, entry: ClaimedEntry) -> IntakeMessage:
        """The same path up to the verdict for one mail, changing nothing: what `explain` shows. Raises what a step raises."""
        mail = self._options.reader([(entry.raw, entry.envelope)])[0]
        message = self._apply_auth_results(IntakeMessage(entry, mail))
        message = self._look_for_carriers(authentication.verify_now(message, self._options.verifier))
        return decide(self._policy(), self._match([message])[0])

    def _claim(self) -> list[ClaimedEntry]:
        """Attempts are counted and committed before any work, so that a mail that kills its worker is counted, too (trap F12).

        Entries whose stored bytes have changed are set aside here, and others are claimed in their place.
        """
        while True:
            entries, corrupt = self._claim_batch()
            if entries or not corrupt:
                return entries

    def _claim_batch(self) -> tuple[list[ClaimedEntry], set[str]]:
        now = self._clock()
        with self._store.transaction() as uow:
            due = uow.journal.due(now)
            shunted = uow.journal.shunt_exhausted(now, self._options.max_attempts) if due.tried else 0
            entries = self._queue.claim(uow, now, self._options.batch, self._options.lease, due)
            corrupt = uow.journal.shunt_corrupt(entries)
        if shunted + len(corrupt):
            count("shunted", amount=shunted + len(corrupt))
            _log.error("shunted", entries=shunted + len(corrupt), hint="mailgate journal list --state shunted")
        if corrupt:
            _log.error("corrupt", entries=sorted(corrupt), hint="stored bytes have changed: mailgate ledger --deep")
        if entries:
            reached("intake_claimed")
        return [entry for entry in entries if entry.id not in corrupt], corrupt

    def _process_or_release(self, entries: Sequence[ClaimedEntry]) -> None:
        """When the store or the reader is away, the mails are not at fault: their attempts do not count."""
        try:
            self.process(entries)
        except TransientFailure:
            with contextlib.suppress(TransientFailure), self._store.transaction() as uow:
                uow.journal.release(entries)
            raise

    def _read(self, entries: Sequence[ClaimedEntry]) -> list[IntakeMessage]:
        """The entries that are read within the time of a batch, cheap ones first. The rest waits behind other mail."""
        for _ in entries:
            reached("parse")
        mails: dict[str, Mail] = {}
        self._options.start_reader()
        begun_s = monotonic_s()
        for group in self._order.groups(entries):
            if mails and monotonic_s() - begun_s >= self._options.batch_reading_s:
                break
            self._options.start_reader()
            group_begun_s = monotonic_s()
            found = self._options.reader([(entry.raw, entry.envelope) for entry in group])
            mails.update((entry.id, mail) for entry, mail in zip(group, found, strict=True))
            self._order.note(group, monotonic_s() - group_begun_s)
        self._postpone([entry for entry in entries if entry.id not in mails], timedelta(0), "reading")
        return [IntakeMessage(entry, mails[entry.id]) for entry in entries if entry.id in mails]

    def _apply_auth_results(self, message: IntakeMessage) -> IntakeMessage:
        return authentication.apply_auth_results(
            message, TrustedServers(self._options.authserv_ids, self._options.relays, self._options.authenticate)
        )

    def _verify(self, messages: Sequence[IntakeMessage]) -> list[IntakeMessage]:
        """The messages with their authentication results. Those whose domains answer slowly are set aside for a moment."""
        known, late = authentication.verify_unknown(messages, self._options.verifier)
        self._postpone([message.entry for message in late], VERIFY_AGAIN_AFTER, "verifying")
        return known

    def _postpone(self, entries: Sequence[ClaimedEntry], after: timedelta, why: str) -> None:
        """Put entries at the end of the queue. It was no attempt of theirs."""
        if not entries:
            return
        self._queue.was_late()
        count("postponed", why, amount=len(entries))
        with self._store.transaction() as uow:
            uow.journal.release(entries, due_at=self._clock() + after)

    def _look_for_carriers(self, message: IntakeMessage) -> IntakeMessage:
        message = self._with_sender(message)
        hints = self._finder.hints(message.mail, message.entry.envelope, self._clock().date())
        return replace(message, match=Match(with_operator_case(hints, message.entry.operator_decision)))

    def _with_sender(self, message: IntakeMessage) -> IntakeMessage:
        """The message with its real sender in the envelope, where a front of ours has rewritten it (SRS). SPF went by the rewritten one."""
        envelope = message.entry.envelope
        sender = srs.sender_behind(envelope.reverse_path, self._options.own_domains)
        if sender == envelope.reverse_path:
            return message
        return replace(message, entry=replace(message.entry, envelope=replace(envelope, reverse_path=sender)))

    def _match(self, messages: Sequence[IntakeMessage]) -> list[IntakeMessage]:
        with self._store.reading() as uow:
            return self._matched(uow, messages)

    def _matched(self, uow: IntakeUnit, messages: Sequence[IntakeMessage]) -> list[IntakeMessage]:
        matches = self._finder.find(uow, [(message.mail, message.match.hints) for message in messages])
        return [_recognised(replace(message, match=match)) for message, match in zip(messages, matches, strict=True)]

    def _match_again(self, policy: Policy, uow: IntakeUnit, messages: Sequence[IntakeMessage]) -> list[IntakeMessage]:
        return [decide(policy, message) for message in self._matched(uow, messages)]

    def _in_one_batch(self, messages: Sequence[IntakeMessage], work: Callable[[Sequence[IntakeMessage]], list[Result]]) -> list[Result]:
        """All at once; one by one when that fails, so that a bad mail fails alone (ADR 0001)."""
        done, error = _attempt(work, messages)
        if error is None:
            return done or []
        if len(messages) == 1:
            self._defer(messages[0].entry, error)
            return []
        _log.warning("batch_split", entries=len(messages), error=type(error).__name__)
        return [one for message in messages for one in self._in_one_batch([message], work)]

    def _commit(self, policy: Policy, messages: Sequence[IntakeMessage]) -> list[Outcome]:
        if not messages:
            return []
        with self._store.transaction() as uow:
            context = apply_context(policy, self._options, self._clock(), _languages(uow, messages))
            outcomes = apply(uow, messages, replace(context, match_again=partial(self._match_again, policy)))
            reached("before_intake_commit")
        reached("after_intake_commit")
        return outcomes

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            count("processed", outcome.state)
            observe("accept_to_decided_s", (self._clock() - made_at(outcome.journal_id)).total_seconds())
            _log_shadows(outcome)
            if outcome.state == "redirected":
                _count_answer(outcome)
            elif outcome.state in ("commented", "noted"):
                _count_mute(outcome)
            _log_caps(outcome)
            _log_delivery(outcome)
            _log.info(
                "processed",
                journal_id=outcome.journal_id,
                state=outcome.state,
                rule=outcome.rule,
                message_id=outcome.message_id,
                case_id=outcome.case_id,
            )
        if outcomes:
            self._notify("notices")

    def _each(self, messages: Sequence[IntakeMessage], step: Callable[[IntakeMessage], IntakeMessage]) -> list[IntakeMessage]:
        """One step on each; a message on which it fails is set back and goes no further."""
        done = []
        for message in messages:
            after, error = _attempt(step, message)
            if after is not None:
                done.append(after)
            elif error is not None:
                self._defer(message.entry, error)
        return done

    def _defer(self, entry: ClaimedEntry, error: Exception) -> None:
        """Give the row back with what went wrong. Its attempt stays counted; the third one shunts it."""
        count("faults", "intake")
        _log.error("intake_failed", journal_id=entry.id, attempts=entry.attempts, error=f"{type(error).__name__}: {error}", exc_info=error)
        with self._store.transaction() as uow:
            uow.journal.defer([entry], f"{type(error).__name__}: {error}", self._clock() + RETRY_AFTER)


def with_operator_case(hints: Hints, made: OperatorDecision | None) -> Hints:
    """The hints, and the case that a person named when they released the mail: they have judged, so what the subject names counts, too."""
    decision = operator_decision.instead_of_policy(made)
    return (
        replace(hints, operator_case_number=decision.case_number or (None if hints.tokens else hints.subject_number)) if decision else hints
    )


def apply_context(policy: Policy, options: IntakeOptions, now: datetime, languages: Mapping[str, str]) -> ApplyContext:
    """What `apply` needs at this moment. `languages`: customer id -> the language of its people."""
    effect = EffectContext(
        policy,
        now,
        options.case_prefix,
        options.default_language,
        languages,
        reserved_names=options.reserved_names,
        hold_back=options.hold_back,
    )
    limits, own = replace(options.limits, window=policy.redirect.window), (options.own_addresses, options.own_domains)
    return ApplyContext(partial(decide, policy), effect, limits, *own, options.case_limits, options.caps, options.bounces)


def decide(policy: Policy, message: IntakeMessage) -> IntakeMessage:
    """The message with the policy's verdict on it. Pure."""
    reached("rules")
    message = authentication.with_trust(message)
    facts, decision = facts_of(message, policy), operator_decision.instead_of_policy(message.entry.operator_decision)
    return replace(message, verdict=operator_decision.verdict(decision, policy, facts) if decision else chain.run(policy, facts))


def _languages(uow: IntakeUnit, messages: Sequence[IntakeMessage]) -> dict[str, str]:
    """Customer id -> language, for whoever may be notified of these messages and has no language of their own."""
    people = [person.contact for message in messages if message.match.case for person in message.match.case.participants]
    people += [message.match.author for message in messages if message.match.author]
    ids = {person.customer_id for person in people if person.customer_id and not person.language}
    return {id_: company.language for id_, company in uow.customers.get(ids).items()}


def _log_shadows(outcome: Outcome) -> None:
    """What rules on trial would have done to this mail."""
    for rule, would in outcome.trail.get("shadow", {}).items():
        count("shadow_hits", rule)
        _log.info("shadow_hit", journal_id=outcome.journal_id, rule=rule, would=would, state=outcome.state, decided_by=outcome.rule)


def _log_delivery(outcome: Outcome) -> None:
    said = outcome.trail.get("delivery")
    if said is None:
        return
    count("delivery_reports", said.get("verdict") or said["state"])
    if said.get("then"):
        count("suppressed", said["then"])
        _log.warning("address_suppressed", journal_id=outcome.journal_id, outbox_id=said["outbox_id"], cause=said["then"])


def _log_caps(outcome: Outcome) -> None:
    for what in (effect["on"] for effect in outcome.trail.get("effects", ()) if effect["do"] == "cap"):
        count("capped", what)
        _log.warning("capped", journal_id=outcome.journal_id, on=what, hint="a loop or a flood? mailgate journal show")


def _count_answer(outcome: Outcome) -> None:
    if code := outcome.trail.get("answer_refused"):
        count("answers_refused", code)
    elif outcome.trail.get("answer"):
        count("answers")


def _count_mute(outcome: Outcome) -> None:
    """Say it once when a case's breaker opens; a loop must not fill the log, too."""
    said = outcome.trail.get("muted")
    if said:
        count("muted" if outcome.state == "commented" else "notes_muted")
    if said == "begins":
        _log.warning("case_muted", case_id=outcome.case_id, journal_id=outcome.journal_id, hint="a loop? mailgate case show")


def _attempt(work: Callable[[Given], Result], given: Given) -> tuple[Result | None, Exception | None]:
    """The outermost handler: an error of our own code becomes a value, so that one mail stops no other. A store that is away passes."""
    try:
        return work(given), None
    except TransientFailure:
        raise
    except Exception as error:  # noqa: BLE001 - outermost handler of the intake stage, per mail
        return None, error


def _recognised(message: IntakeMessage) -> IntakeMessage:
    """The message without the signature that its author is known by from earlier mails."""
    author, reply = message.match.author, message.mail.reply
    if author is None or not author.recent_endings:
        return message
    found = without_known_signature(reply, author.recent_endings)
    return message if found == reply else replace(message, mail=replace(message.mail, reply=found))
