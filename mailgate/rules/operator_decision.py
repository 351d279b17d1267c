"""What an operator decided about an accepted mail. In: the decision and the facts. Out: a verdict like that of the chain.

An operator may decide about a held mail instead of the policy: the disposition, and the case. What the workflow forbids stays forbidden: a
closed case accepts no comment by mail. Or the policy evaluates again: a held mail (`release`) or any mail (`replay`).
The store is the edge that parses and writes a decision (`from_json`, `to_json`); everything else gets the value.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from mailgate.rules.chain import Effect, Trail, TrailEntry, Verdict
from mailgate.rules.facts import Facts
from mailgate.rules.policy import Disposition, Policy

RULE = "released"
RELEASE_DISPOSITIONS: tuple[Disposition, ...] = ("comment", "note", "redirect", "create")


@dataclass(frozen=True, slots=True)
class OperatorDecision:
    """`as_`: the disposition, None when the policy decides. `by`: name of the operator. `case_number`: the case that they named, None for
    the matched one. `send`: whether this may send mail. `again`: the mail was decided before, so its report about addresses is known.
    """

    as_: Disposition | None
    by: str
    case_number: int | None = None
    send: bool = True
    again: bool = False


def to_json(decision: OperatorDecision | None) -> str:
    """The decision as the journal row keeps it; "" for None."""
    return json.dumps(asdict(decision), ensure_ascii=False) if decision else ""


def from_json(text: str) -> OperatorDecision | None:
    """The decision of a journal row; None when the operator made none."""
    return OperatorDecision(**json.loads(text)) if text else None


def instead_of_policy(decision: OperatorDecision | None) -> OperatorDecision | None:
    """The decision when it names a disposition, so that the policy is not evaluated; else None."""
    return decision if decision is not None and decision.as_ is not None else None


def verdict(decision: OperatorDecision, policy: Policy, facts: Facts) -> Verdict:
    """The decision as a verdict. A comment makes the author a participant, unless they are staff; without a case the mail is held again.

    Only for a decision that names a disposition.
    """
    assert decision.as_ is not None, "the decision names a disposition"
    reason = f"{decision.by} released it as {decision.as_}"
    if decision.as_ != "comment":
        effects: tuple[Effect, ...] = (Effect(decision.as_),)
        return _verdict(decision.as_, reason, effects, policy, facts, "legacy" if decision.as_ == "redirect" else "")
    if facts.by_staff and facts.case:
        return _of_staff(reason, policy, facts)
    person = replace(facts, workflow=policy.workflow, trust="participant", mail=replace(facts.mail, kind="human"))
    answer = person.case_answer()
    if answer is None:
        return _verdict("hold", f"{reason}, but no case is named or found", (Effect("hold"),), policy, facts)
    if answer.does == "refuse":
        return _verdict("redirect", f"{reason}, but {answer.reason}", (Effect("redirect"),), policy, facts, "case_closed")
    moved = (Effect("transition", {"to": answer.move_to, "because": answer.reason}),) if answer.move_to else ()
    return _verdict("comment", reason, (Effect("comment"), *moved, Effect("participant", {"approved": "yes"})), policy, facts)


def _of_staff(reason: str, policy: Policy, facts: Facts) -> Verdict:
    """What one of ours has written: a comment that moves nothing and makes nobody a participant; of their own words alone."""
    if not facts.says_something:
        return _verdict("hold", f"{reason}, but nothing in it is its author's own words", (Effect("hold"),), policy, facts)
    return _verdict("comment", reason, (Effect("comment"),), policy, facts)


def _verdict(disposition: Disposition, reason: str, effects: tuple[Effect, ...], policy: Policy, facts: Facts, answer: str = "") -> Verdict:
    trail = Trail(policy, facts, remarks=[TrailEntry(RULE, True, reason)])
    return Verdict(disposition, RULE, reason, trail, effects, answer, policy.version)
