"""Backtest: stored mail decided anew, in order and with the state as it was, by two policies. Changes nothing, sends nothing, asks no DNS.

In: a store, two policies, a span of time. Out: a `Difference` for each mail, in the order in which they were decided. Mail is read again
from its bytes, ahead, in processes of their own (`reading`); who vouched for it is what was recorded. Each policy has a `World` of its own,
in which the code of intake and apply runs as ever. Reading transactions are short, so that no backtest holds up a database at work.
"""

from __future__ import annotations

import contextlib
import json
import queue
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

from mailgate.inbound import authentication, caps
from mailgate.inbound.apply import apply
from mailgate.inbound.effects import STATES
from mailgate.inbound.intake import IntakeOptions, decide, rules_of, with_order
from mailgate.inbound.letter import Letter
from mailgate.inbound.matcher import CaseFinder, Hints
from mailgate.inbound.reading import ReadingRoom
from mailgate.inbound.world import Past, World
from mailgate.mail.authres import AuthResults
from mailgate.mail.model import Mail
from mailgate.mail.wire import folded
from mailgate.rules import release
from mailgate.rules.policy import Policy
from mailgate.store.rows import ClaimedEntry, PastEntry
from mailgate.store.unit_of_work import Store, UnitOfWork

BATCH, BATCH_BYTES = 200, 16 * 1024 * 1024
DISPOSITIONS: Mapping[str, str] = {state: disposition for disposition, state in STATES.items()}
_BY_HAND = frozenset({release.RULE, "operator"})


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """`readers`: how many processes read mail. `counted_before`: how far back the answer gate may look from the first mail."""

    intake: IntakeOptions
    room: Callable[[], ReadingRoom]
    readers: int = 2
    counted_before: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one policy does with one mail: `does` holds what follows, in a form that can be compared; `told` is who is told what."""

    disposition: str
    rule: str
    does: tuple[object, ...]
    told: tuple[tuple[str, str], ...]
    hits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One mail under both policies. `recorded`: the disposition that stands in the journal; `as_recorded`: None when a person decided, or
    an earlier version; else whether the old policy says the same today. `ordered`: not the mail itself but what a person released it as
    later, where it was held: only what people are told of it counts.
    """

    entry: PastEntry
    author: str
    subject: str
    case_key: str
    old: Verdict
    new: Verdict
    recorded: str
    as_recorded: bool | None = None
    ordered: bool = False

    @property
    def changed(self) -> bool:
        """The mail goes another way."""
        return not self.ordered and self.old.disposition != self.new.disposition

    @property
    def otherwise(self) -> bool:
        """The mail goes the same way, but something else follows: a status, a tag, an answer's text, who is told."""
        return not self.ordered and not self.changed and (self.old.does, self.old.told) != (self.new.does, self.new.told)


@dataclass(slots=True)
class Span:
    """The mails of a backtest: those to run, in the order in which they came, and how many others are not and why. `auth_unknown`: of how
    many it is not recorded who vouched for them. The last three counts may grow while it runs.
    """

    entries: Sequence[PastEntry]
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
    """One mail at one moment. `order`: what a person ordered about it then; such a step is not counted, only felt by what comes after."""

    entry: PastEntry
    at: datetime
    order: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """One step with its mail."""

    step: _Step
    mail: Mail
    results: AuthResults
    hints: Hints


@dataclass
class _Side:
    """One policy in its world. `waiting`: the mails that it has held."""

    policy: Policy
    world: World
    waiting: set[str] = field(default_factory=set)


_NOTHING = (Verdict("", "", (), ()), "")


