"""What an operator's decision changes in the effects of a mail: nothing is done twice, and no mail is sent unless asked. Pure.

In: effects as the policy or the person has them, the decision, and what the mail has caused already. Out: the effects that may be written.
A mail that has its comment or its case never comes here again (`cli.replaying`); the schema refuses a second comment all the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from mailgate.inbound.guards.answer_gate import AnswerRefusal
from mailgate.inbound.intake.effects import Effects, with_answer
from mailgate.rules.operator_decision import OperatorDecision

ANSWERED = AnswerRefusal("answered_before", "this mail was answered already")
WITHHELD = "replayed without --send"
_ANSWERS = frozenset({"redirect", "accepted", "case_closed", "choice"})


def bounded(found: Effects, decision: OperatorDecision, caused: Collection[tuple[str, str]]) -> Effects:
    """The effects without what was done before, and without mail when none may leave. `caused`: (kind, address) of earlier notices."""
    once = _once(found, caused)
    return once if decision.send else _in_silence(once)


def _once(found: Effects, caused: Collection[tuple[str, str]]) -> Effects:
    found = replace(found, notices=tuple(one for one in found.notices if (one.kind, one.address) not in caused))
    if found.answer and any(kind in _ANSWERS for kind, _ in caused):
        return with_answer(replace(found, answer=None), ANSWERED)
    return found


def _in_silence(found: Effects) -> Effects:
    """Notices are withheld until an operator releases them; no answer is requested, so that the gate counts none that was not sent."""
    silent = _kept_for_forwarding(found)
    if silent.change:
        withheld = silent.notices + silent.change.notices
        silent = replace(silent, change=replace(silent.change, notices=()), notices=(), withheld=withheld)
    else:
        silent = replace(silent, notices=(), withheld=silent.notices)
    return with_answer(replace(silent, answer=None), AnswerRefusal("withheld", WITHHELD)) if silent.answer else silent


def _kept_for_forwarding(found: Effects) -> Effects:
    """A mail that was not sent on must not be recorded as forwarded: it waits for a person."""
    if not any(one.kind == "forward" for one in found.notices):
        return found
    reason = f"{found.outcome.reason}; but it was {WITHHELD}, so it waits"
    others = tuple(one for one in found.notices if one.kind != "forward")
    return replace(found, notices=others, outcome=replace(found.outcome, state="held", reason=reason))
