"""Takes people's words and names out of rows that must stay. In: ids. Out: how many rows changed. The caller's transaction holds.

Rows stay because the ledger counts them and cases refer to them; what they said of a person does not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, Text, cast, delete, exists, select, update

from mailgate.store.repositories.case_index import index_again
from mailgate.store.repositories.persons.traces import chunks
from mailgate.store.schema import (
    attempts,
    blobs,
    cases,
    comment_files,
    comments,
    decisions,
    events,
    journal,
    notices,
    outbox,
    outbox_mails,
)

KEPT_FACTS = frozenset({"comment_id", "events", "field", "from", "operation", "to", "was_due"})
WORDS = frozenset({"summary", "description", "environment"})


def entries(connection: Connection, ids: Sequence[str]) -> int:
    """Accepted mail: who sent it, from where, and what about. The message id stays, so that a reply still finds its case."""
    gone: dict[str, Any] = {"reverse_path": None, "client_address": "", "helo": "", "notes": "[]", "error": ""}
    done = _update(connection, journal, ids, "id", **gone)
    _update(connection, decisions, ids, "journal_id", author="", subject="", trail="{}", defects="[]")
    return done


def bytes_of_entries(connection: Connection, ids: Sequence[str]) -> int:
    """The raw bytes of accepted mail, unless another entry or a comment has the same."""
    hashes: set[str] = set()
    for some in chunks(ids):
        mark = update(journal).where(journal.c.id.in_(some), journal.c.raw_expired.is_(False)).values(raw_expired=True)
        hashes |= set(connection.execute(mark.returning(journal.c.raw_sha256)).scalars())
    return _drop_bytes(connection, sorted(hashes))


def mails(connection: Connection, ids: Sequence[str], address: str = "") -> int:
    """Outgoing mail: to whom (`address` takes the place), its bytes, and what servers answered. Waiting mail is cancelled."""
    for some in chunks(ids):
        waiting = update(outbox).where(outbox.c.id.in_(some), outbox.c.due_at.is_not(None))
        connection.execute(waiting.values(state="cancelled", due_at=None))
    done = _update(connection, outbox, ids, address=address, subject="", error="", delivery_text="")
    _update(connection, attempts, ids, "outbox_id", text="")
    bytes_of_mails(connection, ids)
    return done


def bytes_of_mails(connection: Connection, ids: Sequence[str]) -> int:
    """The frozen bytes of outgoing mail."""
    return sum(connection.execute(delete(outbox_mails).where(outbox_mails.c.outbox_id.in_(some))).rowcount for some in chunks(ids))


def notices_to(connection: Connection, ids: Sequence[str], address: str = "") -> int:
    """Notices: to whom (`address` takes the place), and what they say. Waiting ones are never sent."""
    for some in chunks(ids):
        waiting = update(notices).where(notices.c.id.in_(some), notices.c.due_at.is_not(None))
        connection.execute(waiting.values(state="suppressed", due_at=None, error="the person was erased"))
    return _update(connection, notices, ids, address=address, facts="{}", group_key=cast(notices.c.id, Text))  # it holds the address


def words(connection: Connection, ids: Sequence[str], marker: str) -> int:
    """Comments: what they say, and their files with the bytes. `marker` takes the place."""
    done = _update(connection, comments, ids, text=marker, signature="", quoted="")
    hashes: set[str] = set()
    for some in chunks(ids):
        gone = delete(comment_files).where(comment_files.c.comment_id.in_(some))
        hashes |= set(connection.execute(gone.returning(comment_files.c.sha256)).scalars())
    _drop_bytes(connection, sorted(hashes))
    return done


def whole_cases(connection: Connection, ids: Sequence[str], marker: str) -> int:
    """Closed cases whose time is over: what anybody said in them, with files, names in events, and the mail about them."""
    done = _update(connection, cases, ids, summary=marker, description="", environment="")
    for some in chunks(ids):
        said = list(connection.execute(select(comments.c.id).where(comments.c.case_id.in_(some))).scalars())
        words(connection, said, marker)
        connection.execute(update(comments).where(comments.c.case_id.in_(some)).values(author_name=""))
        _events(connection, some)
        for table, redact in ((notices, notices_to), (outbox, mails)):
            of_cases = select(table.c.id).where(table.c.case_id.in_(some))
            redact(connection, list(connection.execute(of_cases).scalars()))
    index_again(connection, ids)
    return done


def _events(connection: Connection, case_ids: Sequence[str]) -> None:
    """Events keep what happened; who it was, and the words of an edit, go."""
    for row in connection.execute(select(events.c.id, events.c.kind, events.c.facts).where(events.c.case_id.in_(case_ids))).all():
        facts = json.loads(row.facts)
        said = row.kind == "assignee_changed" or facts.get("field") in WORDS
        kept = {name: value for name, value in facts.items() if name in KEPT_FACTS and not (said and name in ("from", "to"))}
        connection.execute(update(events).where(events.c.id == row.id).values(actor_name="", facts=json.dumps(kept)))


def _update(connection: Connection, table: Table, ids: Sequence[str], key: str = "id", **values: Any) -> int:
    return sum(connection.execute(update(table).where(table.c[key].in_(some)).values(values)).rowcount for some in chunks(ids))


def _drop_bytes(connection: Connection, hashes: Sequence[str]) -> int:
    needed = (
        exists().where(comment_files.c.sha256 == blobs.c.sha256),
        exists().where(journal.c.raw_sha256 == blobs.c.sha256, journal.c.raw_expired.is_(False)),
    )
    gone = 0
    for some in chunks(hashes):
        gone += connection.execute(delete(blobs).where(blobs.c.sha256.in_(some), *(~one for one in needed))).rowcount
    return gone
