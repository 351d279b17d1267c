"""The breaker of a case: what mail adds to a case faster than people write is kept in silence.

In: decided letters of cases that are locked, and how often mail has changed each case in the last hour and the last day, from the store.
Out: the letters, the verdict of some muted: the comment stays, the status does not move, nobody is told. It is the last line against a loop
whose parts look like people: mailboxes that forward to each other, robots that thank for each notice (RFC 3834 section 2 can only ask them
to mark theirs). The hour stops a fast loop, the day a slow one. What an operator has released by hand is never muted. A clock that jumps
makes the breaker begin anew at most once for each jump.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mailgate.inbound.letter import Letter
from mailgate.rules import release
from mailgate.rules.chain import Effect, TrailEntry, Verdict
from mailgate.store.unit_of_work import UnitOfWork

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
    """Counts one batch. Use under the locks of the cases. `_changes`: case id -> how many in each window of the limits."""

    limits: CaseLimits
    _changes: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, uow: UnitOfWork, letters: Sequence[Letter], limits: CaseLimits, now: datetime) -> CaseBreaker:
        """A breaker that knows the cases which letters of the batch may change. One statement, none for a batch without such letters.

        Times ahead of the clock count up to one window: a clock that was set back must not make the breaker forget, nor mute for longer
        than two windows.
        """
        ids = sorted({letter.match.case.id for letter in letters if letter.match.case and _comments(letter)})
        asked = [(now - window, now + window, most + 1) for window, most, _ in limits.windows]
        return cls(limits, {id_: list(found) for id_, found in uow.cases.changed_by_mail(ids, asked).items()})

    def judge(self, letter: Letter) -> Letter:
        """The letter, muted when mail has changed its case too often. Counts it."""
        case = letter.match.case
        if case is None or letter.verdict is None or not _comments(letter):
            return letter
        before = self._changes.get(case.id) or [0] * len(self.limits.windows)
        self._changes[case.id] = [changes + 1 for changes in before]
        full = [(changes, most, words) for changes, (_, most, words) in zip(before, self.limits.windows, strict=True) if changes >= most]
        if not full or release.judged(letter.entry.release):
            return letter
        changes, _, words = full[-1]  # the longest window that is full says until when
        return replace(letter, verdict=_muted(letter.verdict, changes, words, begins=any(one == most for one, most, _ in full)))


def _comments(letter: Letter) -> bool:
    return letter.verdict is not None and letter.verdict.disposition == "comment"


def _muted(verdict: Verdict, changes: int, within: str, *, begins: bool) -> Verdict:
    reason = f"mail has changed the case {changes} times or more within {within}: the comment is kept, nothing moves and nobody is told"
    mute = Effect("mute", {"because": reason, **({"announce": str(changes)} if begins else {})})
    return replace(
        verdict,
        reason=f"{verdict.reason}; but {reason}",
        trail=replace(verdict.trail, remarks=[*verdict.trail.remarks, TrailEntry(RULE, True, reason)]),
        effects=(*_without_consequences(verdict.effects), mute),
    )


def _without_consequences(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    return tuple(effect for effect in effects if effect.do not in _SILENCED)
