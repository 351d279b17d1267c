"""Cases with their participants, comments, files, events and notices.

In: `Change` values, each all that one operation writes. Out: `Case` values. What a change relied on must have been read under `lock`, in
the same transaction. The bytes of files are put into the blob store by the caller first.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, select, update

from mailgate.cases.ids import is_id
from mailgate.cases.model import Actor, Case, CaseEvent, Change, Comment, Participant, StoredFile
from mailgate.errors import Invalid, NotFound
from mailgate.store.columns import storable
from mailgate.store.failures import LostRace
from mailgate.store.repositories import id_beginnings
from mailgate.store.repositories.blobs import drop
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.case_index import having_words, index_changes
from mailgate.store.repositories.cases import by_mail, moving
from mailgate.store.repositories.cases.earlier import ids_before
from mailgate.store.repositories.cases.filters import NEVER, WaitingFilter, conditions
from mailgate.store.repositories.contacts import contact
from mailgate.store.repositories.counters import next_numbers
from mailgate.store.repositories.notices import notice_row
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import limited, literal, pieces, to_json
from mailgate.store.schema import cases, comment_files, comments, contacts, events, notices, participants
from mailgate.store.search_words import Term

_Name = TypeVar("_Name", int, str)


class CaseRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._locked: dict[str, Case] = {}

    def get(self, key_or_id: str) -> Case:
        """One case by its key (`SUP-123`, any case) or id. Raises NotFound."""
        by_key = "-" in key_or_id and len(key_or_id) != 36
        if not by_key and not is_id(key_or_id):
            raise NotFound("case", key_or_id)
        condition = cases.c.key == storable(key_or_id.upper()) if by_key else cases.c.id == key_or_id
        found = self.loaded(self._connection.execute(select(cases).where(condition)).all())
        if not found:
            raise NotFound("case", key_or_id)
        return found[0]

    def by_ids(self, ids: Collection[str]) -> dict[str, Case]:
        """Id -> case, for those that exist; for a duplicate, the case that it was merged into. Takes no lock."""
        found = self.loaded(_BY_ID.rows(self._connection, ids=ids)) if ids else ()
        return self._without_duplicates({case.id: case for case in found})

    def by_numbers(self, numbers: Collection[int]) -> dict[int, Case]:
        """Number -> case, for those that exist; for a duplicate, the case that it was merged into. Takes no lock."""
        found = self.loaded(_BY_NUMBER.rows(self._connection, numbers=numbers)) if numbers else ()
        return self._without_duplicates({case.number: case for case in found})

    def _without_duplicates(self, found: dict[_Name, Case]) -> dict[_Name, Case]:
        """Mail about a duplicate belongs to the case that it was merged into, which is never merged itself (`merged_into`)."""
        targets_of = {case.merged_into for case in found.values() if case.merged_into}
        if not targets_of:
            return found
        targets = {case.id: case for case in self.loaded(_BY_ID.rows(self._connection, ids=targets_of))}
        return {name: targets.get(case.merged_into or "", case) for name, case in found.items()}

    def of_participants(self, wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Case]:
        """(number, contact id) -> case, where this contact is an approved participant of the case with this number.

        For all others the same statement finds nothing, whether there is such a case or not: the answer does not reveal that it exists.
        """
        if not wanted:
            return {}
        numbers, contacts = {number for number, _ in wanted}, {contact_id for _, contact_id in wanted}
        rows = _OF_PARTICIPANTS.rows(self._connection, numbers=numbers, contacts=contacts)
        ids = {pair: row.id for row in rows if (pair := (row.number, row.contact_id)) in wanted}
        found = self.by_ids(set(ids.values()))
        return {pair: found[id_] for pair, id_ in ids.items() if id_ in found}

    def lock(self, ids: Collection[str]) -> dict[str, Case]:
        """The cases, locked until the transaction ends, in the order of their ids so that two workers cannot wait for each other."""
        found = {case.id: case for case in self.loaded(_LOCK.rows(self._connection, ids=ids))} if ids else {}
        self._locked |= found
        return found

    def next_number(self) -> int:
        """The number of a new case. See `counters`: never twice, and the counter stays locked until the transaction ends."""
        return self.next_numbers(1)[0]

    def next_numbers(self, count: int) -> range:
        """Numbers for that many new cases."""
        return next_numbers(self._connection, "case", count)

    def list(
        self,
        limit: int | None = 50,
        *,
        status: str | None = None,
        contact_id: str | None = None,
        customer_id: str | None = None,
        approved: bool = False,
        assignee: str | None = None,
        waiting: WaitingFilter = WaitingFilter(),
        before_id: str | None = None,
        number: int | None = None,
    ) -> Sequence[Case]:
        """Newest first, of one status, participant, customer, assignee ("" for nobody's) or number when given.

        `approved`: the participant must not wait for approval. `before_id`: only cases older than this one.
        """
        found = conditions(status, contact_id, customer_id, approved, assignee, waiting)
        if before_id is not None:
            found.append(cases.c.id < before_id)
        if number is not None:
            found.append(cases.c.number == number)
        return self.loaded(self._connection.execute(limited(select(cases).where(*found).order_by(cases.c.id.desc()), limit)).all())

    def search(
        self,
        terms: Sequence[Term],
        limit: int,
        *,
        internal: bool,
        status: str | None = None,
        contact_id: str | None = None,
        customer_id: str | None = None,
        approved: bool = False,
        assignee: str | None = None,
        waiting: WaitingFilter = WaitingFilter(),
        before_id: str | None = None,
    ) -> Sequence[Case]:
        """Cases that have all of these words, newest first. `internal`: notes are searched, too. The rest is as for `list`."""
        theirs = conditions(status, contact_id, customer_id, approved, assignee, waiting)
        before = None if before_id is None else select(cases.c.number).where(cases.c.id == before_id).scalar_subquery()
        statement = having_words(self._connection, terms, theirs, before=before, internal=internal)
        return self.loaded(self._connection.execute(statement.limit(limit)).all())

    def comments(self, case_id: str) -> Sequence[Comment]:
        """The comments and notes of the case in order, with their files."""
        return self._comments(_COMMENTS_OF_CASE.rows(self._connection, case_id=case_id))

    def comments_by_ids(self, ids: Collection[str]) -> dict[str, Comment]:
        """Id -> comment with its files, for those that exist."""
        wanted = sorted({id_ for id_ in ids if is_id(id_)})
        rows = [row for some in pieces(wanted) for row in _COMMENTS.rows(self._connection, ids=some)]
        return {one.id: one for one in self._comments(rows)}

    def find_comment(self, beginning: str) -> str:
        """The id of the comment whose id begins so. Raises NotFound, also for what begins no id, and Ambiguous."""
        try:
            return id_beginnings.find(self._connection, comments.c.id, beginning, "comment")
        except Invalid:
            raise NotFound("comment", beginning) from None

    def short_comment_ids(self, ids: Sequence[str]) -> dict[str, str]:
        """Id -> the beginning that a person may type in its place."""
        return id_beginnings.shortest(self._connection, comments.c.id, ids)

    def last_comment_ids_before(self, points: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """(case id, id of a comment or of what came with it) -> the last comment before it, where there is one. Notes do not count."""
        return ids_before(self._connection, points)

    def move_comment(self, comment_id: str, case_id: str) -> None:
        """Put a comment with its files on another case. Both cases must be locked."""
        moving.move_comment(self._connection, comment_id, case_id)

    def merge_into(self, double_id: str, target_id: str) -> None:
        """Move all comments of a duplicate to the remaining case; cases merged into the duplicate earlier point there, too."""
        moving.merge_into(self._connection, double_id, target_id)

    def remove_file(self, comment_id: str, sha256: str, filename: str) -> None:
        """Take files of this content and name off a comment, and delete their bytes when no other comment and no mail has them.

        Bytes that come in again meanwhile renew `kept_at`, and stay.
        """
        one = and_(comment_files.c.comment_id == comment_id, comment_files.c.sha256 == sha256, comment_files.c.filename == filename)
        self._connection.execute(delete(comment_files).where(one))
        drop(self._connection, [sha256])

    def comments_of_mails(self, journal_ids: Collection[str]) -> dict[str, str]:
        """Journal id -> id of the comment that this mail made, for those that made one."""
        found = select(comments.c.journal_id, comments.c.id).where(comments.c.journal_id.in_(journal_ids))
        return {row.journal_id: row.id for row in self._connection.execute(found)} if journal_ids else {}

    def changed_by_mail(self, ids: Collection[str], windows: Sequence[by_mail.Window]) -> dict[str, tuple[int, ...]]:
        """Case id -> how many comments and notes mail made on it in each window; see `by_mail`."""
        return by_mail.counts(self._connection, ids, windows)

    def events(self, case_id: str) -> Sequence[CaseEvent]:
        """What happened to the case, in order."""
        found = select(events).where(events.c.case_id == case_id).order_by(events.c.id)
        return [event_of(row) for row in self._connection.execute(found)]

    def statuses(self) -> Mapping[str, int]:
        """Status -> how many cases are in it."""
        found = select(cases.c.status, func.count().label("cases")).group_by(cases.c.status)
        return {row.status: row.cases for row in self._connection.execute(found)}

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
        index_changes(self._connection, changes)

    def _write_cases(self, changes: Sequence[Change]) -> None:
        latest = {change.case.id: change.case for change in changes}
        created = {change.case.id for change in changes if change.created}
        insert_all(self._connection, cases, [_case_row(latest[id_]) for id_ in sorted(created)])
        changed = [latest[id_] for id_ in sorted(latest.keys() - created)]
        alike: dict[tuple[Any, ...], list[str]] = {}  # replies of one batch move most cases alike: one statement for all of them
        for case in changed:
            if self._is_only_moved(case):
                alike.setdefault(tuple(_changed(case, _MOVING).items()), []).append(case.id)
        for values, ids in alike.items():
            _MOVE_CASES.run(self._connection, ids=ids, **dict(values))
        moved = {id_ for ids in alike.values() for id_ in ids}
        rest = [{"of_id": case.id, **_changed(case, _CHANGING)} for case in changed if case.id not in moved]
        _CHANGE_CASE.run_each(self._connection, rest)
        self._locked |= latest

    def _is_only_moved(self, case: Case) -> bool:
        """Whether only what replies change differs from the locked one: SQLite writes the index of every column that is set."""
        before = self._locked.get(case.id)
        return before is not None and all(getattr(case, name) == getattr(before, name) for name in _RARELY_CHANGING)

    def _write_participants(self, changes: Sequence[Change]) -> None:
        added = {(change.case.id, p.contact.id): p for change in changes for p in change.participants_added}
        keys = sorted(added)
        rows = [{"case_id": c, "contact_id": p, "role": added[c, p].role, "approved": added[c, p].approved} for c, p in keys]
        insert_all(self._connection, participants, rows, key=("case_id", "contact_id"), renew=("role", "approved"))
        if rows and _JOINED.rows(self._connection, ids=sorted({row["contact_id"] for row in rows})):
            raise LostRace("a contact was joined into another one")  # and would not see the case: what is theirs has moved already
        gone = [{"of_case": change.case.id, "of_contact": id_} for change in changes for id_ in change.participants_removed]
        if gone:
            which = and_(participants.c.case_id == bindparam("of_case"), participants.c.contact_id == bindparam("of_contact"))
            self._connection.execute(delete(participants).where(which), gone)

    def loaded(self, rows: Sequence[Any]) -> Sequence[Case]:
        """The cases of these rows of `cases`, with their participants."""
        taking_part = self._participants([row.id for row in rows])
        return [_case(row, taking_part.get(row.id, [])) for row in rows]

    def _participants(self, case_ids: Sequence[str]) -> Mapping[str, Sequence[Participant]]:
        taking_part: dict[str, Any] = {}
        for row in _TAKING_PART.rows(self._connection, case_ids=case_ids) if case_ids else ():
            taking_part.setdefault(row.case_id, []).append(Participant(contact(row), row.role, row.approved))
        return taking_part

    def _comments(self, rows: Sequence[Any]) -> Sequence[Comment]:
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
                signature=row.signature,
                quoted=row.quoted,
                forwarded=row.forwarded,
            )
            for row in rows
        ]

    def _files(self, comment_ids: Sequence[str]) -> Mapping[str, Sequence[StoredFile]]:
        found = (row for some in pieces(comment_ids) for row in _FILES.rows(self._connection, ids=some))
        files: dict[str, Any] = {}
        for r in found:
            file = StoredFile(r.sha256, r.filename, r.content_type, r.size_bytes, r.disposition, r.content_id)
            files.setdefault(r.comment_id, []).append(file)
        return files


_CASE_FIELDS = (
    "number", "key", "summary", "status", "case_type", "priority", "created_at", "updated_at", "reporter_id", "customer_id", "component",
    "assignee", "description", "resolved_at", "environment", "merged_into", "due_at",
)  # fmt: skip
# What never changes is not written again: an unchanged unique key spares PostgreSQL the check of what refers to it.
_CHANGING = tuple(name for name in _CASE_FIELDS if name not in ("number", "key", "created_at"))
_MOVING = ("status", "updated_at", "resolved_at", "due_at")
_RARELY_CHANGING = tuple(name for name in _CHANGING if name not in _MOVING)
_BY_ID = Prepared(select(cases).where(cases.c.id.in_(listed("ids"))))
_BY_NUMBER = Prepared(select(cases).where(cases.c.number.in_(listed("numbers"))))
_OF_PARTICIPANTS = Prepared(
    select(cases.c.number, participants.c.contact_id, cases.c.id)
    .join(participants, participants.c.case_id == cases.c.id)
    .where(participants.c.approved, participants.c.contact_id.in_(listed("contacts")), cases.c.number.in_(listed("numbers")))
)
_COMMENTS = Prepared(select(comments).where(comments.c.id.in_(listed("ids"))))
_COMMENTS_OF_CASE = Prepared(select(comments).where(comments.c.case_id == bindparam("case_id")).order_by(comments.c.id))
_FILES = Prepared(
    select(comment_files)
    .where(comment_files.c.comment_id.in_(listed("ids")))
    .order_by(comment_files.c.comment_id, comment_files.c.position)
)
_LOCK = Prepared(select(cases).where(cases.c.id.in_(listed("ids"))).order_by(cases.c.id).with_for_update())
_TAKING_PART = Prepared(
    select(participants.c.case_id, participants.c.role, participants.c.approved, contacts)
    .join(contacts, contacts.c.id == participants.c.contact_id)
    .where(participants.c.case_id.in_(listed("case_ids")))
    .order_by(participants.c.role.desc(), contacts.c.number)
)


_JOINED = Prepared(select(contacts.c.id).where(contacts.c.id.in_(listed("ids")), contacts.c.joined_into.is_not(None)))


def _changing(which: ColumnElement[bool], names: Collection[str]) -> Prepared:
    values: dict[str, Any] = {name: bindparam(f"to_{name}") for name in names} | {"version": cases.c.version + literal(1)}
    return Prepared(update(cases).where(which).values(values))


_MOVE_CASES = _changing(cases.c.id.in_(listed("ids")), _MOVING)
_CHANGE_CASE = _changing(cases.c.id == bindparam("of_id"), _CHANGING)


def _case_row(case: Case) -> dict[str, Any]:
    return {"id": case.id, **{name: getattr(case, name) for name in _CASE_FIELDS}, "due_at": case.due_at or NEVER}


def _changed(case: Case, names: Collection[str]) -> dict[str, Any]:
    return {**{f"to_{name}": getattr(case, name) for name in names}, "to_due_at": case.due_at or NEVER}


def _case(row: Any, taking_part: Iterable[Participant]) -> Case:
    return Case(
        row.id, row.number, row.key, row.summary, row.status, row.case_type, row.priority, row.created_at, row.updated_at, row.reporter_id,
        row.customer_id, row.component, row.assignee, row.description, row.resolved_at, tuple(taking_part), row.environment, row.version,
        row.merged_into, row.due_at if row.due_at < NEVER else None,
    )  # fmt: skip


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
        "signature": comment.signature,
        "quoted": comment.quoted,
        "forwarded": comment.forwarded,
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


def event_of(row: Any) -> CaseEvent:
    """The event of a row of `events`."""
    actor = Actor(row.actor_kind, row.actor_name, row.actor_contact_id)
    return CaseEvent(row.id, row.case_id, row.kind, actor, row.at, json.loads(row.facts))


def _event_row(event: CaseEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "case_id": event.case_id,
        "kind": event.kind,
        "actor_kind": event.actor.kind,
        "actor_name": event.actor.name,
        "actor_contact_id": event.actor.contact_id,
        "at": event.at,
        "facts": to_json(dict(event.facts)),
    }