class Backtest:
    """See the module. Use `span`, then `run`."""

    def __init__(self, store: Store, finder: CaseFinder, options: BacktestOptions) -> None:
        self._store, self._finder, self._options = store, finder, options

    def span(self, since: datetime | None, limit: int | None) -> Span:
        """What there is to run: mail accepted since then, the newest `limit` of it."""
        now = self._store.now()
        with self._store.reading() as uow:
            listed = uow.past.entries(since, now, limit)
            accepted = uow.past.count(since, now)
        decided = [entry for entry in listed if entry.decided_at is not None and entry.state not in ("pending", "shunted")]
        kept = [entry for entry in decided if entry.raw_kept]
        return Span(kept, accepted - len(listed), len(decided) - len(kept), len(listed) - len(decided))

    def run(self, span: Span, old: Policy, new: Policy) -> Generator[Difference, None, None]:
        """Run them all. Close the iterator to end early: readers end with it. Raises StoreUnavailable, TransientFailure."""
        if not span.entries:
            return
        past = self._past(span)
        sides = [_Side(policy, World(past, policy.workflow)) for policy in (old, new)]
        with contextlib.closing(self._read_ahead(_steps(span.entries), span)) as batches:
            for batch in batches:
                self._learn(past, batch)
                for known in batch:
                    yield self._step(known, sides, past)

    def _past(self, span: Span) -> Past:
        begins = span.begins_at or self._store.now()
        with self._store.reading() as uow:
            return Past(
                mails=frozenset(entry.id for entry in span.entries),
                begins_at=begins,
                customers={one.id: one for one in uow.customers.list()},
                answers=uow.past.answers(begins - self._options.counted_before, self._store.now()),
                contents=uow.past.contents_seen(begins - self._options.intake.limits.same_content_window, begins),
                suppressions=uow.past.suppressions(),
                soft_bounces=uow.past.soft_bounces(begins - self._options.intake.bounces.soft_window, begins),
            )

    # Reading -----------------------------------------------------------------------------------------------------------------------

    def _read_ahead(self, steps: Sequence[_Step], span: Span) -> Generator[list[_Known], None, None]:
        """Batches in order, while the readers are some batches ahead."""
        rooms: queue.SimpleQueue[ReadingRoom] = queue.SimpleQueue()
        made = [self._options.room() for _ in range(self._options.readers)]
        for room in made:
            rooms.put(room)
        pool = ThreadPoolExecutor(self._options.readers, "backtest")
        coming: deque[Future[list[_Known]]] = deque()
        try:
            for batch in _batches(steps):
                coming.append(pool.submit(self._read, batch, rooms, span))
                if len(coming) > self._options.readers + 1:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
            for room in made:
                room.close()

    def _read(self, steps: Sequence[_Step], rooms: queue.SimpleQueue[ReadingRoom], span: Span) -> list[_Known]:
        with self._store.reading() as uow:
            contents = uow.past.contents({step.entry.raw_sha256 for step in steps})
            trails = uow.past.trails({step.entry.id for step in steps})
        kept = [step for step in steps if step.entry.raw_sha256 in contents]
        span.without_bytes += len(steps) - len(kept)  # retention has taken them since they were listed
        room = rooms.get()
        try:
            mails = room.read_all([(contents[step.entry.raw_sha256], step.entry.envelope) for step in kept])
        finally:
            rooms.put(room)
        return [self._known(step, mail, trails.get(step.entry.id, ""), span) for step, mail in zip(kept, mails, strict=True)]

    def _known(self, step: _Step, mail: Mail, trail: str, span: Span) -> _Known:
        hints = self._finder.hints(mail, step.entry.envelope, step.at.date())
        results = _recorded(trail)
        if results is None:
            span.auth_unknown += 1
            results = authentication.said_in(mail, self._options.intake.authserv_ids)
        return _Known(step, mail, results, with_order(hints, step.order))

    def _learn(self, past: Past, batch: Sequence[_Known]) -> None:
        """Fetch what the past has of the cases and people that these mails name, once each."""
        outbox_ids = {one.hints.outbox_id for one in batch if one.hints.outbox_id} - past.reported.keys()
        message_ids = {id_ for one in batch for id_ in one.hints.reported_ids} - past.reported.keys()
        foreign = {id_ for one in batch for id_ in one.hints.foreign_ids} - past.relayed.keys()
        authors = {folded(one.mail.author.address) for one in batch if one.mail.author} - past.contacts.keys()
        with self._store.reading() as uow:
            past.reported.update(uow.outbox.by_ids(sorted(outbox_ids)) if outbox_ids else {})
            past.reported.update(uow.outbox.by_message_ids(sorted(message_ids)) if message_ids else {})
            past.contacts.update(uow.contacts.by_addresses(sorted(authors)))
            past.add_relay_ids(foreign, uow.past.relay_ids(foreign))
            ids = {mail.case_id for mail in past.reported.values() if mail.case_id}
            ids |= {one.case_id for id_ in foreign for one in past.relayed[id_]}
            for record in uow.past.cases(sorted(_numbers(batch) - past.numbers.keys()), sorted(ids - past.records.keys())):
                past.add_case(record)

    # Deciding ----------------------------------------------------------------------------------------------------------------------

    def _step(self, known: _Known, sides: Sequence[_Side], past: Past) -> Difference:
        entry = known.step.entry
        author = known.mail.author
        if entry.state == "created" and entry.decided_at and author and not entry.release:
            past.note_maker(entry.accepted_at, entry.decided_at, folded(author.address))
        ordered = bool(known.step.order)
        (old, key), (new, _) = (self._decided(known, side) if not ordered or entry.id in side.waiting else _NOTHING for side in sides)
        recorded = DISPOSITIONS.get(entry.state, entry.state)
        judged_alike = entry.policy_version == sides[0].policy.version and entry.rule not in (*_BY_HAND, caps.RULE) and not entry.release
        same = recorded == old.disposition if judged_alike else None
        return Difference(entry, author.address if author else "", known.mail.subject, key, old, new, recorded, same, ordered)

    def _decided(self, known: _Known, side: _Side) -> tuple[Verdict, str]:
        """The mail decided and applied in this world; the verdict, and the key of its case."""
        world, uow = side.world, cast(UnitOfWork, side.world)  # the world has what `find` and `apply` ask of a unit of work
        world.go_to(known.step.at)
        match = self._finder.find(uow, [(known.mail, known.hints)])[0]
        letter = decide(side.policy, Letter(_claimed(known.step), known.mail, known.results, match))
        rules = rules_of(side.policy, self._options.intake, world.now, {})
        apply(uow, [letter], replace(rules, setting=replace(rules.setting, trails=False)))
        outcome = world.journal.outcomes[0]
        (side.waiting.add if outcome.state == "held" else side.waiting.discard)(outcome.journal_id)
        assert letter.verdict is not None, "decided above"
        trail = letter.verdict.trail
        hits = tuple(one.rule for _, one in trail.asked if one.hit)
        does = tuple((effect.do, tuple(item for item in effect.args.items() if item[0] != "because")) for effect in letter.verdict.effects)
        told = tuple(sorted(world.take_told()))
        return Verdict(DISPOSITIONS[outcome.state], outcome.rule, does, told, hits), match.case.key if match.case else ""


