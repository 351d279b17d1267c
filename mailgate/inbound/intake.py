"""Intake: from journal rows to their effects. `Intake.process` is the path of a mail; docs/flow.md tells it in prose.

In: due journal rows. Out: one outcome per row, with its effects, in one transaction. All before `apply` happens outside of that
transaction and may happen twice; `apply` happens once. It must never send anything, never render text, and never let one mail stop
another: what fails on a mail is counted on its row, and the third time the row is set aside for a person (shunted).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mailgate import log
from mailgate.clock import Clock
from mailgate.errors import TransientFailure
from mailgate.inbound import authentication
from mailgate.inbound.apply import Rules, apply
from mailgate.inbound.authentication import Servers
from mailgate.inbound.breaker import CaseLimits
from mailgate.inbound.caps import CapLimits
from mailgate.inbound.effects import Setting
from mailgate.inbound.facts import facts_of
from mailgate.inbound.letter import Letter
from mailgate.inbound.matcher import CaseFinder, Hints, Match
from mailgate.inbound.redirect import AnswerLimits, short
from mailgate.killpoint import reached
from mailgate.mail.model import Envelope, Mail
from mailgate.mail.received import Network
from mailgate.metrics import count
from mailgate.rules import chain, release
from mailgate.rules.policy import Policy
from mailgate.rules.reachability import BounceLimits
from mailgate.store.rows import ClaimedEntry, Outcome
from mailgate.store.unit_of_work import Store, UnitOfWork

if TYPE_CHECKING:
    from mailgate.inbound.verify import Verifier

_SHADOW = '"shadow": {'
"""In a trail as JSON, where a text cannot look like it: rules on trial held."""
_CAPPED = '"do": "cap"'
"""The same: a cap left something out."""
RETRY_AFTER = timedelta(seconds=20)

Result = TypeVar("Result")

_log = log.get("intake")


@dataclass(frozen=True, slots=True)
class IntakeOptions:
    """How intake works. `lease`: how long a batch is ours, longer than the slowest batch takes. `authserv_ids`: whose results count,
    in mail that comes from `relays` (see `authentication.Servers`).
    `verifier`: finds out what they do not say; None: nobody does.

    `reader` reads a batch: `reading.ReadingRoom.read_all`, or `read_here` for mail of one's own.
    """

    own_addresses: frozenset[str]
    own_domains: frozenset[str]
    reader: Callable[[Sequence[tuple[bytes, Envelope]]], list[Mail]]
    close_reader: Callable[[], None] = lambda: None
    case_prefix: str = "SUP"
    default_language: str = "nb"
    authserv_ids: frozenset[str] = frozenset()
    relays: tuple[Network, ...] = ()
    verifier: Verifier | None = None
    batch: int = 50
    lease: timedelta = timedelta(seconds=60)
    max_attempts: int = 3
    limits: AnswerLimits = field(default_factory=AnswerLimits)
    case_limits: CaseLimits = field(default_factory=CaseLimits)
    caps: CapLimits = field(default_factory=CapLimits)
    bounces: BounceLimits = field(default_factory=BounceLimits)


class Intake:
    """The intake stage of a worker. Safe to run in many processes at once: each row is worked on under a lease."""

    def __init__(
        self, store: Store, finder: CaseFinder, policy: Callable[[], Policy], options: IntakeOptions, bell: Callable[[str], None]
    ) -> None:
        self._store, self._finder, self._policy, self._options, self._ring = store, finder, policy, options, bell
        self._clock: Clock = store.clock

    def run(self, stopping: Callable[[], bool]) -> int:
        """Take and process due rows, batch by batch, until none is left. Returns how many were taken. Raises TransientFailure."""
        taken = 0
        while not stopping() and (batch := self._run_batch()):
            taken += batch
        return taken

    def _run_batch(self) -> int:
        """How many were taken. No name outlives it: the bytes of one batch are gone before those of the next are read."""
        entries = self._claim()
        if entries:
            self._process_or_release(entries)
        return len(entries)

    def close(self) -> None:
        """End the reader, and the threads that verify."""
        self._options.close_reader()
        if self._options.verifier is not None:
            self._options.verifier.close()

    def process(self, entries: Sequence[ClaimedEntry]) -> None:
        """The path of a batch of mails from claimed rows to committed effects."""
        policy = self._policy()  # once: whatever is activated meanwhile, a batch is decided by one version
        letters = self._read(entries)
        letters = self._each_letter(letters, self._hear)
        letters = self._each_letter(letters, self._authenticate(letters))
        letters = self._each_letter(letters, self._look_for_carriers)
        letters = self._together(letters, self._match)
        letters = self._each_letter(letters, partial(decide, policy))
        outcomes = self._together(letters, partial(self._commit, policy))
        self._tell(outcomes)

    def consider(self, entry: ClaimedEntry) -> Letter:
        """The same path up to the verdict for one mail, changing nothing: what `explain` shows. Raises what a step raises."""
        letter = self._hear(self._read([entry])[0])
        letter = self._look_for_carriers(self._authenticate([letter])(letter))
        return decide(self._policy(), self._match([letter])[0])

    def _claim(self) -> list[ClaimedEntry]:
        """Attempts are counted and committed before any work, so that a mail that kills its worker is counted, too (trap F12)."""
        now, options = self._clock(), self._options
        with self._store.transaction() as uow:
            shunted = uow.journal.shunt_exhausted(now, options.max_attempts)
            entries = uow.journal.claim(now, options.batch, options.lease)
        if shunted:
            count("shunted", amount=shunted)
            _log.error("shunted", entries=shunted, hint="mailgate journal list --state shunted")
        if entries:
            reached("intake_claimed")
        return entries

    def _process_or_release(self, entries: Sequence[ClaimedEntry]) -> None:
        """When the store or the reader is away, the mails are not at fault: their attempts do not count."""
        try:
            self.process(entries)
        except TransientFailure:
            with contextlib.suppress(TransientFailure), self._store.transaction() as uow:
                uow.journal.release(entries)
            raise

    def _read(self, entries: Sequence[ClaimedEntry]) -> list[Letter]:
        for _ in entries:
            reached("parse")
        mails = self._options.reader([(entry.raw, entry.envelope) for entry in entries])
        return [Letter(entry, mail) for entry, mail in zip(entries, mails, strict=True)]

    def _hear(self, letter: Letter) -> Letter:
        return authentication.heard(letter, Servers(self._options.authserv_ids, self._options.relays))

    def _authenticate(self, letters: Sequence[Letter]) -> Callable[[Letter], Letter]:
        return authentication.begin(letters, self._options.verifier)

    def _look_for_carriers(self, letter: Letter) -> Letter:
        hints = self._finder.hints(letter.mail, letter.entry.envelope, self._clock().date())
        return replace(letter, match=Match(with_order(hints, letter.entry.release)))

    def _match(self, letters: Sequence[Letter]) -> list[Letter]:
        with self._store.reading() as uow:
            matches = self._finder.find(uow, [(letter.mail, letter.match.hints) for letter in letters])
        return [replace(letter, match=match) for letter, match in zip(letters, matches, strict=True)]

    def _together(self, letters: Sequence[Letter], work: Callable[[Sequence[Letter]], list[Result]]) -> list[Result]:
        """All at once; one by one when that fails, so that a bad mail fails alone (ADR 0001)."""
        done, error = _attempt(lambda: work(letters))
        if error is None:
            return done or []
        if len(letters) == 1:
            self._set_back(letters[0].entry, error)
            return []
        _log.warning("batch_split", entries=len(letters), error=type(error).__name__)
        return [one for letter in letters for one in self._together([letter], work)]

    def _commit(self, policy: Policy, letters: Sequence[Letter]) -> list[Outcome]:
        if not letters:
            return []
        with self._store.transaction() as uow:
            outcomes = apply(uow, letters, rules_of(policy, self._options, self._clock(), _languages(uow, letters)))
            reached("before_intake_commit")
        reached("after_intake_commit")
        return outcomes

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            count("processed", outcome.state)
            if _SHADOW in outcome.trail:
                _tell_shadows(outcome)
            if outcome.state == "redirected":
                _count_answer(outcome)
            elif outcome.state == "commented":
                _count_mute(outcome)
            _tell_caps(outcome)
            _tell_delivery(outcome)
            _log.info(
                "processed",
                journal_id=outcome.journal_id,
                state=outcome.state,
                rule=outcome.rule,
                message_id=outcome.message_id,
                case_id=outcome.case_id,
            )
        if outcomes:
            self._ring("notices")

    def _each(self, entries: Sequence[ClaimedEntry], step: Callable[[ClaimedEntry], Letter]) -> list[Letter]:
        """One step on each; an entry on which it fails is set back and goes no further."""
        done = []
        for entry in entries:
            letter, error = _attempt(partial(step, entry))
            if letter is not None:
                done.append(letter)
            elif error is not None:
                self._set_back(entry, error)
        return done

    def _each_letter(self, letters: Sequence[Letter], step: Callable[[Letter], Letter]) -> list[Letter]:
        by_id = {letter.entry.id: letter for letter in letters}
        return self._each([letter.entry for letter in letters], lambda entry: step(by_id[entry.id]))

    def _set_back(self, entry: ClaimedEntry, error: Exception) -> None:
        """Give the row back with what went wrong. Its attempt stays counted; the third one shunts it."""
        count("faults", "intake")
        _log.error("intake_failed", journal_id=entry.id, attempts=entry.attempts, error=f"{type(error).__name__}: {error}", exc_info=error)
        with self._store.transaction() as uow:
            uow.journal.defer([entry], f"{type(error).__name__}: {error}", self._clock() + RETRY_AFTER)


def with_order(hints: Hints, ordered: str) -> Hints:
    """The hints, and the case that a person named when they released the mail: they have judged, so what the subject names counts, too."""
    order = release.judged(ordered)
    return replace(hints, ordered_number=order.case_number or (None if hints.tokens else hints.subject_number)) if order else hints


def rules_of(policy: Policy, options: IntakeOptions, now: datetime, languages: Mapping[str, str]) -> Rules:
    """What `apply` goes by at this moment. `languages`: customer id -> the language of its people."""
    setting = Setting(policy, now, options.case_prefix, options.default_language, languages)
    limits, own = replace(options.limits, window=policy.redirect.window), (options.own_addresses, options.own_domains)
    return Rules(partial(decide, policy), setting, limits, *own, options.case_limits, options.caps, options.bounces)


def decide(policy: Policy, letter: Letter) -> Letter:
    """The letter with the policy's verdict on it. Pure."""
    reached("rules")
    letter = authentication.stand(letter)
    facts, order = facts_of(letter), release.judged(letter.entry.release)
    return replace(letter, verdict=release.verdict(order, policy, facts) if order else chain.run(policy, facts))


