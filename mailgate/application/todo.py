"""What waits for a person. In: nothing. Out: a list, the most pressing first; once a day as a mail to the desk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mailgate.application.access import Action
from mailgate.application.use_case import Act, query, use_case
from mailgate.cases.ids import new_id
from mailgate.cases.model import Notice
from mailgate.store.repositories.waiting.todo import Waiting


@dataclass(frozen=True, slots=True)
class ShowTodo:
    """Everything that waits."""


@dataclass(frozen=True, slots=True)
class Todo:
    """One kind of thing that waits: how many, the oldest, the first of them, and the command that shows or settles them."""

    what: str
    count: int
    since: datetime | None
    first: Sequence[str]
    do: str
    kind: str = ""

    @classmethod
    def of(cls, kind: str, what: str, waiting: Waiting, do: str) -> Todo:
        """One kind, as the store counts it."""
        return cls(what, waiting.count, waiting.since, waiting.first, do, kind)


@query(Action.JOURNAL_READ, policy=True)
def show_todo(act: Act, _command: ShowTodo) -> Sequence[Todo]:
    """Show what waits for a person: overdue answers, held and shunted mail, colleagues, mail in doubt, and what a restore set aside."""
    return _waiting(act)


@dataclass(frozen=True, slots=True)
class MailTodo:
    """Mail it to the desk (`desk.report_to`). `daily`: only once a day, and only from `desk.report_hour` on."""

    daily: bool = False


@use_case(Action.TODO_MAIL, policy=True)
def mail_todo(act: Act, command: MailTodo) -> Sequence[str]:
    """Mail what waits to the desk; returns the addresses. Nothing waits, or no address is set: no mail."""
    desk, local = act.app.settings.desk, act.now.astimezone(ZoneInfo(act.policy.zone))
    is_time = not command.daily or (local.hour >= desk.report_hour and act.uow.todo.take_day(local.date()))
    found = _waiting(act) if is_time and desk.report_to else []
    if not found:
        act.unchanged()
        return []
    facts = {"waiting": json.dumps([_as_fact(one) for one in found], ensure_ascii=False)}
    language = desk.report_language or act.app.settings.service.default_language
    act.uow.notices.add(
        [Notice(new_id(act.now), "todo_list", to, act.now, act.now, language=language, facts=facts) for to in desk.report_to]
    )
    for address in desk.report_to:
        act.record(("todo", address), after={one.kind: one.count for one in found})
    return list(desk.report_to)


def _as_fact(one: Todo) -> Mapping[str, Any]:
    since = one.since.isoformat() if one.since else None
    return {"kind": one.kind, "count": one.count, "since": since, "first": list(one.first)}


def _waiting(act: Act) -> Sequence[Todo]:
    todo, restored = act.uow.todo, sum(act.uow.restored.counts().values())
    found = [
        Todo.of("overdue", "answers that are overdue", todo.overdue(act.now), "mailgate case list --overdue"),
        Todo.of("held", "mail that is held", todo.held(), "mailgate journal list --held"),
        Todo.of("shunted", "mail that is shunted", todo.shunted(), "mailgate journal list --state shunted"),
        Todo.of("colleagues", "colleagues who wait for approval", todo.waiting_colleagues(), "mailgate case approve KEY ADDRESS"),
        Todo.of("uncertain", "outgoing mail that is uncertain", todo.uncertain(), "mailgate outbox list --state uncertain"),
        Todo.of("failed", "outgoing mail that has failed", todo.failed(), "mailgate outbox list --state failed"),
        Todo.of("restored", "unfinished mails and notices of a restored backup", Waiting(restored, None, []), "mailgate outbox restored"),
    ]
    return [one for one in found if one.count]
