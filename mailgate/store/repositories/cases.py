"""Cases with their participants, comments, files, events and notices.

In: `Change` values, each all that one operation writes. Out: `Case` values. What a change relied on must have been read under `lock`, in
the same transaction. The bytes of files are put into the blob store by the caller first.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Select, and_, bindparam, delete, func, select, tuple_, update

from mailgate.cases.model import Actor, Case, Change, Comment, Event, Participant, StoredFile
from mailgate.errors import UsageError
from mailgate.store.repositories.bulk import UpdateAll, insert_all
from mailgate.store.repositories.contacts import contact
from mailgate.store.repositories.counters import next_numbers
from mailgate.store.repositories.notices import notice_row
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import id_floor, limited, literal
from mailgate.store.schema import cases, comment_files, comments, contacts, events, notices, participants


class CaseRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key_or_id: str) -> Case:
        """One case by its key (`SUP-123`, any case) or id. Raises UsageError when there is none."""
        by_key = "-" in key_or_id and len(key_or_id) != 36
        condition = cases.c.key == key_or_id.upper() if by_key else cases.c.id == key_or_id
        found = self._loaded(self._connection.execute(select(cases).where(condition)).all())
        if not found:
            raise UsageError(f"there is no case {key_or_id}")
        return found[0]

    def by_ids(self, ids: Collection[str]) -> dict[str, Case]:
        """Id -> case, for those that exist. Takes no lock."""
        return {case.id: case for case in self._loaded(_BY_ID.rows(self._connection, ids=ids))} if ids else {}

    def by_numbers(self, numbers: Collection[int]) -> dict[int, Case]:
        """Number -> case, for those that exist. Takes no lock."""
        return {case.number: case for case in self._loaded(_BY_NUMBER.rows(self._connection, numbers=numbers))} if numbers else {}

    def of_participants(self, wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Case]:
        """(number, contact id) -> case, where this contact is an approved participant of the case with this number.

        For all others the same statement finds nothing, whether there is such a case or not: what is asked does not tell.
        """
        if not wanted:
            return {}
        pairs = select(cases.c.number, participants.c.contact_id, cases.c.id).join(participants, participants.c.case_id == cases.c.id)
        theirs = pairs.where(participants.c.approved, tuple_(participants.c.contact_id, cases.c.number).in_([(c, n) for n, c in wanted]))
        ids = {(row.number, row.contact_id): row.id for row in self._connection.execute(theirs)}
        found = self.by_ids(set(ids.values()))
        return {pair: found[id_] for pair, id_ in ids.items() if id_ in found}

    def lock(self, ids: Collection[str]) -> dict[str, Case]:
        """The cases, locked until the transaction ends, in the order of their ids so that two workers cannot wait for each other."""
        return {case.id: case for case in self._loaded(_LOCK.rows(self._connection, ids=ids))} if ids else {}

    def next_number(self) -> int:
        """The number of a new case. See `counters`: never twice, and the counter stays locked until the transaction ends."""
        return self.next_numbers(1)[0]

    def next_numbers(self, count: int) -> range:
        """Numbers for that many new cases."""
        return next_numbers(self._connection, "case", count)

    def list(
        self, limit: int | None = 50, *, status: str | None = None, contact_id: str | None = None, customer_id: str | None = None
    ) -> Sequence[Case]:
        """Newest first, of one status, participant or customer when given."""
        statement = select(cases).order_by(cases.c.id.desc())
        if status is not None:
            statement = statement.where(cases.c.status == status)
        if customer_id is not None:
            statement = statement.where(cases.c.customer_id == customer_id)
        if contact_id is not None:
            statement = statement.where(cases.c.id.in_(select(participants.c.case_id).where(participants.c.contact_id == contact_id)))
        return self._loaded(self._connection.execute(limited(statement, limit)).all())

    def comments(self, case_id: str) -> Sequence[Comment]:
        """The case's conversation in order, with its files."""
        return self._comments(select(comments).where(comments.c.case_id == case_id).order_by(comments.c.id))

    def comments_by_ids(self, ids: Collection[str]) -> dict[str, Comment]:
        """Id -> comment with its files, for those that exist."""
        return {one.id: one for one in self._comments(select(comments).where(comments.c.id.in_(ids)))} if ids else {}

    def comments_of_mails(self, journal_ids: Collection[str]) -> dict[str, str]:
        """Journal id -> id of the comment that this mail made, for those that made one."""
        found = select(comments.c.journal_id, comments.c.id).where(comments.c.journal_id.in_(journal_ids))
        return {row.journal_id: row.id for row in self._connection.execute(found)} if journal_ids else {}

    def changed_by_mail(self, ids: Collection[str], windows: Sequence[tuple[datetime, datetime, int]]) -> dict[str, tuple[int, ...]]:
        """Case id -> how many comments mail has made on it in each window (since, until, enough); counted no further than `enough`.

        One statement, which reads at most that many rows of each case and window, however long its conversation is.
        """
        if not ids:
            return {}
        counted = [_comments_by_mail(*window).label(f"changes_{number}") for number, window in enumerate(windows)]
        rows = self._connection.execute(select(cases.c.id, *counted).where(cases.c.id.in_(ids)))
        return {id_: tuple(changes) for id_, *changes in rows}

    def events(self, case_id: str) -> Sequence[Event]:
        """What happened to the case, in order."""
        found = select(events).where(events.c.case_id == case_id).order_by(events.c.id)
        return [event_of(row) for row in self._connection.execute(found)]

    def write(self, changes: Sequence[Change]) -> None:
        """Write everything that the changes hold, in a fixed number of statements. Of several changes to one case the last one's `case`
        stands.

        Raises StoreConflict for a second comment of one journal entry.
        """
        self._write_cases(changes)
        self._write_participants(changes)
        new_comments = [comment for change in changes for comment in change.comments]
        insert_all(self._connection, comments, [_comment_row(comment) for comment in new_comments])
        insert_all(self._connection, comment_files, [row for comment in new_comments for row in _file_rows(comment)])
        insert_all(self._connection, events, [_event_row(event) for change in changes for event in change.events])
        insert_all(self._connection, notices, [notice_row(notice) for change in changes for notice in change.notices])

    def _write_cases(self, changes: Sequence[Change]) -> None:
        latest = {change.case.id: change.case for change in changes}
        created = {change.case.id for change in changes if change.created}
        insert_all(self._connection, cases, [_case_row(latest[id_]) for id_ in sorted(created)])
        _CHANGE_CASE.run(self._connection, [_case_row(latest[id_], key="of_id") for id_ in sorted(latest.keys() - created)])

    def _write_participants(self, changes: Sequence[Change]) -> None:
        added = {(change.case.id, p.contact.id): p for change in changes for p in change.participants_added}
        keys = sorted(added)
        rows = [{"case_id": c, "contact_id": p, "role": added[c, p].role, "approved": added[c, p].approved} for c, p in keys]
        insert_all(self._connection, participants, rows, key=("case_id", "contact_id"), renew=("role", "approved"))
        gone = [{"of_case": change.case.id, "of_contact": id_} for change in changes for id_ in change.participants_removed]
        if gone:
            which = and_(participants.c.case_id == bindparam("of_case"), participants.c.contact_id == bindparam("of_contact"))
            self._connection.execute(delete(participants).where(which), gone)

    def _loaded(self, rows: Sequence[Any]) -> Sequence[Case]:
        taking_part = self._participants([row.id for row in rows])
        return [_case(row, taking_part.get(row.id, [])) for row in rows]

    def _participants(self, case_ids: Sequence[str]) -> Mapping[str, Sequence[Participant]]:
        taking_part: dict[str, Any] = {}
        for row in _TAKING_PART.rows(self._connection, case_ids=case_ids) if case_ids else ():
            taking_part.setdefault(row.case_id, []).append(Participant(contact(row), row.role, row.approved))
        return taking_part

    def _comments(self, statement: Select[Any]) -> Sequence[Comment]:
        rows = self._connection.execute(statement).all()
        files = self._files([row.id for row in rows])
        return [
            Comment(
                id=row.id,
                case_id=row.case_id,
                kind=row.kind,
                text=row.text,
                author=Actor(row.author_kind, row.author_name, row.author_contact_id),
                created_at=row.created_at,
                journal_id=row.journal_id,
                files=tuple(files.get(row.id, ())),
            )
            for row in rows
        ]

    def _files(self, comment_ids: Sequence[str]) -> Mapping[str, Sequence[StoredFile]]:
        if not comment_ids:
            return {}
        found = (
            select(comment_files)
            .where(comment_files.c.comment_id.in_(comment_ids))
            .order_by(comment_files.c.comment_id, comment_files.c.position)
        )
        files: dict[str, Any] = {}
        for r in self._connection.execute(found):
            file = StoredFile(r.sha256, r.filename, r.content_type, r.size_bytes, r.disposition, r.content_id)
            files.setdefault(r.comment_id, []).append(file)
        return files


