"""Take back a release while it is held back: the mail waits for a person again, and nothing has happened. In: ids. Out: the moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.journal.moves import left_behind, recorded
from mailgate.application.journal.views import Moved
from mailgate.application.use_case import Act, use_case
from mailgate.application.words import line_or_empty


@dataclass(frozen=True, slots=True)
class TakeBackRelease:
    """`ids`: of entries that were released, or unique beginnings of ids."""

    ids: Sequence[str]
    reason: str = ""


@use_case(Action.JOURNAL_TAKE_BACK)
def take_back_release(act: Act, command: TakeBackRelease) -> Moved:
    """Hold released entries again, as long as intake has not taken them."""
    reason = line_or_empty(command.reason, "reason", "the reason")
    wanted = list(dict.fromkeys(act.uow.journal.find(id_) for id_ in command.ids))
    before = act.uow.journal.lock(wanted)
    back = act.uow.journal.take_back([id_ for id_ in before if _was_released(act, id_)])
    return left_behind(act, wanted, recorded(act, {id_: before[id_] for id_ in back}, "held", reason))


def _was_released(act: Act, id_: str) -> bool:
    done = act.uow.audit.of("journal", id_)
    return bool(done) and done[-1].verb == "release"
