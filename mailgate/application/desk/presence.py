"""Who has a case open, and whether they are writing. In: a key. Out: the others. Forgotten soon; no part of the case's history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from mailgate.application.access import Action
from mailgate.application.cases.changing import found
from mailgate.application.desk.case import PRESENT_FOR
from mailgate.application.use_case import Act, use_case
from mailgate.store.repositories.desk import Presence

FORGOTTEN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class BePresent:
    """Somebody has the case open. `writing`: something is typed and not sent."""

    key: str
    writing: bool


@dataclass(frozen=True, slots=True)
class Here:
    """The case's version now, and who else has it open."""

    version: int
    others: Sequence[Presence]


@use_case(Action.CASE_QUEUE)
def be_present(act: Act, command: BePresent) -> Here:
    """Say that one has a case open; who else has, and the case's version."""
    case = found(act, command.key)
    act.uow.desk.be_present(case.id, Presence(act.principal.id, act.principal.name, command.writing, act.now), FORGOTTEN_AFTER)
    act.unchanged()
    others = act.uow.desk.present(case.id, act.now - PRESENT_FOR)
    return Here(case.version, [one for one in others if one.account_id != act.principal.id])
