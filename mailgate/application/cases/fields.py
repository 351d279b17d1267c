"""The fields of a case as callers give them, checked against the policy. In: text. Out: clean values, or Invalid."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mailgate.application.faults import all_checked
from mailgate.application.words import line_or_empty, one_line, one_of, whole_text
from mailgate.errors import Invalid
from mailgate.rules.policy import Choice, Policy


def checked(policy: Policy, **given: str) -> dict[str, str]:
    """The fields of these names (`summary`, `description`, `case_type`, …), cleaned. Raises Invalid."""
    return all_checked(**{name: partial(_CHECKS[name], policy, text) for name, text in given.items()})


def asks_environment(policy: Policy, case_type: str) -> bool:
    """Whether a case of this type says where the trouble is."""
    return any(choice.key == case_type and "environment" in choice.asks for choice in policy.case_types)


def require_asked(policy: Policy, case_type: str, environment: str) -> None:
    """Raises Invalid when the type asks for the environment and none is given. Staff may leave it for later."""
    if asks_environment(policy, case_type) and not environment:
        raise Invalid("environment", "required", f"a {case_type} needs the environment in which it is seen")


def _keys(choices: tuple[Choice, ...]) -> list[str]:
    return [choice.key for choice in choices]


_CHECKS: dict[str, Callable[[Policy, str], str]] = {
    "summary": lambda _, text: one_line(text, "summary", "the summary"),
    "description": lambda _, text: whole_text(text, "description", "the description") if text else "",
    "case_type": lambda policy, text: one_of(text, _keys(policy.case_types), "case_type", "case type"),
    "priority": lambda policy, text: one_of(text, _keys(policy.priorities), "priority", "priority"),
    "component": lambda _, text: line_or_empty(text, "component", "the component"),
    "environment": lambda _, text: line_or_empty(text, "environment", "the environment"),
    "assignee": lambda _, text: line_or_empty(text, "assignee", "the assignee"),
}