def _languages(uow: UnitOfWork, letters: Sequence[Letter]) -> dict[str, str]:
    """Customer id -> language, for whoever may be told of these letters and states no language of their own."""
    people = [person.contact for letter in letters if letter.match.case for person in letter.match.case.participants]
    people += [letter.match.author for letter in letters if letter.match.author]
    ids = {person.customer_id for person in people if person.customer_id and not person.language}
    return {id_: company.language for id_, company in uow.customers.get(ids).items()}


def _tell_shadows(outcome: Outcome) -> None:
    """What rules on trial would have done to this mail."""
    for rule, would in json.loads(outcome.trail).get("shadow", {}).items():
        count("shadow_hits", rule)
        _log.info("shadow_hit", journal_id=outcome.journal_id, rule=rule, would=would, state=outcome.state, decided_by=outcome.rule)


def _tell_delivery(outcome: Outcome) -> None:
    if '"delivery"' not in outcome.trail or not (said := json.loads(outcome.trail).get("delivery")):
        return
    count("delivery_reports", said.get("verdict") or said["state"])
    if said.get("then"):
        count("suppressed", said["then"])
        _log.warning("address_suppressed", journal_id=outcome.journal_id, outbox_id=said["outbox_id"], cause=said["then"])


def _tell_caps(outcome: Outcome) -> None:
    if _CAPPED not in outcome.trail:
        return
    for what in (effect["on"] for effect in json.loads(outcome.trail)["effects"] if effect["do"] == "cap"):
        count("capped", what)
        _log.warning("capped", journal_id=outcome.journal_id, on=what, hint="a loop or a flood? mailgate journal show")


def _count_answer(outcome: Outcome) -> None:
    said = json.loads(outcome.trail).get("answer", "")
    if said == "answered":
        count("answers")
    elif said:
        count("answers_refused", short(said))


def _count_mute(outcome: Outcome) -> None:
    """Say it once when a case's breaker opens; a loop must not fill the log, too."""
    if '"muted"' not in outcome.trail:  # spares most mails the reading of their trail
        return
    said = json.loads(outcome.trail).get("muted", "")
    if said:
        count("muted")
    if said == "begins":
        _log.warning("case_muted", case_id=outcome.case_id, journal_id=outcome.journal_id, hint="a loop? mailgate case show")


def _attempt(work: Callable[[], Result]) -> tuple[Result | None, Exception | None]:
    """The intake door: what our own code fails with becomes a value, so that one mail stops no other. A store that is away passes."""
    try:
        return work(), None
    except TransientFailure:
        raise
    except Exception as error:  # noqa: BLE001  one of the three doors
        return None, error