def _steps(entries: Sequence[PastEntry]) -> list[_Step]:
    """Each mail when it was decided first; what a person ordered about it later, at its own time."""
    steps = []
    for entry in entries:
        assert entry.decided_at is not None, "only decided mail is run"
        by_hand = bool(entry.release) or entry.rule in _BY_HAND
        steps.append(_Step(entry, entry.accepted_at if by_hand else entry.decided_at))
        if release.judged(entry.release) and entry.rule != "operator":
            steps.append(_Step(entry, entry.decided_at, entry.release))
    return sorted(steps, key=lambda step: (step.at, step.entry.id, step.order))


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


def _numbers(batch: Sequence[_Known]) -> set[int]:
    """Numbers of the cases that these mails may belong to."""
    found = {token.case_number for one in batch for _, token in one.hints.tokens}
    found |= {one.hints.subject_number for one in batch if one.hints.subject_number}
    return found | {one.hints.ordered_number for one in batch if one.hints.ordered_number}


def _recorded(trail: str) -> AuthResults | None:
    """Who vouched for the mail when it was decided; None when that was not recorded."""
    said = json.loads(trail).get("auth") if '"auth"' in trail else None
    return AuthResults(**said) if said is not None else None


def _claimed(step: _Step) -> ClaimedEntry:
    entry = step.entry
    return ClaimedEntry(
        entry.id, entry.envelope, b"", entry.raw_sha256, entry.accepted_at, 1, 0, "", "", "", False, False, release=step.order
    )  # fmt: skip
