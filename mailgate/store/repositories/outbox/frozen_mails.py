"""Whether frozen mails still have the bytes that were frozen. In: which ones. Out: their ids with the answer. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, or_, select

from mailgate.store.repositories.blobs import EXAMINED_ROWS, matches
from mailgate.store.schema import outbox, outbox_mails

_KEPT = (
    select(outbox.c.id, outbox.c.raw_sha256, outbox_mails.c.raw)
    .outerjoin(outbox_mails, outbox_mails.c.outbox_id == outbox.c.id)
    .where(outbox.c.raw_sha256.is_not(None), or_(outbox_mails.c.raw.is_not(None), outbox.c.due_at.is_not(None)))
)


class FrozenMailRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def examine(self, newest: int | None = None) -> Iterator[tuple[str, bool]]:
        """(outbox id, whether its bytes match their SHA-256) of the `newest` mails, None for all, that have bytes or should have.

        Reads every byte, a few rows at a time.
        """
        statement = _KEPT if newest is None else _KEPT.order_by(outbox.c.id.desc()).limit(newest)
        for row in self._connection.execute(statement.execution_options(yield_per=EXAMINED_ROWS)):
            yield row.id, row.raw is not None and matches(row.raw_sha256, row.raw)
