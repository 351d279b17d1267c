"""Run mail again by the active policy. In: which entries, and whether mail may leave. Out: the moves. No effect ever happens twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.journal.moves import finished, recorded
from mailgate.application.journal.selection import STATES_OF, Selection, chunks, selected
from mailgate.application.journal.views import Left, Move, Moved
from mailgate.application.use_case import Act, use_case
from mailgate.application.words import line_or_empty
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.store.rows import JournalEntry
from mailgate.store.unit_of_work import UnitOfWork

FINAL = ("commented", "created")


@dataclass(frozen=True, slots=True)
class Replay:
    """`send`: let the mail go out that follows; otherwise its notices are withheld."""

    selection: Selection
    send: bool = False
    reason: str = ""


@use_case(Action.JOURNAL_REPLAY)
def replay(act: Act, command: Replay) -> Moved:
    """Run decided or shunted entries again by the active policy."""
    reason = line_or_empty(command.reason, "reason", "the reason")
    moves, left, stay = list[Move](), dict[str, Left](), dict[str, Left]()
    for part in chunks(selected(act.uow, "replay", command.selection)):
        entries = act.uow.journal.lock(part)
        final = _final(act.uow, entries)
        left |= _not_runnable(act.uow, entries, final)
        again = {id_: one for id_, one in entries.items() if id_ not in final and id_ not in left}
        moves += _run_again(act, again, reason, send=command.send)
        let_out = _let_out(act, final, reason) if command.send else []
        moves += let_out
        stay |= {id_: one for id_, one in final.items() if id_ not in {done.journal_id for done in let_out}}
    return finished(act, Moved(moves, list(left.values()), list(stay.values())))


def _final(uow: UnitOfWork, entries: Mapping[str, JournalEntry]) -> dict[str, Left]:
    """Those that have changed a case: a second comment, transition or case is never made."""
    commented = uow.cases.comments_of_mails(list(entries))
    return {id_: Left(id_, "final", one.state) for id_, one in entries.items() if id_ in commented or one.state in FINAL}


def _not_runnable(uow: UnitOfWork, entries: Mapping[str, JournalEntry], final: Mapping[str, Left]) -> dict[str, Left]:
    """Those that cannot be run. The bytes of the others count as kept from now on, so that retention does not delete them."""
    pending = {id_: Left(id_, "pending", one.state) for id_, one in entries.items() if one.state == "pending"}
    others = {id_: one for id_, one in entries.items() if id_ not in final and id_ not in pending}
    kept = uow.blobs.renew({one.raw_sha256 for one in others.values()})
    return pending | {id_: Left(id_, "purged", one.state) for id_, one in others.items() if one.raw_sha256 not in kept}


def _run_again(act: Act, entries: Mapping[str, JournalEntry], reason: str, *, send: bool) -> list[Move]:
    """Give them back to intake. A mail that was never decided (shunted at its first run) may still count as a delivery report."""
    act.uow.notices.forget_withheld(list(entries))
    for again in (False, True):
        decision = OperatorDecision(None, act.principal.name, send=send, again=again)
        ids = [id_ for id_, one in entries.items() if (one.decision is not None) is again]
        act.uow.journal.reopen(ids, act.now, from_states=STATES_OF["replay"], operator_decision=decision)
    return recorded(act, entries, "pending", reason, {"send": send})


def _let_out(act: Act, final: Mapping[str, Left], reason: str) -> list[Move]:
    """Release the notices that an earlier replay of final mail has withheld."""
    entries = act.uow.journal.lock(act.uow.notices.let_out(list(final), act.now))
    return recorded(act, entries, None, reason, {"send": True, "let_out": True})
