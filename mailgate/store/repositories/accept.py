"""The write before 250: entries, their bytes and what recognises them when they come again. The hottest statements of the store.

In: entries of one group. Out: for each, in order, its id or the id of the same submission within the window. The caller's transaction
makes it durable. A batch costs a fixed number of statements. Two writers with the same submission meet at the key of `submissions`: one
waits and finds the other's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from mailgate.store.repositories.blobs import put
from mailgate.store.repositories.statements import array, insert_all, upsert
from mailgate.store.rows import Appended, NewEntry
from mailgate.store.schema import journal, submissions, tallies

WINDOW = timedelta(days=7)


def append(connection: Connection, writer: str, entries: Sequence[NewEntry]) -> list[Appended]:
    """Write what is new; see the module. Raises StoreConflict for an id that is there already."""
    first_of = {entry.submission_key: entry for entry in reversed(entries)}
    known = _reserve(connection, sorted(first_of.values(), key=lambda entry: entry.submission_key))
    fresh = [entry for entry in entries if first_of[entry.submission_key] is entry and entry.submission_key not in known]
    if fresh:
        _write(connection, writer, fresh)
    return [_answer(entry, first_of[entry.submission_key], known) for entry in entries]


def _answer(entry: NewEntry, first: NewEntry, known: dict[str, str]) -> Appended:
    there = known.get(entry.submission_key)
    return Appended(there or first.id, duplicate=there is not None or first is not entry)


def _reserve(connection: Connection, entries: Sequence[NewEntry]) -> dict[str, str]:
    """Take the keys that are free or whose window is over. Returns key -> journal id of those that were taken before.

    In the order of the keys, so that two writers cannot wait for each other. Checked again under the lock: the upsert's condition sees
    the row as it is when the lock is held, not as it was when it was looked up.
    """
    insert = upsert(connection, submissions)
    oldest = min(entry.accepted_at for entry in entries) - WINDOW
    statement = insert.on_conflict_do_update(
        index_elements=[submissions.c.submission_key],
        set_={"journal_id": insert.excluded.journal_id, "accepted_at": insert.excluded.accepted_at},
        where=submissions.c.accepted_at < oldest,
    )
    connection.execute(statement, [{"submission_key": e.submission_key, "journal_id": e.id, "accepted_at": e.accepted_at} for e in entries])
    found = select(submissions.c.submission_key, submissions.c.journal_id).where(
        submissions.c.submission_key.in_([entry.submission_key for entry in entries])
    )
    holders = {row.submission_key: row.journal_id for row in connection.execute(found)}
    return {entry.submission_key: holders[entry.submission_key] for entry in entries if holders[entry.submission_key] != entry.id}


def _write(connection: Connection, writer: str, entries: Sequence[NewEntry]) -> None:
    put(connection, {entry.raw_sha256: entry.raw for entry in entries}, entries[-1].accepted_at)
    insert_all(connection, journal, [_row(entry) for entry in entries])
    insert = upsert(connection, tallies).values(writer=writer, accepted=len(entries))
    connection.execute(
        insert.on_conflict_do_update(index_elements=[tallies.c.writer], set_={"accepted": tallies.c.accepted + insert.excluded.accepted})
    )


def _row(entry: NewEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "accepted_at": entry.accepted_at,
        "reverse_path": entry.envelope.reverse_path,
        "recipients": array(entry.envelope.recipients),
        "client_address": entry.client_address,
        "helo": entry.helo,
        "protocol": entry.protocol,
        "tls": entry.tls,
        "smtp_utf8": entry.smtp_utf8,
        "notes": array(entry.notes),
        "raw_sha256": entry.raw_sha256,
        "size_bytes": len(entry.raw),
        "state": "pending",
        "due_at": entry.accepted_at,
    }
