"""Follow the journal: what is there, then what has come or changed, however much and however old. In: what was seen last. Out: rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from mailgate.application.access import Action
from mailgate.application.journal.selection import ALL, JournalFilter, chunks
from mailgate.application.journal.views import EntryRow, entry_row
from mailgate.application.use_case import Act, query
from mailgate.store.repositories.journal.following import ChangePhase

LATE = timedelta(minutes=2)
"""How long after its id was made an entry may become visible: longer than any transaction, and than clocks of hosts differ."""


@dataclass(frozen=True, slots=True)
class FollowEntries:
    """`seen`: of the look before, None for the first one, which shows the newest `limit` entries."""

    filter: JournalFilter = ALL
    limit: int = 50
    seen: Mapping[str, ChangePhase] | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """The entries that are new or in another state since the look before, as they are now, oldest first; `seen` for the next look."""

    rows: Sequence[EntryRow]
    seen: Mapping[str, ChangePhase]


@query(Action.JOURNAL_READ)
def follow_entries(act: Act, command: FollowEntries) -> Followed:
    """Show which entries have come, or are in a state again that they were not in at the look before."""
    journal, where = act.uow.journal, command.filter.where()
    now = journal.phases(act.now - LATE, (command.seen or {}).keys())
    if command.seen is None:
        return Followed([entry_row(one) for one in reversed(journal.list(limit=command.limit, where=where))], now)
    changed = sorted(id_ for id_, phase in now.items() if command.seen.get(id_) != phase)
    found = (journal.by_ids(part, where=where) for part in chunks(changed))
    rows = [entry_row(some[id_]) for some in found for id_ in sorted(some)]
    return Followed(rows, now)
