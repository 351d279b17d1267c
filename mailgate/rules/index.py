"""An index of the rules that can match a mail: the others are not evaluated. In: conditions in their order, then facts. Out: positions.

A condition is reduced to its *gate*: tests of single facts of which at least one must hold if the condition does. The values of a mail open
gates by one look-up for each fact, and all patterns on one fact are searched for at once. A rule whose gate stays shut cannot match;
one without a gate is always evaluated. It must never leave out a rule that would match: when unsure, evaluate the rule.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mailgate.rules.conditions import MAX_SEARCHED_CHARS, All, AnyOf, Condition, Eq, In, Matches, Patterns, searched_chars
from mailgate.rules.facts import Facts, Value, fact

Test = Eq | Matches
Gate = tuple[Test, ...]
"""Tests without duplicates. An empty gate never opens."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Rules that were not evaluated, since their gates were shut. `facts`: which ones the gates test; `because`: what was seen in them."""

    facts: str
    because: str
    rules: int


class Index:
    """The gates of a policy's rules. Made once for a policy; safe to share between threads."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        uses = Counter(test for condition in conditions for test in _tests(condition))
        gates = [_gate(condition, uses) for condition in conditions]
        self._always = [position for position, gate in enumerate(gates) if gate is None]
        self._kinds = [None if gate is None else _kind(gate) for gate in gates]
        self._values = _by_value(gates)
        self._searches = _searches(gates)
        self._positions: dict[Kind, list[int]] = defaultdict(list)
        for position, kind in enumerate(self._kinds):
            if kind is not None:
                self._positions[kind].append(position)

    def candidates(self, facts: Facts) -> list[int]:
        """Positions of the rules that may hold, ascending: all others do not."""
        found = set(self._always)
        for read, by_value in self._values:
            value = read(facts)
            for one in value if isinstance(value, tuple) else (value,):
                found.update(by_value.get(one, ()))
        for patterns, positions in self._searches:
            for number in patterns.found(facts):
                found.update(positions[number])
        return sorted(found)

    def passed_over(self, facts: Facts, candidates: Iterable[int], before: int) -> list[PassedOver]:
        """The rules in front of position `before` that are no candidates, counted by the facts that kept them out."""
        asked = Counter(self._kinds[position] for position in candidates if position < before)
        counts = {kind: bisect_left(positions, before) - asked[kind] for kind, positions in self._positions.items()}
        return [PassedOver(_label(kind), _seen(kind, facts), count) for kind, count in counts.items() if count]

    def label(self, position: int) -> str:
        """The facts that this rule's gate tests, as `PassedOver.facts` names them; "" when it has no gate."""
        kind = self._kinds[position]
        return "" if kind is None else _label(kind)


Kind = tuple[tuple[str, bool], ...]
"""What gates have in common that shut for the same reason: facts, and whether a pattern is searched for in them."""


def _tests(condition: Condition) -> Iterator[Test]:
    """All tests that could stand in a gate."""
    if isinstance(condition, Eq | Matches):
        yield condition
    elif isinstance(condition, In):
        yield from (Eq(condition.fact, value) for value in condition.values)
    elif isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _tests(part)


def _gate(condition: Condition, uses: Mapping[Test, int]) -> Gate | None:
    """The gate that opens for the fewest mails, as far as the policy itself shows that: whose tests the fewest rules share."""
    if isinstance(condition, Matches) and searched_chars(condition.pattern) < MAX_SEARCHED_CHARS:
        return None  # it searches fewer characters than `Patterns` does, and may match at the end of those where `Patterns` does not
    if isinstance(condition, Eq | Matches | In):
        return tuple(dict.fromkeys(_tests(condition)))
    if not isinstance(condition, All | AnyOf):
        return None  # negations, comparisons and `Always` have no gate
    gates = [_gate(part, uses) for part in condition.parts]
    if isinstance(condition, All):
        known = [gate for gate in gates if gate is not None]
        return min(known, key=lambda gate: sum(uses[test] for test in gate)) if known else None
    if None in gates:
        return None
    return tuple(dict.fromkeys(test for gate in gates if gate is not None for test in gate))


def _by_value(gates: Sequence[Gate | None]) -> list[tuple[Callable[[Facts], Value], Mapping[str | int | bool, list[int]]]]:
    found: dict[str, dict[str | int | bool, list[int]]] = defaultdict(lambda: defaultdict(list))
    for position, test in _opened(gates):
        if isinstance(test, Eq):
            found[test.fact][test.value].append(position)
    return [(fact(name).read, dict(by_value)) for name, by_value in found.items()]


def _searches(gates: Sequence[Gate | None]) -> list[tuple[Patterns, list[list[int]]]]:
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for position, test in _opened(gates):
        if isinstance(test, Matches):
            found[test.fact][test.pattern].append(position)
    return [(Patterns(name, tuple(by_pattern)), list(by_pattern.values())) for name, by_pattern in found.items()]


def _opened(gates: Sequence[Gate | None]) -> Iterator[tuple[int, Test]]:
    return ((position, test) for position, gate in enumerate(gates) for test in gate or ())


def _kind(gate: Gate) -> Kind:
    return tuple(dict.fromkeys((test.fact, isinstance(test, Matches)) for test in gate))


def _label(kind: Kind) -> str:
    return ", ".join(f"{name} pattern" if searched else name for name, searched in kind)


def _seen(kind: Kind, facts: Facts) -> str:
    """What each of these rules would have said if it were its gate alone."""
    return ", ".join(Matches.missed(name) if searched else Eq.saw(name, fact(name).read(facts)) for name, searched in kind)
