"""What a form about a case offers, by the active policy: types, priorities, components and the names of operations, in a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.use_case import Act, query
from mailgate.rules.policy import Choice


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One value of a field. `asks`: other fields that it makes required."""

    key: str
    label: str
    asks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """`operations`: key -> the verb on its button. `statuses`: key -> label, in the workflow's order."""

    types: Sequence[ChoiceView]
    priorities: Sequence[ChoiceView]
    components: Sequence[ChoiceView]
    operations: Mapping[str, str]
    statuses: Mapping[str, str]


@query(Action.CASE_LIST, policy=True)
def show_choices(act: Act, language: str) -> Choices:
    """What can be chosen, with labels in this language."""
    workflow = act.policy.workflow
    return Choices(
        types=_views(act.policy.case_types, language),
        priorities=_views(act.policy.priorities, language),
        components=_views(act.policy.components, language),
        operations={one.name: one.labels.get(language) or one.name for one in workflow.operations},
        statuses={one.key: one.label(language) for one in workflow.statuses},
    )


def _views(choices: Sequence[Choice], language: str) -> list[ChoiceView]:
    return [ChoiceView(one.key, one.labels.get(language) or one.key, one.asks) for one in choices]
