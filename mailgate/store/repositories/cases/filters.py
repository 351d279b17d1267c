"""Which cases a list means. In: what is asked for. Out: conditions on the table cases."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, select

from mailgate.store.schema import cases, participants

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""`due_at` of a case that waits for no answer: one order for all, and an index that has no gaps."""


@dataclass(frozen=True, slots=True)
class WaitingFilter:
    """What a case waits for: it is in one of `statuses`; `unanswered`: an answer is due; `due_before`: it is due before then.

    `priority`, `case_type`: only cases of these.
    """

    statuses: Collection[str] | None = None
    unanswered: bool = False
    due_before: datetime | None = None
    priority: str | None = None
    case_type: str | None = None


def conditions(
    status: str | None, contact_id: str | None, customer_id: str | None, approved: bool, assignee: str | None, waiting: WaitingFilter
) -> list[ColumnElement[bool]]:
    """All of them hold; for what they say see `CaseRepository.list`."""
    found: list[ColumnElement[bool]] = []
    if status is not None:
        found.append(cases.c.status == status)
    if customer_id is not None:
        found.append(cases.c.customer_id == customer_id)
    if assignee is not None:
        found.append(cases.c.assignee == assignee)
    if contact_id is not None:
        theirs = select(participants.c.case_id).where(participants.c.contact_id == contact_id)
        found.append(cases.c.id.in_(theirs.where(participants.c.approved) if approved else theirs))
    return found + waits(waiting)


def waits(waiting: WaitingFilter) -> list[ColumnElement[bool]]:
    """What it means that a case waits: the same for lists, counts and the desk."""
    found: list[ColumnElement[bool]] = []
    if waiting.statuses is not None:
        found.append(cases.c.status.in_(waiting.statuses))
    if waiting.unanswered or waiting.due_before is not None:
        found.append(cases.c.due_at < (waiting.due_before or NEVER))
    if waiting.priority is not None:
        found.append(cases.c.priority == waiting.priority)
    if waiting.case_type is not None:
        found.append(cases.c.case_type == waiting.case_type)
    return found
