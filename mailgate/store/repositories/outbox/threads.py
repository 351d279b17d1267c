"""What ties the mails of a case to one thread, for each person: their own mails on it, and the subject that they know it by. Only reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import literal
from mailgate.store.schema import cases, comments, decisions, notices, outbox


@dataclass(frozen=True, slots=True)
class Thread:
    """The ids are without angle brackets, and what a stranger wrote: check them before use. "" for none.

    `opening`: the Message-ID of the person's mail that made the case. `latest`: of their newest comment by mail. `subject`: of the first
    notice that they got.
    """

    opening: str = ""
    latest: str = ""
    subject: str = ""


_TOLD, _MADE = notices.alias("told"), notices.alias("made")
_IS_MAIL = decisions.c.message_id.is_not(None)


def _one(found: Any, order: Any) -> Any:
    """The first row alone, by the index of the case: what else has been said on it is not read."""
    return found.order_by(order).limit(literal(1)).scalar_subquery()


_OPENING = _one(
    select(decisions.c.message_id)
    .join(_MADE, _MADE.c.journal_id == decisions.c.journal_id)
    .where(_MADE.c.case_id == _TOLD.c.case_id, _MADE.c.kind == literal("case_created"), cases.c.reporter_id == _TOLD.c.contact_id, _IS_MAIL)
    .correlate(_TOLD, cases),
    _MADE.c.id,
)
_LATEST = _one(
    select(decisions.c.message_id)
    .join(comments, comments.c.journal_id == decisions.c.journal_id)
    .where(comments.c.case_id == _TOLD.c.case_id, comments.c.author_contact_id == _TOLD.c.contact_id, _IS_MAIL)
    .correlate(_TOLD),
    comments.c.id.desc(),
)
_SUBJECT = _one(
    select(outbox.c.subject)
    .where(outbox.c.case_id == _TOLD.c.case_id, outbox.c.contact_id == _TOLD.c.contact_id, outbox.c.at_most_once.is_(False))
    .correlate(_TOLD),
    outbox.c.id,
)
_THREADS = Prepared(
    select(_TOLD.c.id, _OPENING.label("opening"), _LATEST.label("latest"), _SUBJECT.label("subject"))
    .join(cases, cases.c.id == _TOLD.c.case_id)
    .where(_TOLD.c.id.in_(listed("notices")))
)


class ThreadRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, notice_ids: Collection[str]) -> dict[str, Thread]:
        """Notice id -> the thread that the recipient's mails of its case have been so far. One statement, whatever the number."""
        rows = _THREADS.rows(self._connection, notices=notice_ids) if notice_ids else ()
        return {row.id: Thread(row.opening or "", row.latest or "", row.subject or "") for row in rows}
