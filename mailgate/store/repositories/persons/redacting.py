"""Takes people's words and names out of rows that must stay. In: ids. Out: how many rows changed. The caller's transaction holds.

Rows stay because the ledger counts them and cases refer to them; what they said of a person does not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, Text, case, cast, delete, select, text, update

from mailgate.store.repositories import blobs
from mailgate.store.repositories.case_index import index_again
from mailgate.store.repositories.statements import chunks
from mailgate.store.schema import (
    attempts,
    audit,
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

ERASED, OVERDUE = "the person was erased", "kept as long as retention allows"
"""Why a notice is not sent any more."""
_NOT_KEPT = case((decisions.c.reason != "", "not kept"), else_="")
"""A reason may quote the mail. That there was one stays: the ledger asks for it."""
KEPT_FACTS = frozenset({"comment_id", "events", "field", "from", "operation", "to", "was_due"})
WORDS = frozenset({"summary", "description", "environment"})
"""Fields of a case that hold what its reporter wrote."""


def entries(connection: Connection, ids: Sequence[str]) -> int:
    """Accepted mail: who sent it, from where, and what about. The message id stays, so that a reply still finds its case."""
    gone: dict[str, Any] = {"reverse_path": None, "client_address": "", "helo": "", "notes": "[]", "error": ""}
    done = _update(connection, journal, ids, "id", **gone)
    _update(connection, decisions, ids, "journal_id", author="", subject="", reason=_NOT_KEPT, trail="{}", defects="[]")
    return done


def bytes_of_entries(connection: Connection, ids: Sequence[str]) -> int:
    """The raw bytes of accepted mail, unless another entry or a comment has the same."""
    hashes: set[str] = set()
    for some in chunks(ids):
        mark = update(journal).where(journal.c.id.in_(some), text("NOT raw_expired")).values(raw_expired=True)
        hashes |= set(connection.execute(mark.returning(journal.c.raw_sha256)).scalars())
    return blobs.drop(connection, hashes)


def mails(connection: Connection, ids: Sequence[str], address: str = "") -> int:
    """Outgoing mail: to whom (`address` takes the place), its bytes, and what servers answered. Waiting mail is cancelled."""
    done = _update(connection, outbox, ids, address=address)
    contents_of_mails(connection, ids)
    return done


def contents_of_mails(connection: Connection, ids: Sequence[str]) -> None:
    """The same, but to whom it goes stays."""
    for some in chunks(ids):
        waiting = update(outbox).where(outbox.c.id.in_(some), outbox.c.due_at.is_not(None))
        connection.execute(waiting.values(state="cancelled", due_at=None))
    _update(connection, outbox, ids, subject="", error="", delivery_text="")
    _update(connection, attempts, ids, "outbox_id", text="")
    bytes_of_mails(connection, ids)


def bytes_of_mails(connection: Connection, ids: Sequence[str]) -> int:
    """The frozen bytes of outgoing mail."""
    return sum(connection.execute(delete(outbox_mails).where(outbox_mails.c.outbox_id.in_(some))).rowcount for some in chunks(ids))


def notices_to(connection: Connection, ids: Sequence[str], address: str = "", reason: str = ERASED) -> int:
    """Notices: to whom (`address` takes the place), and what they say. Those that were not rendered never will be, for this `reason`."""
    done = _update(connection, notices, ids, address=address, error="", group_key=cast(notices.c.id, Text))  # it holds the address
    stop_notices(connection, ids, reason)
    return done


def stop_notices(connection: Connection, ids: Sequence[str], reason: str = ERASED) -> None:
    """Notices are never sent, unless they are rendered; what they say goes."""
    for some in chunks(ids):
        unsent = update(notices).where(notices.c.id.in_(some), notices.c.state.not_in(("rendered", "suppressed")))
        connection.execute(unsent.values(state="suppressed", due_at=None, error=reason))
        connection.execute(update(notices).where(notices.c.id.in_(some)).values(facts="{}"))


def words(connection: Connection, ids: Sequence[str], marker: str) -> int:
    """Comments: what they say, and their files with the bytes. `marker` takes the place."""
    done = _update(connection, comments, ids, text=marker, signature="", quoted="")
    hashes: set[str] = set()
    for some in chunks(ids):
        gone = delete(comment_files).where(comment_files.c.comment_id.in_(some))
        hashes |= set(connection.execute(gone.returning(comment_files.c.sha256)).scalars())
    blobs.drop(connection, hashes)
    return done


def whole_cases(connection: Connection, ids: Sequence[str], marker: str) -> int:
    """Closed cases whose time is over: what anybody said in them, with files, names in events, and the mail about them."""
    done = _update(connection, cases, ids, summary=marker, description="", environment="")
    for some in chunks(ids):
        said = list(connection.execute(select(comments.c.id).where(comments.c.case_id.in_(some))).scalars())
        words(connection, said, marker)
        connection.execute(update(comments).where(comments.c.case_id.in_(some)).values(author_name=""))
        _events(connection, some)
        fields_of_cases(connection, some, marker)
        notices_to(connection, _of_cases(connection, notices, some), reason=OVERDUE)
        mails(connection, _of_cases(connection, outbox, some))
    index_again(connection, ids)
    return done


def _of_cases(connection: Connection, table: Table, case_ids: Sequence[str]) -> list[str]:
    return list(connection.execute(select(table.c.id).where(table.c.case_id.in_(case_ids))).scalars())


def fields_of_cases(connection: Connection, case_ids: Sequence[str], marker: str) -> None:
    """What the fields of these cases said, where edits and the audit keep it. `marker` takes the place."""
    for row in connection.execute(select(events.c.id, events.c.facts).where(events.c.case_id.in_(case_ids))).all():
        facts = json.loads(row.facts)
        if facts.get("field") in WORDS:
            fresh = facts | {name: marker for name in ("from", "to") if facts.get(name)}
            connection.execute(update(events).where(events.c.id == row.id).values(facts=json.dumps(fresh, ensure_ascii=False)))
    of_cases = audit.c.subject_kind == "case", audit.c.subject_id.in_(case_ids)
    for id_, *sides in connection.execute(select(audit.c.id, audit.c.before, audit.c.after).where(*of_cases)).all():
        before, after = (json.dumps(_without_words(json.loads(one), marker), ensure_ascii=False) for one in sides)
        connection.execute(update(audit).where(audit.c.id == id_).values(before=before, after=after))


def _without_words(fields: Mapping[str, Any], marker: str) -> dict[str, Any]:
    return {name: marker if name in WORDS and value else value for name, value in fields.items()}


def _events(connection: Connection, case_ids: Sequence[str]) -> None:
    """Events keep what happened; who it was, and the words of an edit, go."""
    for row in connection.execute(select(events.c.id, events.c.kind, events.c.facts).where(events.c.case_id.in_(case_ids))).all():
        facts = json.loads(row.facts)
        said = row.kind == "assignee_changed" or facts.get("field") in WORDS
        kept = {name: value for name, value in facts.items() if name in KEPT_FACTS and not (said and name in ("from", "to"))}
        connection.execute(update(events).where(events.c.id == row.id).values(actor_name="", facts=json.dumps(kept)))


def _update(connection: Connection, table: Table, ids: Sequence[str], key: str = "id", **values: Any) -> int:
    return sum(connection.execute(update(table).where(table.c[key].in_(some)).values(values)).rowcount for some in chunks(ids))
