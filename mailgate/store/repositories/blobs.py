"""Bytes by their SHA-256: raw mails and attachments, each kept once. Two calls: a folder or an object store can stand here later."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from mailgate.clock import Clock
from mailgate.errors import UsageError
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.schema import blobs


class BlobRepository:
    """See the module."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock

    def put(self, contents: Sequence[tuple[str, bytes]]) -> None:
        """Keep each (sha256 in hex, bytes); one that is there already is not written again, but counts as kept from now."""
        put(self._connection, dict(contents), self._clock())

    def get(self, sha256: str) -> bytes:
        """The bytes. Raises UsageError when they were never kept or have been purged."""
        content = self._connection.execute(select(blobs.c.content).where(blobs.c.sha256 == sha256)).scalar_one_or_none()
        if content is None:
            raise UsageError(f"the bytes {sha256[:12]} are not kept (any more)")
        return bytes(content)

    def renew(self, hashes: Collection[str]) -> set[str]:
        """Count these bytes as kept from now; the hashes of those that are there. Retention leaves them alone then, as for `put`."""
        renewed = update(blobs).where(blobs.c.sha256.in_(sorted(hashes))).values(kept_at=self._clock()).returning(blobs.c.sha256)
        return set(self._connection.execute(renewed).scalars()) if hashes else set()


def put(connection: Connection, contents: Mapping[str, bytes], now: datetime) -> None:
    """Keep sha256 -> bytes, in the order of the hashes so that two writers cannot wait for each other.

    Renewing `kept_at` takes the row's lock: retention, which may be deleting it, either goes first and the bytes are written again, or
    sees the new time.
    """
    rows = [{"sha256": key, "content": contents[key], "kept_at": now} for key in sorted(contents)]
    insert_all(connection, blobs, rows, key=("sha256",), renew=("kept_at",))
