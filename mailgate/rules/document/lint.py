"""What is wrong with a policy although each piece of it can be read. In: rules and workflow, with their positions. Out: problems.

Rules that never hold or stand behind one that takes all their mail, rules that contradict each other or the guarantees, statuses without a
way in or out. Names that are not defined are found by `names`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import inf

from mailgate.cases.workflow import Workflow, possible
from mailgate.mail.model import MACHINE_KINDS
from mailgate.rules.chain import HUMAN_ONLY, KNOWN_MACHINE_KINDS
from mailgate.rules.conditions import All, Always, AnyOf, CompareNumber, Condition, Eq, In, Matches, Not, Scalar, facts_in
from mailgate.rules.document.schema import problem
from mailgate.rules.document.yaml_tree import Position, Problem
from mailgate.rules.facts import fact
from mailgate.rules.policy import Rule

_MACHINES = (In("kind", tuple(sorted(MACHINE_KINDS - KNOWN_MACHINE_KINDS))), In("kind", tuple(sorted(MACHINE_KINDS))))
_NO_PART = (In("trust", ("doubtful", "stranger")), Eq("carrier", ""), Eq("case.found", False))
PlacedRule = tuple[Rule, Mapping[str, Position]]


def lint(rules: Sequence[PlacedRule], workflow: Workflow | None, positions: Mapping[str, Position]) -> list[Problem]:
    """All that is wrong. `workflow`: None when it could not be read. `positions`: where each status stands in the file."""
    found = [*_names(rules), *_never(rules), *_hidden(rules), *_against_guarantees(rules), *_against_each_other(rules), *_two_moves(rules)]
    return [*found, *_statuses(workflow, positions), *_not_final(workflow, positions)] if workflow else found


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
    if isinstance(one, Not) and isinstance(other, Not):
        return implies(other.part, one.part)
    if isinstance(other, Not):
        return excludes(one, other.part)
    if isinstance(one, CompareNumber) and isinstance(other, CompareNumber) and one.fact == other.fact:
        (low, high), (least, most) = _range(one), _range(other)
        return least <= low and high <= most
    if isinstance(one, Eq | In) and isinstance(other, Eq | In) and one.fact == other.fact:
        return set(_values(one)) <= set(_values(other))
    return False


def excludes(one: Condition, other: Condition) -> bool:
    """True when it is sure that the two never hold for the same mail. False says nothing."""
    if isinstance(other, Not) and implies(one, other.part):
        return True
    if isinstance(one, Not) and implies(other, one.part):
        return True
    if isinstance(one, AnyOf):
        return all(excludes(part, other) for part in one.parts)
    if isinstance(other, AnyOf):
        return all(excludes(one, part) for part in other.parts)
    if isinstance(one, All):
        return any(excludes(part, other) for part in one.parts)
    if isinstance(other, All):
        return any(excludes(one, part) for part in other.parts)
    if isinstance(one, CompareNumber) and isinstance(other, CompareNumber) and one.fact == other.fact:
        (low, high), (least, most) = _range(one), _range(other)
        return high < least or most < low
    if isinstance(one, Eq | In) and isinstance(other, Eq | In) and one.fact == other.fact:
        return fact(one.fact).type != "texts" and not set(_values(one)) & set(_values(other))
    return False


def _range(one: CompareNumber) -> tuple[float, float]:
    """The least and the most that the number can be."""
    return {
        "gt": (one.value + 1, inf), "ge": (one.value, inf), "lt": (-inf, one.value - 1), "le": (-inf, one.value),
    }[one.by]  # fmt: skip


def _values(condition: Eq | In) -> tuple[Scalar, ...]:
    return condition.values if isinstance(condition, In) else (condition.value,)


def _names(rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    seen: set[str] = set()
    for rule, where in rules:
        if rule.name in seen:
            yield problem(where["name"], f"two rules have the name {rule.name!r}")
        seen.add(rule.name)


def no_default(last: Rule, position: Position) -> Iterator[Problem]:
    """A problem when the last rule is not the written default."""
    if not isinstance(last.when, Always) or last.then is None or last.shadow:
        yield problem(position, "the last rule must be the written default; end with 'when: always' and a 'then'")


def _hidden(rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    deciding = _Deciding()
    for rule, where in rules:
        over = deciding.over(rule.when)
        if over is not None:
            yield problem(where["when"], _why_hidden(rule, over))
        elif rule.then is not None and not rule.shadow:
            deciding.add(rule)


class _Deciding:
    """The rules so far that decide, kept so that those that can hide another are found without asking all.

    A rule that compares a fact with values, or searches it for a pattern, can only hide one that does so with the same fact and one of
    these values, or this pattern.
    """

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._anywhere: list[int] = []
        self._at: dict[object, list[int]] = defaultdict(list)
        self._taken: dict[str, tuple[set[Scalar], Rule]] = {}

    def add(self, rule: Rule) -> None:
        """The next rule that decides."""
        position, anchors = len(self._rules), _anchors(rule.when)
        self._rules.append(rule)
        for anchor in anchors:
            self._at[anchor].append(position)
        if not anchors:
            self._anywhere.append(position)
        if isinstance(rule.when, Eq | In):
            values, _ = self._taken.get(rule.when.fact, (set(), rule))
            self._taken[rule.when.fact] = values | set(_values(rule.when)), rule

    def over(self, condition: Condition) -> Rule | None:
        """The first rule that takes all mail of which this holds, or the last of those that together do; None without one."""
        positions = {position for leaf in _leaves(condition) for anchor in _keys(leaf) for position in self._at.get(anchor, ())}
        found = (self._rules[at] for at in sorted(positions.union(self._anywhere)))
        return next((rule for rule in found if implies(condition, rule.when)), None) or self._together(condition)

    def _together(self, condition: Condition) -> Rule | None:
        for part in condition.parts if isinstance(condition, All) else (condition,):
            if isinstance(part, Eq | In) and part.fact in self._taken:
                values, last = self._taken[part.fact]
                if values.issuperset(_values(part)):
                    return last
        return None


def _anchors(condition: Condition) -> list[object]:
    """Keys of which a condition has one for sure, if it implies this one; [] when nothing can be said."""
    for part in condition.parts if isinstance(condition, All) else (condition,):
        if isinstance(part, Eq | In | Matches):
            return _keys(part)
    return []


def _keys(leaf: Condition) -> list[object]:
    if isinstance(leaf, Matches):
        return [leaf]
    return [(leaf.fact, value) for value in _values(leaf)] if isinstance(leaf, Eq | In) else []


def _leaves(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _leaves(part)
    else:
        yield condition


def _why_hidden(rule: Rule, over: Rule) -> str:
    if rule.when == over.when and rule.then != over.then and rule.then is not None:
        return f"rule {rule.name} contradicts rule {over.name}: the same condition, but {rule.then} and {over.then}; keep one"
    return f"rule {rule.name} is never reached: rule {over.name} before it takes all its mail; move it up or remove it"


def _never(rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    """Conditions whose parts exclude each other."""
    for rule, where in rules:
        for parts in _conjunctions(rule.when):
            pair = next(((one, other) for at, one in enumerate(parts) for other in parts[at + 1 :] if excludes(one, other)), None)
            if pair is not None:
                named = " and ".join(dict.fromkeys(name for part in pair for name in facts_in(part)))
                yield problem(where["when"], f"rule {rule.name} never holds: its conditions on {named} exclude each other")
                break


def _conjunctions(condition: Condition) -> Iterator[tuple[Condition, ...]]:
    if isinstance(condition, All):
        yield condition.parts
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _conjunctions(part)


def _against_guarantees(rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    """Rules that want what the guarantees turn into something else, whatever the mail."""
    for rule, where in rules:
        if rule.then in HUMAN_ONLY and any(implies(rule.when, kinds) for kinds in _MACHINES):
            yield problem(
                where["then"], f"rule {rule.name} cannot {rule.then}: mail of machines is a note at most; say note, hold or discard"
            )
        elif rule.then == "comment" and any(implies(rule.when, one) for one in _NO_PART):
            yield problem(
                where["then"], f"rule {rule.name} cannot comment: its mail proves no part in a case; say hold, create or redirect"
            )


def _against_each_other(rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    """Rules of one condition that continue and set the same field to different values."""
    seen: dict[tuple[Condition, str], tuple[Rule, str]] = {}
    for rule, where in rules:
        for name, value in [item for action in rule.actions if action.do == "set" and not rule.shadow for item in action.args.items()]:
            other, said = seen.setdefault((rule.when, name), (rule, value))
            if said != value and other is not rule:
                yield problem(
                    where["do"], f"rule {rule.name} contradicts rule {other.name}: the same condition, but another {name}; keep one"
                )


def _two_moves(rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    """Decisions with more than one `transition`: in one rule, or by a rule that continues to another one that holds for the same mail."""
    continuing: list[tuple[Rule, list[Rule]]] = []
    for rule, where in rules:
        if rule.shadow:
            continue
        moves = [action.args.get("to", "") for action in rule.actions if action.do == "transition"]
        if len(moves) > 1:
            yield problem(where["do"], f"rule {rule.name} moves the case to {' and to '.join(moves)}; a decision has one transition")
        earlier = next((one for one, between in continuing if moves and _both_hold(one, rule, between)), None)
        if earlier:
            yield problem(where["do"], f"rules {earlier.name} and {rule.name} both move the case of the same mail; keep one transition")
        if rule.then is not None:
            for _, between in continuing:
                between.append(rule)
        elif moves:
            continuing.append((rule, []))


def _both_hold(earlier: Rule, later: Rule, between: Sequence[Rule]) -> bool:
    """Whether a mail may reach both: their conditions do not exclude each other, and no rule between them decides all of either's mail."""
    if excludes(earlier.when, later.when):
        return False
    return not any(implies(earlier.when, one.when) or implies(later.when, one.when) for one in between)