_CASE_FIELDS = (
    "number", "key", "summary", "status", "case_type", "priority", "created_at", "updated_at", "reporter_id", "customer_id", "component",
    "assignee", "description", "resolved_at",
)  # fmt: skip
# What never changes is not written again: an unchanged unique key spares PostgreSQL the check of what refers to it.
_CHANGING = tuple(name for name in _CASE_FIELDS if name not in ("number", "key", "created_at"))
_BY_ID = Prepared(select(cases).where(cases.c.id.in_(listed("ids"))))
_BY_NUMBER = Prepared(select(cases).where(cases.c.number.in_(listed("numbers"))))
_LOCK = Prepared(select(cases).where(cases.c.id.in_(listed("ids"))).order_by(cases.c.id).with_for_update())
_TAKING_PART = Prepared(
    select(participants.c.case_id, participants.c.role, participants.c.approved, contacts)
    .join(contacts, contacts.c.id == participants.c.contact_id)
    .where(participants.c.case_id.in_(listed("case_ids")))
    .order_by(participants.c.role.desc(), contacts.c.number)
)
_CHANGE_CASE = UpdateAll(
    update(cases).where(cases.c.id == bindparam("of_id")).values({name: bindparam(f"to_{name}") for name in _CHANGING})
)


def _case_row(case: Case, key: str = "id") -> dict[str, Any]:
    if key == "id":
        return {"id": case.id, **{name: getattr(case, name) for name in _CASE_FIELDS}}
    return {key: case.id, **{f"to_{name}": getattr(case, name) for name in _CHANGING}}


