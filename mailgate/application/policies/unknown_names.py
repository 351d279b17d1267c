"""Names in the rules of a policy that the database does not know: customers, and people of the staff. In: a policy. Out: sentences.

A rule that asks for a name nobody has never holds, and a case that is given to nobody is seen by nobody. They are warnings anyway:
the customer may come tomorrow. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from mailgate.rules.conditions import All, AnyOf, Condition, Eq, In, Not
from mailgate.rules.policy import Policy, Rule
from mailgate.store.unit_of_work import UnitOfWork

CUSTOMER, ASSIGNEE = "customer.name", "case.assignee"
_NOUNS = {CUSTOMER: "customer", ASSIGNEE: "person of the staff"}


def unknown_names(uow: UnitOfWork, policy: Policy) -> list[str]:
    """One sentence for each, in the order of the rules. People are checked as soon as there are accounts of staff."""
    asked = [(rule, what, name) for rule in policy.rules for what, name in dict.fromkeys(_named(rule)) if name]
    facts = {what for _, what, _ in asked}
    known = {CUSTOMER: [one.name for one in uow.customers.list()] if CUSTOMER in facts else []}
    if staff := uow.staff.names():
        known[ASSIGNEE] = list(staff)
    return [_said(rule, what, name, known[what]) for rule, what, name in asked if what in known and name not in known[what]]


def _said(rule: Rule, what: str, name: str, known: Sequence[str]) -> str:
    folded = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), folded, n=1)
    hint = f"; did you mean {folded[near[0]]!r}?" if near else ""
    return f"rule {rule.name} names {name!r}, and no {_NOUNS[what]} has that name{hint}"


def _named(rule: Rule) -> Iterator[tuple[str, str]]:
    """(fact, name) of each name that the rule asks for or sets."""
    for one in _asked(rule.when):
        if one.fact in (CUSTOMER, ASSIGNEE):
            yield from ((one.fact, str(value)) for value in (one.values if isinstance(one, In) else (one.value,)))
    for action in rule.actions:
        if action.do == "set" and "assignee" in action.args:
            yield ASSIGNEE, action.args["assignee"]


def _asked(condition: Condition) -> Iterator[Eq | In]:
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _asked(part)
    elif isinstance(condition, Not):
        yield from _asked(condition.part)
    elif isinstance(condition, Eq | In):
        yield condition
