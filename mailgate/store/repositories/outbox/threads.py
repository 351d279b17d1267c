"""What ties the mails of a case to one thread, for each person: their own mails on it, and the subject that they know it by. Only reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, func, select

from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import literal
from mailgate.store.schema import cases, comments, decisions, notices, outbox

Key = tuple[str, str]
"""Case id and contact id."""


@dataclass(frozen=True, slots=True)
class Thread:
    """The ids are without angle brackets, and what a stranger wrote: check them before use. "" for none.

    `opening`: the Message-ID of the person's mail that made the case. `latest`: of their newest comment by mail. `subject`: of the first
    notice that they got.
    """

    opening: str = ""
    latest: str = ""
    subject: str = ""


def _place(first: Any, of: Any, contact: Any) -> Any:
    """The place of a row among those of its case and contact, from 1. PostgreSQL has no min and max of ids."""
    return func.row_number().over(partition_by=(of.c.case_id, contact), order_by=first).label("place")


_COMMENTED = (
    select(comments.c.id, _place(comments.c.id.desc(), comments, comments.c.author_contact_id))
    .where(
        comments.c.case_id.in_(listed("cases")), comments.c.author_contact_id.in_(listed("contacts")), comments.c.journal_id.is_not(None),
    )
    .subquery()
)  # fmt: skip
_LATEST = Prepared(
    select(comments.c.case_id, comments.c.author_contact_id, decisions.c.message_id)
    .join(decisions, decisions.c.journal_id == comments.c.journal_id)
    .where(comments.c.id.in_(select(_COMMENTED.c.id).where(_COMMENTED.c.place == literal(1))), decisions.c.message_id.is_not(None))
)
_OPENING = Prepared(
    select(cases.c.id, cases.c.reporter_id, decisions.c.message_id)
    .join(notices, notices.c.case_id == cases.c.id)
    .join(decisions, decisions.c.journal_id == notices.c.journal_id)
    .where(cases.c.id.in_(listed("cases")), notices.c.kind == "case_created", decisions.c.message_id.is_not(None))
)
_MAILED = (
    select(outbox.c.case_id, outbox.c.contact_id, outbox.c.subject, _place(outbox.c.id, outbox, outbox.c.contact_id))
    .where(outbox.c.case_id.in_(listed("cases")), outbox.c.contact_id.in_(listed("contacts")), outbox.c.at_most_once.is_(False))
    .subquery()
)
_SUBJECTS = Prepared(select(_MAILED.c.case_id, _MAILED.c.contact_id, _MAILED.c.subject).where(_MAILED.c.place == literal(1)))


class ThreadRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, people: Collection[Key]) -> dict[Key, Thread]:
        """The threads of these people, for those that have begun. Three statements, whatever the number."""
        if not people:
            return {}
        case_ids, contact_ids = sorted({case for case, _ in people}), sorted({contact for _, contact in people})
        found: dict[Key, Thread] = {}
        for field, rows in (
            ("opening", _OPENING.rows(self._connection, cases=case_ids)),
            ("latest", _LATEST.rows(self._connection, cases=case_ids, contacts=contact_ids)),
            ("subject", _SUBJECTS.rows(self._connection, cases=case_ids, contacts=contact_ids)),
        ):
            for case_id, contact_id, value in rows:
                if (key := (case_id, contact_id)) in people:
                    found[key] = replace(found.get(key, Thread()), **{field: value})
        return found