def _case(row: Any, taking_part: Iterable[Participant]) -> Case:
    return Case(id=row.id, **{name: getattr(row, name) for name in _CASE_FIELDS}, participants=tuple(taking_part))


def _comment_row(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "case_id": comment.case_id,
        "kind": comment.kind,
        "text": comment.text,
        "author_kind": comment.author.kind,
        "author_name": comment.author.name,
        "author_contact_id": comment.author.contact_id,
        "created_at": comment.created_at,
        "journal_id": comment.journal_id,
    }


def _file_rows(comment: Comment) -> Iterable[dict[str, Any]]:
    for position, file in enumerate(comment.files):
        yield {
            "comment_id": comment.id,
            "position": position,
            "sha256": file.sha256,
            "filename": file.filename,
            "content_type": file.content_type,
            "size_bytes": file.size_bytes,
            "disposition": file.disposition,
            "content_id": file.content_id,
        }


def event_of(row: Any) -> Event:
    """The event of a row of `events`."""
    actor = Actor(row.actor_kind, row.actor_name, row.actor_contact_id)
    return Event(row.id, row.case_id, row.kind, actor, row.at, json.loads(row.facts))


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "case_id": event.case_id,
        "kind": event.kind,
        "actor_kind": event.actor.kind,
        "actor_name": event.actor.name,
        "actor_contact_id": event.actor.contact_id,
        "at": event.at,
        "facts": json.dumps(dict(event.facts), ensure_ascii=False),
    }


def _comments_by_mail(since: datetime, until: datetime, enough: int) -> ScalarSelect[int]:
    """How many comments mail has made on the case of the row, up to `enough`."""
    by_mail = (
        select(literal(1).label("one"))
        .where(comments.c.case_id == cases.c.id, comments.c.id >= id_floor(since), comments.c.created_at.between(since, until))
        .where(comments.c.journal_id.is_not(None), comments.c.kind == literal("comment"))
        .limit(enough)
        .correlate(cases)
        .subquery()
    )
    return select(func.count()).select_from(by_mail).scalar_subquery()
