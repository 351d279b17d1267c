"""The write before 250: entries, their bytes and what recognises them when they come again. The hottest statements of the store.

In: entries of one group. Out: for each, in order, its id or the id of the same submission within the window. The caller's transaction
makes it durable. Two writers with the same submission meet at the key of `submissions`: one waits and finds the other's.

The statements are text with one placeholder per value, made once per number of rows and given straight to the driver: building and
binding them through SQLAlchemy costs five times what the database does. A few statements with many rows also hold up the event loop less
than many with one: a driver lets go of the interpreter's lock once per statement and has to win it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, select

from mailgate.store.columns import moment_text, storable
from mailgate.store.repositories.bulk import CHUNK_ROWS, run
from mailgate.store.repositories.statements import array
from mailgate.store.rows import Appended, NewEntry
from mailgate.store.schema import submissions

WINDOW = timedelta(days=7)

Row = tuple[Any, ...]

_SUBMISSION = ("INSERT INTO submissions (submission_key, journal_id, accepted_at) VALUES ", "(?, ?, ?)")
# The condition sees the row as it is when its lock is held, not as it was when it was looked up.
_RENEWED = (
    " ON CONFLICT (submission_key) DO UPDATE SET journal_id = excluded.journal_id, accepted_at = excluded.accepted_at"
    " WHERE submissions.accepted_at < ?"
)
_BLOB = ("INSERT INTO blobs (sha256, content, kept_at) VALUES ", "(?, ?, ?)")
# Renewing takes the row's lock: see `blobs.put`.
_KEPT = " ON CONFLICT (sha256) DO UPDATE SET kept_at = excluded.kept_at"
_ENTRY = (
    "INSERT INTO journal (id, accepted_at, due_at, reverse_path, recipients, client_address, helo, protocol, tls, smtp_utf8, notes,"
    " raw_sha256, size_bytes, state) VALUES ",
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')",
)
_TALLY = (
    "INSERT INTO tallies (writer, accepted) VALUES (?, ?)"
    " ON CONFLICT (writer) DO UPDATE SET accepted = tallies.accepted + excluded.accepted"
)


def append(connection: Connection, writer: str, entries: Sequence[NewEntry]) -> list[Appended]:
    """Write what is new; see the module. Raises StoreConflict for an id that is there already."""
    # Of the same submission twice in one group the first one stands.
    first_of = {entry.submission_key: entry for entry in reversed(entries)}
    into = _Writer(connection)
    # In the order of the keys, so that two writers cannot wait for each other.
    known = _reserve(into, [first_of[key] for key in sorted(first_of)])
    fresh = entries if not known and len(first_of) == len(entries) else [e for e in first_of.values() if e.submission_key not in known]
    if fresh:
        into.write(_BLOB, _KEPT, into.blob_rows(fresh))
        into.write(_ENTRY, "", [into.entry_row(entry) for entry in fresh])
        run(connection, _TALLY, (writer, into.integer(len(fresh))))
    if fresh is entries:
        return [Appended(entry.id, False) for entry in entries]
    return [_answer(entry, first_of[entry.submission_key], known) for entry in entries]


def _answer(entry: NewEntry, first: NewEntry, known: dict[str, str]) -> Appended:
    there = known.get(entry.submission_key)
    return Appended(there or first.id, duplicate=there is not None or first is not entry)


def _reserve(into: _Writer, entries: Sequence[NewEntry]) -> dict[str, str]:
    """Take the keys that are free or whose window is over. Returns key -> journal id of those that were taken before."""
    rows = [(bytes.fromhex(entry.submission_key), entry.id, into.moment(entry.accepted_at)) for entry in entries]
    oldest = into.moment(min(entry.accepted_at for entry in entries) - WINDOW)
    if into.write(_SUBMISSION, _RENEWED, rows, oldest) == len(entries):
        return {}
    keys = [entry.submission_key for entry in entries]
    found = select(submissions.c.submission_key, submissions.c.journal_id).where(submissions.c.submission_key.in_(keys))
    holders = dict(into.connection.execute(found).all())
    return {entry.submission_key: holders[entry.submission_key] for entry in entries if holders[entry.submission_key] != entry.id}


class _Writer:
    """Rows for one connection: the few values that the two databases take in different forms (see `bulk`)."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._moments: dict[datetime, Any] = {}

    def moment(self, moment: datetime) -> Any:
        """A time as the driver takes it. The entries of a group share theirs."""
        if not self._is_sqlite:
            return moment
        text = self._moments.get(moment)
        if text is None:
            text = self._moments[moment] = moment_text(moment)
        return text

    def integer(self, number: int) -> Any:
        """A number as the driver takes it."""
        return number if self._is_sqlite else str(number)

    def write(self, into: tuple[str, str], conflict: str, rows: Sequence[Row], *more: Any) -> int:
        """Insert all rows; how many were inserted or updated. `more` are the values of `conflict`."""
        touched = 0
        for start in range(0, len(rows), CHUNK_ROWS):
            chunk = rows[start : start + CHUNK_ROWS]
            touched += run(self.connection, _insert(into, conflict, len(chunk)), (*chain.from_iterable(chunk), *more))
        return touched

    def blob_rows(self, entries: Sequence[NewEntry]) -> list[Row]:
        """The bytes of the entries, each once, in the order of their hashes."""
        unique = {entry.raw_sha256: entry for entry in entries}
        return [(bytes.fromhex(key), unique[key].raw, self.moment(unique[key].accepted_at)) for key in sorted(unique)]

    def entry_row(self, entry: NewEntry) -> Row:
        """The journal row of an entry, in the order of `_ENTRY`."""
        accepted_at = self.moment(entry.accepted_at)
        reverse_path = entry.envelope.reverse_path
        return (
            entry.id,
            accepted_at,
            accepted_at,
            None if reverse_path is None else storable(reverse_path),
            _array(entry.envelope.recipients),
            storable(entry.client_address),
            storable(entry.helo),
            entry.protocol,
            entry.tls,
            entry.smtp_utf8,
            _array(entry.notes),
            bytes.fromhex(entry.raw_sha256),
            self.integer(len(entry.raw)),
        )


@lru_cache(maxsize=4 * CHUNK_ROWS)
def _insert(into: tuple[str, str], conflict: str, count: int) -> str:
    return into[0] + ", ".join([into[1]] * count) + conflict


@lru_cache(maxsize=1024)
def _array(values: tuple[str, ...]) -> str:
    """Cached: most mail is for the same few addresses."""
    return array(values)
