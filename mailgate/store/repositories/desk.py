"""What the desk asks of the database: queues in the order in which answers are due, who has a case open, texts for answers.

A queue is a few statuses. Each is read in its own order from an index and no further than needed, then merged: the cost is that of the rows
that are shown, whatever else there is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, delete, func, select, tuple_, union_all, update

from mailgate.cases.model import Case
from mailgate.store.repositories.cases import CaseRepository
from mailgate.store.repositories.statements import limited, literal, upsert
from mailgate.store.schema import cases, events, presences, reply_texts


@dataclass(frozen=True, slots=True)
class CaseQueue:
    """Cases in one of these statuses, of this assignee ("" for nobody's), priority and type, due before this time; None for any."""

    statuses: Collection[str]
    assignee: str | None = None
    due_before: datetime | None = None
    priority: str | None = None
    case_type: str | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody of the staff who has a case open."""

    account_id: str
    name: str
    writing: bool
    seen_at: datetime


class DeskRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def queue(self, wanted: CaseQueue, limit: int, after: tuple[datetime, str] | None = None) -> Sequence[Case]:
        """The cases of a queue, those first whose answer is due first, then the oldest. `after`: (due, id) of the last one seen."""
        found = [_of_status(wanted, status, after).limit(limit).subquery() for status in sorted(wanted.statuses)]
        if not found:
            return []
        merged = union_all(*(select(one.c.id, one.c.due_at) for one in found)).subquery()
        first = select(merged.c.id).order_by(merged.c.due_at, merged.c.id).limit(limit).subquery()
        rows = self._connection.execute(select(cases).where(cases.c.id.in_(select(first.c.id))).order_by(cases.c.due_at, cases.c.id)).all()
        return CaseRepository(self._connection).loaded(rows)

    def counts(self, queues: Mapping[str, CaseQueue], most: int) -> dict[str, int]:
        """How many cases each queue has, counted no further than `most`. One statement."""
        if not queues:
            return {}
        columns = [_counted(queue, most).label(f"q{number}") for number, queue in enumerate(queues.values())]
        row = self._connection.execute(select(*columns)).one()
        return {name: min(int(count or 0), most) for name, count in zip(queues, row, strict=True)}

    def latest_event(self) -> str:
        """The id of the newest event of all cases, "" for none."""
        return self._connection.execute(select(events.c.id).order_by(events.c.id.desc()).limit(1)).scalar_one_or_none() or ""

    def present(self, case_id: str, since: datetime) -> Sequence[Presence]:
        """Who has had the case open since then, by name."""
        found = select(presences).where(presences.c.case_id == case_id, presences.c.seen_at >= since).order_by(presences.c.name)
        return [Presence(row.account_id, row.name, row.writing, row.seen_at) for row in self._connection.execute(found)]

    def be_present(self, case_id: str, mine: Presence, forget: timedelta) -> None:
        """Say that somebody has the case open; who was not heard of for `forget` is forgotten."""
        self._connection.execute(delete(presences).where(presences.c.seen_at < mine.seen_at - forget))
        values = {"name": mine.name, "writing": mine.writing, "seen_at": mine.seen_at}
        added = upsert(self._connection, presences).values(case_id=case_id, account_id=mine.account_id, **values)
        self._connection.execute(added.on_conflict_do_update(index_elements=["case_id", "account_id"], set_=values))

    def reply_texts(self, *, limit: int | None = None, after: Sequence[str] | None = None) -> Sequence[tuple[str, str, str]]:
        """(name, language, text) of the texts for answers, by name. `after`: only those that follow this name and language."""
        key = (reply_texts.c.name, reply_texts.c.language)
        found = select(reply_texts).order_by(*key)
        if after is not None:
            found = found.where(tuple_(*key) > tuple_(*(bindparam(None, value, one.type) for value, one in zip(after, key, strict=True))))
        return [(row.name, row.language, row.text) for row in self._connection.execute(limited(found, limit))]

    def reply_text_names(self, limit: int) -> Sequence[tuple[str, str]]:
        """(name, language) of the first texts for answers, by name."""
        found = select(reply_texts.c.name, reply_texts.c.language).order_by(reply_texts.c.name, reply_texts.c.language)
        return [(row.name, row.language) for row in self._connection.execute(found.limit(limit))]

    def reply_text(self, name: str, language: str) -> str | None:
        """One text for answers."""
        return self._connection.execute(select(reply_texts.c.text).where(_named(name, language))).scalar_one_or_none()

    def add_reply_text(self, name: str, language: str, text: str) -> bool:
        """Keep a new text for answers; False when there is one of this name and language, which stays."""
        added = upsert(self._connection, reply_texts).values(name=name, language=language, text=text)
        added = added.on_conflict_do_nothing(index_elements=["name", "language"]).returning(reply_texts.c.name)
        return self._connection.execute(added).first() is not None

    def set_reply_text(self, name: str, language: str, text: str) -> None:
        """Keep a text for answers, in place of what it was."""
        added = upsert(self._connection, reply_texts).values(name=name, language=language, text=text)
        self._connection.execute(added.on_conflict_do_update(index_elements=["name", "language"], set_={"text": text}))

    def replace_reply_text(self, name: str, language: str, old: str, new: str) -> bool:
        """Change the words of a text; False when they are not these old ones any more."""
        which = _named(name, language) & (reply_texts.c.text == old)
        return bool(self._connection.execute(update(reply_texts).where(which).values(text=new)).rowcount)

    def remove_reply_text(self, name: str, language: str | None, old: str | None = None) -> int:
        """Take a text away, in one language or in all (None), with `old` only while it has these words; how many there were."""
        which = _named(name, language) if language is not None else reply_texts.c.name == name
        which = which if old is None else which & (reply_texts.c.text == old)
        return self._connection.execute(delete(reply_texts).where(which)).rowcount


def _named(name: str, language: str) -> ColumnElement[bool]:
    return and_(reply_texts.c.name == name, reply_texts.c.language == language)


def _of_status(wanted: CaseQueue, status: str, after: tuple[datetime, str] | None = None) -> Select[tuple[str, datetime]]:
    found = select(cases.c.id, cases.c.due_at).where(*_conditions(wanted, status))
    if after is not None:
        due_at, id_ = after
        last = tuple_(bindparam(None, due_at, cases.c.due_at.type), bindparam(None, id_, cases.c.id.type))
        found = found.where(tuple_(cases.c.due_at, cases.c.id) > last)
    return found.order_by(cases.c.due_at, cases.c.id)


def _conditions(wanted: CaseQueue, status: str) -> list[ColumnElement[bool]]:
    given = {"status": status, "assignee": wanted.assignee, "priority": wanted.priority, "case_type": wanted.case_type}
    found = [cases.c[name] == value for name, value in given.items() if value is not None]
    return found if wanted.due_before is None else [*found, cases.c.due_at < wanted.due_before]


def _counted(wanted: CaseQueue, most: int) -> ColumnElement[int]:
    parts = [
        select(func.count()).select_from(select(literal(1)).where(*_conditions(wanted, status)).limit(most).subquery()).scalar_subquery()
        for status in sorted(wanted.statuses)
    ]
    total: ColumnElement[int] = parts[0]
    for part in parts[1:]:
        total = total + part
    return total