def _statuses(workflow: Workflow, positions: Mapping[str, Position]) -> Iterator[Problem]:
    moves = [(source, step.target) for operation in workflow.operations for step in operation.steps for source in step.sources]
    moves += [(reply.status, reply.target) for reply in workflow.replies if reply.target]
    reached, waiting = set[str](), [workflow.initial]
    while waiting:
        status = waiting.pop()
        reached.add(status)
        waiting += [target for source, target in moves if source == status and target not in reached]
    for status_ in workflow.statuses:
        if status_.key in positions and status_.key not in reached:
            yield problem(positions[status_.key], f"no operation leads to status {status_.key!r}")
        if (
            status_.key in positions
            and not status_.final
            and all(source != status_.key or target == status_.key for source, target in moves)
        ):
            yield problem(positions[status_.key], f"no operation leads out of status {status_.key!r}; add one, or mark it final")


def _not_final(workflow: Workflow, positions: Mapping[str, Position]) -> Iterator[Problem]:
    """Statuses that say `final` and mean `solved`: what is final keeps customers out, and these let them back in."""
    for status in workflow.statuses:
        if status.key not in positions or not status.final or status.solved:
            continue
        if how := _way_back(workflow, status.key):
            what = f"status {status.key!r} is final, which keeps customers out, and {how}; say solved: true in place of final"
            yield problem(positions[status.key], what, stops=False)


def _way_back(workflow: Workflow, key: str) -> str:
    """How a customer gets a case out of this status; "" when they cannot."""
    move = workflow.reply_move(key)
    if move.target:
        return f"a reply moves it to {move.target!r}"
    operations = possible(workflow, key, "contact")
    return f"customers can {operations[0]} it" if operations else ""
