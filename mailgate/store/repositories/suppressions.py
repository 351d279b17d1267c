"""Addresses that get no mail: bounced for good, complained, or named by an operator. Compared without case."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, select

from mailgate.store.repositories.statements import limited, upsert
from mailgate.store.rows import Suppression
from mailgate.store.schema import suppressions


class SuppressionRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def which(self, addresses: Collection[str]) -> dict[str, str]:
        """Lower-case address -> reason, for those that are suppressed."""
        wanted = {address.lower() for address in addresses}
        found = select(suppressions.c.address, suppressions.c.reason).where(suppressions.c.address.in_(wanted))
        return {row.address: row.reason for row in self._connection.execute(found)} if wanted else {}

    def add(self, entries: Sequence[Suppression]) -> None:
        """Suppress; the newest reason for an address stands."""
        if not entries:
            return
        insert = upsert(self._connection, suppressions)
        statement = insert.on_conflict_do_update(
            index_elements=[suppressions.c.address], set_={"reason": insert.excluded.reason, "created_at": insert.excluded.created_at}
        )
        newest = {entry.address.lower(): entry for entry in entries}
        rows = [
            {"address": address, "reason": newest[address].reason, "created_at": newest[address].created_at} for address in sorted(newest)
        ]
        self._connection.execute(statement, rows)

    def remove(self, addresses: Collection[str]) -> int:
        """Lift the suppression; how many there were."""
        wanted = {address.lower() for address in addresses}
        return self._connection.execute(delete(suppressions).where(suppressions.c.address.in_(wanted))).rowcount if wanted else 0

    def list(self, limit: int | None = None) -> Sequence[Suppression]:
        """All, newest first."""
        statement = limited(select(suppressions).order_by(suppressions.c.created_at.desc(), suppressions.c.address), limit)
        return [Suppression(row.address, row.reason, row.created_at) for row in self._connection.execute(statement)]
