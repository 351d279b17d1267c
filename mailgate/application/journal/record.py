"""What operators did by hand to accepted and outgoing mail. In: a span of time. Out: the moves, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailgate.application.access import Action
from mailgate.application.journal.views import NO_MOVES, Move, move
from mailgate.application.use_case import Act, query


@dataclass(frozen=True, slots=True)
class ListMoves:
    """Done at or after `since` and before `until`, aware times."""

    limit: int = 50
    since: datetime | None = None
    until: datetime | None = None


@query(Action.AUDIT_READ)
def list_moves(act: Act, command: ListMoves) -> Sequence[Move]:
    """Show who released, discarded, replayed, retried or cancelled what, when and why."""
    found = act.uow.audit.list(command.limit, kinds=("journal", "outbox"), without_verbs=NO_MOVES, since=command.since, until=command.until)
    return [move(row) for row in found]
