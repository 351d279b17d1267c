"""What the verbs of the journal share: the rows that a verb is for, the audit rows of those it moved, and the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mailgate.application.journal.views import Left, Move, Moved, move
from mailgate.application.use_case import Act
from mailgate.store.rows import JournalEntry


def of_states(entries: Mapping[str, JournalEntry], states: Collection[str]) -> dict[str, JournalEntry]:
    """Those entries that are in one of these states."""
    return {id_: one for id_, one in entries.items() if one.state in states}


def recorded(
    act: Act, before: Mapping[str, JournalEntry], to_state: str | None, reason: str, detail: Mapping[str, Any] | None = None
) -> list[Move]:
    """Leave an audit row for each entry. `to_state` None: it stays in its state."""
    return [
        move(act.record(("journal", id_), {"state": one.state}, {"state": to_state or one.state}, reason=reason, detail=detail))
        for id_, one in sorted(before.items())
    ]


def left_behind(act: Act, wanted: Sequence[str], moves: Sequence[Move]) -> Moved:
    """The result of a verb: what was moved, and what was not because of its state."""
    moved = {one.journal_id for one in moves}
    return finished(act, Moved(moves, [Left(id_, "wrong_state", "") for id_ in wanted if id_ not in moved]))


def finished(act: Act, result: Moved) -> Moved:
    """The same result; marks the use case as unchanged when nothing was moved."""
    if not result.moves:
        act.unchanged()
    return result
