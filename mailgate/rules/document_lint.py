"""What is wrong with a policy though each piece of it can be read. In: rules and workflow, with places. Out: problems.

Rules behind one that always takes their mail, rules that contradict, forwards to ourselves, statuses without a way in or out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mailgate.cases.workflow import Workflow
from mailgate.rules.conditions import All, Always, AnyOf, Condition, Eq, In
from mailgate.rules.document_schema import meant, problem
from mailgate.rules.document_yaml import Place, Problem
from mailgate.rules.policy import Rule

PlacedRule = tuple[Rule, Mapping[str, Place]]


def lint(rules: Sequence[PlacedRule], workflow: Workflow, places: Mapping[str, Place], own: frozenset[str]) -> list[Problem]:
    """All that is wrong. `places`: where each status stands. `own`: our addresses in lower case."""
    found = [*_names(rules), *_hidden(rules), *_statuses(workflow, places)]
    for rule, where in rules:
        found += _named(rule, where, workflow)
        if rule.forward_to and rule.forward_to.lower() in own:
            found.append(problem(where["to"], f"rule {rule.name} forwards to {rule.forward_to}, which is ours: the mail would come back"))
    return found


def implies(one: Condition, other: Condition) -> bool:
    """True when it is sure that `other` holds whenever `one` does. False says nothing."""
    if isinstance(other, Always) or one == other:
        return True
    if isinstance(other, All):
        return all(implies(one, part) for part in other.parts)
    if isinstance(one, AnyOf):
        return all(implies(part, other) for part in one.parts)
    if isinstance(other, AnyOf) and any(implies(one, part) for part in other.parts):
        return True
    if isinstance(one, All):
        return any(implies(part, other) for part in one.parts)
    if isinstance(one, Eq | In) and isinstance(other, Eq | In) and one.fact == other.fact:
        return set(_values(one)) <= set(_values(other))
    return False


def _values(condition: Eq | In) -> tuple[object, ...]:
    return condition.values if isinstance(condition, In) else (condition.value,)


def _names(rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    seen: set[str] = set()
    for rule, where in rules:
        if rule.name in seen:
            yield problem(where["name"], f"two rules have the name {rule.name!r}")
        seen.add(rule.name)


def no_default(last: Rule, place: Place) -> Iterator[Problem]:
    """A problem when the last rule is not the written default."""
    if not isinstance(last.when, Always) or last.then is None or last.shadow:
        yield problem(place, "the last rule must be the written default; end with 'when: always' and a 'then'")


def _hidden(rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    deciding: list[Rule] = []
    for rule, where in rules:
        over = next((earlier for earlier in deciding if implies(rule.when, earlier.when)), None)
        if over is not None:
            yield problem(where["when"], _why_hidden(rule, over))
        elif rule.then is not None and not rule.shadow:
            deciding.append(rule)


def _why_hidden(rule: Rule, over: Rule) -> str:
    if rule.when == over.when and rule.then != over.then and rule.then is not None:
        return f"rule {rule.name} contradicts rule {over.name}: the same condition, but {rule.then} and {over.then}; keep one"
    return f"rule {rule.name} is never reached: rule {over.name} before it takes all its mail; move it up or remove it"


def _named(rule: Rule, where: Mapping[str, Place], workflow: Workflow) -> Iterator[Problem]:
    known = [status.key for status in workflow.statuses]
    for action in rule.actions:
        wanted = action.args.get("to", "")
        if action.do == "transition" and wanted not in known:
            yield problem(where["do"], f"the workflow has no status {wanted!r}" + meant(wanted, known))


def _statuses(workflow: Workflow, places: Mapping[str, Place]) -> Iterator[Problem]:
    moves = [(source, step.target) for operation in workflow.operations for step in operation.steps for source in step.sources]
    moves += [(reply.status, reply.target) for reply in workflow.replies if reply.target]
    reached, waiting = set[str](), [workflow.initial]
    while waiting:
        status = waiting.pop()
        reached.add(status)
        waiting += [target for source, target in moves if source == status and target not in reached]
    for status_ in workflow.statuses:
        if status_.key in places and status_.key not in reached:
            yield problem(places[status_.key], f"no operation leads to status {status_.key!r}")
        if status_.key in places and not status_.final and all(source != status_.key or target == status_.key for source, target in moves):
            yield problem(places[status_.key], f"no operation leads out of status {status_.key!r}; add one, or mark it final")
