"""Backtest: decides stored mail again, in order and with the state as it was, by two policies. Changes nothing, sends nothing, no DNS.

In: a store, two policies, a span of time. Out: a `Reclassified` for each mail, in the order in which they were decided. Mail is read again
from its bytes, ahead, in processes of their own (`reading`); who vouched for it is what was recorded. Each policy has a `ReplayState` of
its own, in which the code of intake and apply runs unchanged. Reading transactions are short, so that no backtest holds up a database at
work.
"""

from __future__ import annotations

import contextlib
import queue
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic

from mailgate.backtest.replay_state import History, ReplayState
from mailgate.backtest.steps import IntakeSteps, Named, Reader
from mailgate.mail.auth.authres import AuthResults
from mailgate.mail.model import Mail
from mailgate.mail.smtp_address import folded
from mailgate.rules import operator_decision
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.rules.policy import Policy
from mailgate.store.history_rows import HistoryEntry
from mailgate.store.rows import ClaimedEntry
from mailgate.store.unit_of_work import Store

BATCH, BATCH_BYTES = 200, 16 * 1024 * 1024
_BY_HAND = frozenset({operator_decision.RULE, "operator"})


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """`readers`: how many processes read mail. `counted_before`: how far back the answer gate may look from the first mail."""

    readers: int = 2
    counted_before: timedelta = timedelta(days=1)


DEFAULT_OPTIONS = BacktestOptions()


@dataclass(frozen=True, slots=True)
class ReplayVerdict:
    """What one policy does with one mail. `effects` can be compared; `notified`: (kind, address) of each notice."""

    disposition: str
    rule: str
    effects: tuple[object, ...]
    notified: tuple[tuple[str, str], ...]
    hits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reclassified:
    """One mail under both policies. `recorded`: the disposition that is in the journal; `as_recorded`: None when a person decided, or
    an earlier version; else whether the old policy says the same today. `by_operator`: not the mail itself but what a person released it as
    later, where it was held: only what people are notified of counts.
    """

    entry: HistoryEntry
    author: str
    subject: str
    case_key: str
    old: ReplayVerdict
    new: ReplayVerdict
    recorded: str
    as_recorded: bool | None = None
    by_operator: bool = False

    @property
    def changed(self) -> bool:
        """The mail goes another way."""
        return not self.by_operator and self.old.disposition != self.new.disposition

    @property
    def otherwise(self) -> bool:
        """The mail goes the same way, but something else follows: a status, a tag, an answer's text, who is notified."""
        return not self.by_operator and not self.changed and (self.old.effects, self.old.notified) != (self.new.effects, self.new.notified)


@dataclass(slots=True)
class ReplaySpan:
    """The mails of a backtest: those to run, in the order in which they came, and how many others are not and why. `auth_unknown`: of how
    many no authentication results are recorded. The last three counts may grow while it runs.
    """

    entries: Sequence[HistoryEntry]
    beyond_limit: int = 0
    without_bytes: int = 0
    undecided: int = 0
    auth_unknown: int = 0

    @property
    def begins_at(self) -> datetime | None:
        """When the first of all mails came in."""
        return min((entry.accepted_at for entry in self.entries), default=None)


@dataclass(frozen=True, slots=True)
class _Step:
    """One mail at one moment. `decision`: what an operator decided about it then. Such a step is not counted, but it changes the state."""

    entry: HistoryEntry
    at: datetime
    decision: OperatorDecision | None = None


@dataclass(frozen=True, slots=True)
class _Known(Generic[Named]):
    """One step with its mail. `raw` is what a delivery of the same mail is compared with."""

    step: _Step
    raw: bytes
    mail: Mail
    results: AuthResults
    named: Named


@dataclass
class _Side:
    """One policy in its state. `waiting`: the mails that it has held."""

    policy: Policy
    state: ReplayState
    waiting: set[str] = field(default_factory=set)


_NOTHING = (ReplayVerdict("", "", (), ()), "")


