"""How far entries are, for a program that asks repeatedly.

In: a time, and the ids seen last. Out: id -> `ChangePhase` of all that may change.

Ids are made before their transaction commits, so that no id is a cursor over what was committed. What may change is a small set instead:
entries that are not final, young ones, those that were such at the last look, and those that a person has touched lately.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from mailgate.store.repositories.statements import id_floor, literal, pieces
from mailgate.store.schema import audit, journal

_OPEN = ("pending", "held", "shunted")
_PHASE = select(journal.c.id, journal.c.state, journal.c.lease_token)


class ChangePhase(NamedTuple):
    """The state of an entry and the lease that led there: after work that ends in the same state again, the lease is another one.

    While it is pending, workers take and return it; that is no change.
    """

    state: str
    lease: int


def phases(connection: Connection, since: datetime, seen: Collection[str]) -> dict[str, ChangePhase]:
    """Of the entries that are not final, that are accepted or touched by a person after `since`, or that are in `seen`."""
    floor = id_floor(since)
    touched = select(audit.c.subject_id).where(audit.c.id >= floor, audit.c.subject_kind == literal("journal"))
    found = {
        **_phases(connection, journal.c.state.in_([literal(state) for state in _OPEN])),
        **_phases(connection, journal.c.id >= floor),
    }
    named = {*seen, *connection.execute(touched).scalars()} - found.keys()
    for ids in pieces(sorted(named)):
        found |= _phases(connection, journal.c.id.in_(ids))
    return found


def _phases(connection: Connection, which: ColumnElement[bool]) -> dict[str, ChangePhase]:
    rows = connection.execute(_PHASE.where(which))
    return {row.id: ChangePhase(row.state, 0 if row.state == "pending" else row.lease_token) for row in rows}
