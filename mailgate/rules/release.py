"""What a person ordered about an accepted mail. In: an order and the facts. Out: a verdict like the chain's.

A person may judge a held mail in place of the policy: who wrote it and which case it is. What the workflow forbids stays forbidden: a
closed case takes no comment by mail. Or they have the policy decide again, of a held mail (`release`) or of any (`replay`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from mailgate.rules.chain import Effect, Trail, TrailEntry, Verdict
from mailgate.rules.facts import Facts
from mailgate.rules.policy import Disposition, Policy

RULE = "released"
ORDERS: tuple[Disposition, ...] = ("comment", "note", "redirect", "create")


@dataclass(frozen=True, slots=True)
class Order:
    """`as_`: what becomes of the mail, None when the policy decides. `by`: who says so. `case_number`: the case that they named, None for
    the matched one. `send`: whether mail may leave because of it. `again`: it was decided before, so what it taught of addresses stands.
    """

    as_: Disposition | None
    by: str
    case_number: int | None = None
    send: bool = True
    again: bool = False


def dumps(order: Order) -> str:
    """The order as it is kept with the journal row."""
    return json.dumps(asdict(order), ensure_ascii=False)


def loads(text: str) -> Order | None:
    """The order of a journal row; None when there is none."""
    return Order(**json.loads(text)) if text else None


def judged(text: str) -> Order | None:
    """The order of a journal row when a person has judged in place of the policy, else None."""
    order = loads(text)
    return order if order is not None and order.as_ is not None else None


def verdict(order: Order, policy: Policy, facts: Facts) -> Verdict:
    """The order as a verdict. A comment adds the author as a participant when they are a contact; without a case it is held again.

    Only for what a person has judged.
    """
    assert order.as_ is not None, "only what a person has judged"
    reason = f"{order.by} released it as {order.as_}"
    if order.as_ != "comment":
        effects: tuple[Effect, ...] = (Effect(order.as_),)
        return _verdict(order.as_, reason, effects, policy, facts, "legacy" if order.as_ == "redirect" else "")
    person = replace(facts, workflow=policy.workflow, trust="participant", mail=replace(facts.mail, kind="human"))
    answer = person.case_answer()
    if answer is None:
        return _verdict("hold", f"{reason}, but no case is named or found", (Effect("hold"),), policy, facts)
    if answer.does == "refuse":
        return _verdict("redirect", f"{reason}, but {answer.reason}", (Effect("redirect"),), policy, facts, "case_closed")
    moved = (Effect("transition", {"to": answer.move_to, "because": answer.reason}),) if answer.move_to else ()
    return _verdict("comment", reason, (Effect("comment"), *moved, Effect("participant", {"approved": "yes"})), policy, facts)


def _verdict(
    disposition: Disposition, reason: str, effects: tuple[Effect, ...], policy: Policy, facts: Facts, flavour: str = ""
) -> Verdict:
    trail = Trail(policy, facts, remarks=[TrailEntry(RULE, True, reason)])
    return Verdict(disposition, RULE, reason, trail, effects, flavour, policy.version)
