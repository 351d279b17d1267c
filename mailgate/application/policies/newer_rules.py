"""Rules of the built-in policy that are newer than many a policy document. In: a policy. Out: those that it lacks. Changes nothing.

Without them a person's mail may be a note that nobody sees; a document of before says nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailgate.rules.policy import Policy

NEWER_RULES = {
    "perhaps_a_person": ("kind.unsure", "mail of machines that a person may have written"),
    "encrypted": ("encrypted", "encrypted mail"),
    "agent": ("reply.to_customer", "answers that agents send from their own mail programs"),
}
"""Name of the rule -> the fact that it asks, and what it is for."""
SEE = "docs/policy/concepts.md"


def lacking(policy: Policy) -> dict[str, str]:
    """Name -> what it is for, of each newer rule whose fact no rule of `policy` asks."""
    asked = {fact for facts in policy.facts_by_rule for fact in facts}
    return {name: why for name, (fact, why) in NEWER_RULES.items() if fact not in asked}


def what_is_missing(lacks: Mapping[str, str]) -> str:
    """In words, for a line about the policy: what it has no rule for."""
    *others, last = lacks.values()
    return f"no rule for {', '.join(others)} and {last}" if others else f"no rule for {last}"


def what_to_do(lacks: Mapping[str, str]) -> str:
    """In words: how the rules get in."""
    return f"add the rules {', '.join(lacks)} of the built-in policy: {SEE}"
