"""Decide that held or shunted mail needs no work. In: which entries. Out: the moves. The bytes stay until retention deletes them."""

from __future__ import annotations

from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.journal.moves import left_behind, of_states, recorded
from mailgate.application.journal.selection import STATES_OF, Selection, chunks, selected
from mailgate.application.journal.views import Move, Moved
from mailgate.application.use_case import Act, use_case
from mailgate.application.words import line_or_empty


@dataclass(frozen=True, slots=True)
class Discard:
    """`reason` stays with the entry."""

    selection: Selection
    reason: str = ""


@use_case(Action.JOURNAL_DISCARD)
def discard(act: Act, command: Discard) -> Moved:
    """Decide that held or shunted entries need no work."""
    reason = line_or_empty(command.reason, "reason", "the reason")
    wanted, moves = selected(act.uow, "discard", command.selection), list[Move]()
    for part in chunks(wanted):
        before = of_states(act.uow.journal.lock(part), STATES_OF["discard"])
        act.uow.journal.discard(before.keys(), reason or "discarded by hand", act.now)
        moves += recorded(act, before, "discarded", reason)
    return left_behind(act, wanted, moves)
