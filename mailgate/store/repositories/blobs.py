"""Bytes by their SHA-256: raw mails and attachments, each stored once. Reading compares the hash.

In: hash and bytes. Out: bytes that have this hash, or CorruptContent. It must never return bytes that do not match: a disk, a restore or a
hand in the database may have changed what a customer wrote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, delete, exists, select, text, update

from mailgate.clock import Clock
from mailgate.errors import CorruptContent, NotFound
from mailgate.store.large_values import carried
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import chunks, literal
from mailgate.store.schema import blobs, comment_files, journal

EXAMINED_ROWS = 8
WAITING = [literal(state) for state in ("pending", "held", "shunted")]
"""States of entries that still need their bytes, whatever their age."""
CONTENTS = Prepared(select(blobs.c.sha256, blobs.c.content).where(blobs.c.sha256.in_(listed("hashes"))))
"""The bytes of these hashes, not compared with them."""


class BlobRepository:
    """See the module."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock

    def put(self, contents: Sequence[tuple[str, bytes]]) -> None:
        """Keep each (sha256 in hex, bytes); one that is there already is not written again, but counts as kept from now."""
        put(self._connection, dict(contents), self._clock())

    def get(self, sha256: str) -> bytes:
        """The bytes. Raises NotFound when they were never stored or have been purged, CorruptContent when they have changed."""
        content = self.find(sha256)
        if content is None:
            raise NotFound("content", sha256, f"the bytes {sha256[:12]} are not kept (any more)")
        return content

    def find(self, sha256: str) -> bytes | None:
        """The bytes; None when they were never stored or have been purged. Raises CorruptContent when they have changed."""
        rows = CONTENTS.rows(self._connection, hashes=(sha256,))
        return verified(sha256, rows[0].content) if rows else None

    def intact(self, hashes: Collection[str]) -> dict[str, bytes]:
        """SHA-256 -> the bytes, of those that are kept and have not changed."""
        rows = CONTENTS.rows(self._connection, hashes=hashes) if hashes else []
        return {row.sha256: bytes(row.content) for row in rows if matches(row.sha256, row.content)}

    def examine(self) -> Iterator[tuple[str, bool]]:
        """(SHA-256, whether the bytes match it) of all that is stored. Reads every byte, a few rows at a time."""
        return self._examined(select(blobs.c.sha256, blobs.c.content))

    def examine_newest(self, limit: int) -> Iterator[tuple[str, bool]]:
        """The same for the bytes of the newest `limit` journal entries."""
        newest = select(journal.c.raw_sha256).order_by(journal.c.id.desc()).limit(limit).subquery()
        return self._examined(select(blobs.c.sha256, blobs.c.content).where(blobs.c.sha256.in_(select(newest.c.raw_sha256))))

    def _examined(self, statement: Select[tuple[str, bytes]]) -> Iterator[tuple[str, bool]]:
        for row in self._connection.execute(statement.execution_options(yield_per=EXAMINED_ROWS)):
            yield row.sha256, matches(row.sha256, row.content)

    def renew(self, hashes: Collection[str]) -> set[str]:
        """Count these bytes as kept from now; the hashes of those that are there. Retention leaves them alone then, as for `put`."""
        renewed = update(blobs).where(blobs.c.sha256.in_(sorted(hashes))).values(kept_at=self._clock()).returning(blobs.c.sha256)
        return set(self._connection.execute(renewed).scalars()) if hashes else set()


def matches(sha256: str, content: bytes) -> bool:
    """Whether the bytes have this SHA-256 (lower-case hex)."""
    return hashlib.sha256(content).hexdigest() == sha256


def verified(sha256: str, content: bytes) -> bytes:
    """The bytes. Raises CorruptContent when they do not have this SHA-256."""
    if not matches(sha256, content):
        raise CorruptContent(sha256)
    return bytes(content)


def put(connection: Connection, contents: Mapping[str, bytes], now: datetime) -> None:
    """Keep sha256 -> bytes, in the order of the hashes so that two writers cannot wait for each other.

    Renewing `kept_at` takes the row's lock: retention, which may be deleting it, either goes first and the bytes are written again, or
    sees the new time.
    """
    rows = [{"sha256": key, "content": contents[key], "kept_at": now} for key in sorted(contents)]
    carried(connection, max(map(len, contents.values()), default=0))
    insert_all(connection, blobs, rows, key=("sha256",), renew=("kept_at",))


def drop(connection: Connection, hashes: Collection[str], *, kept_before: datetime | None = None) -> int:
    """Delete these bytes (SHA-256 in hex) unless a comment or an entry needs them; how many went.

    `kept_before`: only bytes that came last before this time. Then of the entries only waiting ones need theirs, since a settled one that
    is younger has renewed `kept_at`; without it, every entry whose bytes have not expired. The rows are locked first: whoever puts the same
    bytes has either committed, and is seen, or waits and writes them again.
    """
    gone = 0
    for some in chunks(sorted(hashes)):
        these = blobs.c.sha256.in_(some)
        connection.execute(select(blobs.c.sha256).where(these).order_by(blobs.c.sha256).with_for_update()).all()
        # Not correlated: one pass over the partial index for all hashes, not one for each.
        keeps = text("NOT raw_expired") if kept_before is None else journal.c.state.in_(WAITING)
        of_entries = select(journal.c.raw_sha256).where(keeps, journal.c.raw_sha256.in_(some))
        of_comments = exists().where(comment_files.c.sha256 == blobs.c.sha256)
        unneeded = delete(blobs).where(these, blobs.c.sha256.not_in(of_entries), ~of_comments)
        gone += connection.execute(unneeded if kept_before is None else unneeded.where(blobs.c.kept_at < kept_before)).rowcount
    return gone
