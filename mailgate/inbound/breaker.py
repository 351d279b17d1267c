"""The breaker of a case: what mail adds to a case faster than people write is kept in silence.

In: decided letters of cases that are locked, and how often mail has changed each case in the last hour, from the store. Out: the letters,
the verdict of some muted: the comment stays, the status does not move, nobody is told. It is the last line against a loop whose parts look
like people: mailboxes that forward to each other, robots that thank for each notice (RFC 3834 section 2 can only ask them to mark theirs).
What an operator has released by hand is never muted. A clock that jumps makes the breaker begin anew at most once for each jump.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mailgate.inbound.letter import Letter
from mailgate.rules.chain import Effect, TrailEntry, Verdict
from mailgate.store.unit_of_work import UnitOfWork

WINDOW = timedelta(hours=1)
RULE = "case_breaker"
_SILENCED = frozenset({"transition", "keep_status", "notify"})


@dataclass
class CaseBreaker:
    """Counts one batch. `limit`: changes by mail that a case may have within the window. Use under the locks of the cases."""

    limit: int
    _changes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, uow: UnitOfWork, letters: Sequence[Letter], limit: int, now: datetime) -> CaseBreaker:
        """A breaker that knows the cases which letters of the batch may change. One statement, none for a batch without such letters.

        Times ahead of the clock count up to one window: a clock that was set back must not make the breaker forget, nor mute for days.
        """
        ids = sorted({letter.match.case.id for letter in letters if letter.match.case and _comments(letter)})
        return cls(limit, uow.cases.changed_by_mail(ids, now - WINDOW, now + WINDOW, limit + 1))

    def judge(self, letter: Letter) -> Letter:
        """The letter, muted when mail has changed its case too often. Counts it."""
        case = letter.match.case
        if case is None or letter.verdict is None or not _comments(letter):
            return letter
        changes = self._changes.get(case.id, 0)
        self._changes[case.id] = changes + 1
        if changes < self.limit or letter.entry.release:
            return letter
        return replace(letter, verdict=_muted(letter.verdict, changes, begins=changes == self.limit))


def _comments(letter: Letter) -> bool:
    return letter.verdict is not None and letter.verdict.disposition == "comment"


def _muted(verdict: Verdict, changes: int, *, begins: bool) -> Verdict:
    reason = f"mail has changed the case {changes} times or more within an hour: the comment is kept, nothing moves and nobody is told"
    mute = Effect("mute", {"because": reason, **({"announce": str(changes)} if begins else {})})
    return replace(
        verdict,
        reason=f"{verdict.reason}; but {reason}",
        trail=replace(verdict.trail, remarks=[*verdict.trail.remarks, TrailEntry(RULE, True, reason)]),
        effects=(*_without_consequences(verdict.effects), mute),
    )


def _without_consequences(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    return tuple(effect for effect in effects if effect.do not in _SILENCED)
