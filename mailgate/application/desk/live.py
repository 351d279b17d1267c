"""What open pages of the desk want to know again and again, as cheaply as it can be asked. In: nothing, or a key. Out: a few values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.cases.changing import found
from mailgate.application.desk.case import PRESENT_FOR
from mailgate.application.use_case import Act, query
from mailgate.store.repositories.desk import Presence


@dataclass(frozen=True, slots=True)
class CaseNews:
    """The version of a case, and who has it open."""

    version: int
    present: Sequence[Presence]


@query(Action.CASE_QUEUE)
def latest_event(act: Act, _: None = None) -> str:
    """The id of the newest event of all cases, "" for none: another one, and something has happened."""
    return act.uow.desk.latest_event()


@query(Action.CASE_QUEUE)
def case_news(act: Act, key: str) -> CaseNews:
    """How a case stands, and who has it open."""
    case = found(act, key)
    return CaseNews(case.version, act.uow.desk.present(case.id, act.now - PRESENT_FOR))
