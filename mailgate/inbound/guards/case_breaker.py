"""The breaker of a case: comments that mail adds faster than people write are stored without notices.

In: decided messages of locked cases, and how often mail has changed each case within the last hour and day, from the store.
Out: the messages. The verdict of some is muted: a comment is kept, the status does not change, nobody is notified; a note of a machine
stays off the case. It is the last defence
against loops whose parts look like people: mailboxes that forward to each other, robots that thank for each notice (RFC 3834 section 2 can
only ask them to mark their mail). The hour stops a fast loop, the day a slow one. What an operator has released is never muted. A clock
that jumps restarts the window at most once per jump.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mailgate.inbound.guards.caps import CapCounters
from mailgate.inbound.intake.facts import carrier_of
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.rules import operator_decision
from mailgate.rules.chain import Effect, TrailEntry, Verdict
from mailgate.store.protocols import IntakeUnit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULE = "case_breaker"
_SILENCED = frozenset({"transition", "keep_status", "notify"})


@dataclass(frozen=True, slots=True)
class CaseLimits:
    """How many changes by mail one case may have within an hour and within a day before it is muted."""

    per_hour: int = 10
    per_day: int = 50

    @property
    def windows(self) -> tuple[tuple[timedelta, int, str], ...]:
        """(how long, how many, in words), the shortest first."""
        return (HOUR, self.per_hour, "an hour"), (DAY, self.per_day, "a day")


@dataclass
class CaseBreaker:
    """Counts one batch. Use under the locks of the cases. `counters`: remembers which cases were reported as muted for their notes.
    `_changes`: case id -> how many in each window of the limits.
    """

    limits: CaseLimits
    counters: CapCounters
    now: datetime
    _changes: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, uow: IntakeUnit, messages: Sequence[IntakeMessage], limits: CaseLimits, now: datetime) -> CaseBreaker:
        """A breaker that knows the cases which messages of the batch may change. One statement, none for a batch without such messages.

        Times ahead of the clock count up to one window: a clock that was set back must not make the breaker forget, nor mute for longer
        than two windows.
        """
        ids = sorted({message.match.case.id for message in messages if message.match.case and _changes_case(message)})
        asked = [(now - window, now + window, most + 1) for window, most, _ in limits.windows]
        return cls(limits, uow.answers, now, {id_: list(found) for id_, found in uow.cases.changed_by_mail(ids, asked).items()})

    def judge(self, message: IntakeMessage) -> IntakeMessage:
        """The message, muted when mail has changed its case too often. Counts it."""
        case = message.match.case
        if case is None or message.verdict is None or not _changes_case(message):
            return message
        before = self._changes.get(case.id) or [0] * len(self.limits.windows)
        self._changes[case.id] = [changes + 1 for changes in before]
        full = [(changes, most, words) for changes, (_, most, words) in zip(before, self.limits.windows, strict=True) if changes >= most]
        if not full or operator_decision.instead_of_policy(message.entry.operator_decision):
            return message
        changes, _, words = full[-1]  # the longest window that is full decides until when
        begins = any(one == most for one, most, _ in full) and (message.verdict.disposition == "comment" or self._is_first_note(case.id))
        return replace(message, verdict=_muted(message.verdict, changes, words, begins=begins))

    def _is_first_note(self, case_id: str) -> bool:
        """Whether no other note was kept off the case within an hour: such notes are not on the case, so its changes do not count them."""
        key = f"muted:{case_id}"
        seen = self.counters.counted(key, self.now - HOUR, self.now)
        self.counters.count([key], self.now)
        return seen == 0


def _changes_case(message: IntakeMessage) -> bool:
    """A comment, or a note that has proof of its case: machines count like people."""
    if message.verdict is None:
        return False
    return message.verdict.disposition == "comment" or (message.verdict.disposition == "note" and bool(carrier_of(message)))


def _muted(verdict: Verdict, changes: int, within: str, *, begins: bool) -> Verdict:
    kept = "the note is kept in the journal alone" if verdict.disposition == "note" else "the comment is kept, the status stays"
    reason = f"mail has changed the case {changes} times or more within {within}: {kept} and nobody is notified"
    mute = Effect("mute", {"because": reason, **({"announce": str(changes)} if begins else {})})
    return replace(
        verdict,
        reason=f"{verdict.reason}; but {reason}",
        trail=replace(verdict.trail, remarks=[*verdict.trail.remarks, TrailEntry(RULE, True, reason)]),
        effects=(*_without_consequences(verdict.effects), mute),
    )


def _without_consequences(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    return tuple(effect for effect in effects if effect.do not in _SILENCED)
