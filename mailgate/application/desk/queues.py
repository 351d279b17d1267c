"""Queues: which cases wait for whom, ordered by when their answer is due. In: a queue's name and filters. Out: rows, counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from mailgate.application.access import Action
from mailgate.application.cases import showing
from mailgate.application.cases.views import CaseRow
from mailgate.application.paging import Page, cursor_of, page_of, sort_key_of
from mailgate.application.use_case import Act, query
from mailgate.cases.ids import is_id
from mailgate.cases.workflow import Turn, Workflow
from mailgate.errors import Invalid
from mailgate.store.repositories.cases.filters import NEVER
from mailgate.store.repositories.desk import CaseQueue

QueueName = Literal["mine", "unassigned", "ours", "customer", "due", "all"]
QUEUES: tuple[QueueName, ...] = get_args(QueueName)
COUNTED_MOST = 100
_TURNS: Mapping[QueueName, frozenset[Turn]] = {
    "mine": frozenset({"ours", "yours", "paused"}), "unassigned": frozenset({"ours"}), "ours": frozenset({"ours"}),
    "customer": frozenset({"yours"}), "due": frozenset({"ours", "yours", "paused"}),
    "all": frozenset({"ours", "yours", "paused", "done"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShowQueue:
    """`queue`: one of `QUEUES`. Filters by key, None for any. `cursor`: of the page before."""

    queue: str
    status: str | None = None
    priority: str | None = None
    case_type: str | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class QueueView:
    """A page of a queue, and how many cases each queue has, counted no further than `COUNTED_MOST`. `turns`: status -> whose turn it is.

    `customers`: key of a case -> its customer's name.
    """

    page: Page[CaseRow]
    customers: Mapping[str, str]
    counts: Mapping[str, int]
    turns: Mapping[str, Turn]


@query(Action.CASE_QUEUE, policy=True)
def show_queue(act: Act, command: ShowQueue) -> QueueView:
    """Show a queue of the desk, with the counts of all."""
    queues = {name: _queue(act, name) for name in QUEUES}
    if command.queue not in queues:
        raise Invalid("queue", "unknown", f"there is no queue {command.queue!r}; there are {', '.join(QUEUES)}")
    wanted = queues[_name(command.queue)]
    statuses = wanted.statuses if command.status is None else [one for one in wanted.statuses if one == command.status]
    chosen = CaseQueue(statuses, wanted.assignee, wanted.due_before, command.priority, command.case_type)
    found = act.uow.desk.queue(chosen, command.limit + 1, _after(command.cursor))
    cursors = [cursor_of((case.due_at or NEVER).isoformat(), case.id) for case in found]
    counted: dict[str, CaseQueue] = {name: queue for name, queue in queues.items() if name != "all"}
    return QueueView(
        page_of(showing.case_rows(act, found), command.limit, cursors),
        showing.customers_of(act, found),
        act.uow.desk.counts(counted, COUNTED_MOST),
        {one.key: act.policy.workflow.turn(one.key) for one in act.policy.workflow.statuses},
    )


@query(Action.CASE_QUEUE)
def customer_names(act: Act, ids: Sequence[str]) -> Mapping[str, str]:
    """Key of a case -> the name of its customer, for those of these cases (ids) that have one."""
    return showing.customers_of(act, list(act.uow.cases.by_ids(ids).values()))


@query(Action.CASE_QUEUE)
def staff_names(act: Act, _: None = None) -> Sequence[str]:
    """The names of those to whom a case can be given."""
    return act.uow.staff.names()


def _queue(act: Act, name: QueueName) -> CaseQueue:
    statuses = statuses_of(act.policy.workflow, _TURNS[name])
    assignee = {"mine": act.principal.name, "unassigned": ""}.get(name)
    return CaseQueue(statuses, assignee, _end_of_today(act.now, ZoneInfo(act.policy.zone)) if name == "due" else None)


def statuses_of(workflow: Workflow, turns: frozenset[Turn]) -> list[str]:
    """The statuses in which it is the turn of one of these."""
    return [one.key for one in workflow.statuses if workflow.turn(one.key) in turns]


def _end_of_today(now: datetime, zone: ZoneInfo) -> datetime:
    """The midnight that comes, where support is."""
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone).astimezone(UTC)


def _after(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    due_at, id_ = sort_key_of(cursor, 2)
    try:
        if not is_id(id_):
            raise ValueError("this is no id")
        return datetime.fromisoformat(due_at).astimezone(UTC), id_
    except (ValueError, OverflowError) as error:
        raise Invalid("cursor", "unreadable", "the cursor cannot be read; begin without one") from error


def _name(text: str) -> QueueName:
    return next(name for name in QUEUES if name == text)


@dataclass(frozen=True, slots=True)
class NextCase:
    """The case behind `key` in this queue."""

    queue: str
    key: str = ""


@query(Action.CASE_QUEUE, policy=True)
def next_case(act: Act, command: NextCase) -> str | None:
    """The key of the case that comes behind one in a queue, else of the first other one; None when there is no other."""
    wanted = _queue(act, _name(command.queue) if command.queue in QUEUES else "mine")
    here = act.uow.cases.get(command.key) if command.key else None
    behind = act.uow.desk.queue(wanted, 1, (here.due_at or NEVER, here.id)) if here else []
    found = behind or act.uow.desk.queue(wanted, 2)
    return next((one.key for one in found if here is None or one.id != here.id), None)