class Backtest(Generic[Named]):
    """See the module. Use `span`, then `run`."""

    def __init__(self, store: Store, steps: IntakeSteps[Named], options: BacktestOptions = DEFAULT_OPTIONS) -> None:
        self._store, self._intake, self._options = store, steps, options

    def span(self, since: datetime | None, limit: int | None) -> ReplaySpan:
        """What there is to run: mail accepted since then, the newest `limit` of it."""
        now = self._store.now()
        with self._store.reading() as uow:
            listed = uow.history.entries(since, now, limit)
            accepted = uow.history.count(since, now)
        decided = [entry for entry in listed if entry.decided_at is not None and entry.state not in ("pending", "shunted")]
        kept = [entry for entry in decided if entry.raw_kept]
        return ReplaySpan(kept, accepted - len(listed), len(decided) - len(kept), len(listed) - len(decided))

    def run(self, span: ReplaySpan, old: Policy, new: Policy) -> Generator[Reclassified, None, None]:
        """Run them all. Close the iterator to end early: readers end with it. Raises StoreUnavailable, TransientFailure."""
        if not span.entries:
            return
        history = self._history(span)
        sides = [_Side(policy, ReplayState(history, policy.workflow)) for policy in (old, new)]
        with contextlib.closing(self._read_ahead(_steps(span.entries), span)) as batches:
            for batch in batches:
                self._learn(history, batch)
                for known in batch:
                    yield self._step(known, sides, history)

    def _history(self, span: ReplaySpan) -> History:
        begins = span.begins_at or self._store.now()
        with self._store.reading() as uow:
            return History(
                mails=frozenset(entry.id for entry in span.entries),
                begins_at=begins,
                customers={one.id: one for one in uow.customers.list()},
                answers=uow.history.answers(begins - self._options.counted_before, self._store.now()),
                contents=uow.history.contents_seen(begins - self._intake.content_window, begins),
                suppressions=uow.history.suppressions(),
                soft_bounces=uow.history.soft_bounces(begins - self._intake.soft_window, begins),
            )

    # Reading -----------------------------------------------------------------------------------------------------------------------

    def _read_ahead(self, steps: Sequence[_Step], span: ReplaySpan) -> Generator[list[_Known[Named]], None, None]:
        """Batches in order, while the readers are some batches ahead."""
        readers: queue.SimpleQueue[Reader] = queue.SimpleQueue()
        made = [self._intake.reader() for _ in range(self._options.readers)]
        for reader in made:
            readers.put(reader)
        pool = ThreadPoolExecutor(self._options.readers, "backtest")
        coming: deque[Future[list[_Known[Named]]]] = deque()
        try:
            for batch in _batches(steps):
                coming.append(pool.submit(self._read, batch, readers, span))
                if len(coming) > self._options.readers + 1:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
            for reader in made:
                reader.close()

    def _read(self, steps: Sequence[_Step], readers: queue.SimpleQueue[Reader], span: ReplaySpan) -> list[_Known[Named]]:
        with self._store.reading() as uow:
            contents = uow.history.contents({step.entry.raw_sha256 for step in steps})
            trails = uow.history.trails({step.entry.id for step in steps})
        kept = [step for step in steps if step.entry.raw_sha256 in contents]
        span.without_bytes += len(steps) - len(kept)  # retention has deleted them since they were listed
        reader = readers.get()
        try:
            mails = reader.read_all([(contents[step.entry.raw_sha256], step.entry.envelope) for step in kept])
        finally:
            readers.put(reader)
        return [
            self._known(step, contents[step.entry.raw_sha256], mail, trails.get(step.entry.id, {}), span)
            for step, mail in zip(kept, mails, strict=True)
        ]

    def _known(self, step: _Step, raw: bytes, mail: Mail, trail: Mapping[str, Any], span: ReplaySpan) -> _Known[Named]:
        named = self._intake.records(mail, step.entry.envelope, step.at.date(), step.decision)
        results = _recorded(trail)
        if results is None:
            span.auth_unknown += 1
            results = self._intake.header_results(mail, step.entry.envelope)
        return _Known(step, raw, mail, results, named)

    def _learn(self, history: History, batch: Sequence[_Known[Named]]) -> None:
        """Fetch what the past has of the cases and people that these mails name, once each."""
        outbox_ids = {one.named.outbox_id for one in batch if one.named.outbox_id} - history.reported.keys()
        message_ids = {id_ for one in batch for id_ in one.named.reported_ids} - history.reported.keys()
        foreign = {id_ for one in batch for id_ in one.named.foreign_ids} - history.relayed.keys()
        authors = {folded(one.mail.author.address) for one in batch if one.mail.author} - history.contacts.keys()
        own_ids = {one.mail.message_id for one in batch if one.mail.message_id} - history.delivered.keys()
        begins = history.begins_at
        with self._store.reading() as uow:
            history.reported.update(uow.outbox.by_ids(sorted(outbox_ids)) if outbox_ids else {})
            history.reported.update(uow.outbox.by_message_ids(sorted(message_ids)) if message_ids else {})
            history.contacts.update(uow.contacts.by_addresses(sorted(authors)))
            history.staff.update(uow.staff.by_addresses(sorted(authors)))
            history.add_relay_ids(foreign, uow.history.relay_ids(foreign))
            history.add_deliveries(
                own_ids, uow.journal.acted_with(own_ids, begins - self._intake.delivery_window, begins) if own_ids else ()
            )
            ids = {mail.case_id for mail in history.reported.values() if mail.case_id}
            ids |= {one.case_id for id_ in foreign for one in history.relayed[id_]}
            for record in uow.history.cases(sorted(_numbers(batch) - history.numbers.keys()), sorted(ids - history.records.keys())):
                history.add_case(record)

    # Deciding ----------------------------------------------------------------------------------------------------------------------

    def _step(self, known: _Known[Named], sides: Sequence[_Side], history: History) -> Reclassified:
        entry = known.step.entry
        author = known.mail.author
        if entry.state == "created" and entry.decided_at and author and not entry.operator_decision:
            history.note_maker(entry.accepted_at, entry.decided_at, folded(author.address))
        by_operator = bool(known.step.decision)
        (old, key), (new, _) = (self._decided(known, side) if not by_operator or entry.id in side.waiting else _NOTHING for side in sides)
        recorded = self._intake.dispositions.get(entry.state, entry.state)
        judged_alike = (
            entry.policy_version == sides[0].policy.version
            and entry.rule not in (*_BY_HAND, *self._intake.guard_rules)
            and not entry.operator_decision
        )
        same = recorded == old.disposition if judged_alike else None
        return Reclassified(entry, author.address if author else "", known.mail.subject, key, old, new, recorded, same, by_operator)

    def _decided(self, known: _Known[Named], side: _Side) -> tuple[ReplayVerdict, str]:
        """The mail decided and applied in this state; the verdict, and the key of its case."""
        state = side.state
        state.go_to(known.step.at)
        decided = self._intake.decide(state, side.policy, _claimed(known), known.mail, known.results, known.named, state.now)
        verdict, outcome = decided.verdict, decided.outcome
        (side.waiting.add if outcome.state == "held" else side.waiting.discard)(outcome.journal_id)
        hits = tuple(one.rule for _, one in verdict.trail.asked if one.hit)
        effects = tuple((effect.do, tuple(item for item in effect.args.items() if item[0] != "because")) for effect in verdict.effects)
        notified = tuple(sorted(state.take_notified()))
        return ReplayVerdict(self._intake.dispositions[outcome.state], outcome.rule, effects, notified, hits), decided.case_key


