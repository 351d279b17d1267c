"""What people did by hand to accepted and outgoing mail. In: interventions, in the transaction of the action. Out: the record.

Rows are only added: neither retention nor any command takes one away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.statements import limited
from mailgate.store.rows import Intervention
from mailgate.store.schema import interventions

_FIELDS = tuple(Intervention.__slots__)


class InterventionRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Sequence[Intervention]) -> None:
        """Record what was done; nothing for none."""
        insert_all(self._connection, interventions, [{name: getattr(one, name) for name in _FIELDS} for one in new])

    def of_entry(self, journal_id: str) -> Sequence[Intervention]:
        """What was done to one entry, in order."""
        return self._found(select(interventions).where(interventions.c.journal_id == journal_id).order_by(interventions.c.id))

    def of_mail(self, outbox_id: str) -> Sequence[Intervention]:
        """What was done to one outgoing mail, in order."""
        return self._found(select(interventions).where(interventions.c.outbox_id == outbox_id).order_by(interventions.c.id))

    def list(self, limit: int | None = 50, *, since: datetime | None = None, until: datetime | None = None) -> Sequence[Intervention]:
        """All of them, the newest first, done at or after `since` and before `until` when given."""
        statement = select(interventions).order_by(interventions.c.id.desc())
        if since is not None:
            statement = statement.where(interventions.c.at >= since)
        if until is not None:
            statement = statement.where(interventions.c.at < until)
        return self._found(limited(statement, limit))

    def _found(self, statement: Select[Any]) -> Sequence[Intervention]:
        return [Intervention(**{name: getattr(row, name) for name in _FIELDS}) for row in self._connection.execute(statement)]