def _steps(entries: Sequence[HistoryEntry]) -> list[_Step]:
    """Each mail when it was decided first; what an operator decided about it later, at its own time."""
    steps = []
    for entry in entries:
        assert entry.decided_at is not None, "only decided mail is run"
        by_hand = bool(entry.operator_decision) or entry.rule in _BY_HAND
        steps.append(_Step(entry, entry.accepted_at if by_hand else entry.decided_at))
        if operator_decision.instead_of_policy(entry.operator_decision) and entry.rule != "operator":
            steps.append(_Step(entry, entry.decided_at, entry.operator_decision))
    return sorted(steps, key=lambda step: (step.at, step.entry.id, step.decision is not None))


def _batches(steps: Sequence[_Step]) -> Iterator[list[_Step]]:
    """So many mails, and so many bytes, that reading them ahead does not fill the memory."""
    batch: list[_Step] = []
    size_bytes = 0
    for step in steps:
        if batch and (len(batch) >= BATCH or size_bytes + step.entry.size_bytes > BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(step)
        size_bytes += step.entry.size_bytes
    if batch:
        yield batch


def _numbers(batch: Sequence[_Known[Named]]) -> set[int]:
    """Numbers of the cases that these mails may belong to."""
    return {number for one in batch for number in one.named.case_numbers}


def _recorded(trail: Mapping[str, Any]) -> AuthResults | None:
    """Who vouched for the mail when it was decided; None when that was not recorded."""
    said = trail.get("auth")
    return AuthResults(**said) if said is not None else None


def _claimed(known: _Known[Named]) -> ClaimedEntry:
    entry = known.step.entry
    return ClaimedEntry(
        entry.id, entry.envelope, known.raw, entry.raw_sha256, entry.accepted_at, 1, 0, "", "", "", False, False,
        operator_decision=known.step.decision,
    )  # fmt: skip
