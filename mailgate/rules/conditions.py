"""Conditions: closed operators over facts, as plain values that any loader can build. In: `Facts`. Out: yes or no, and what was seen.

A fact with several values meets a condition when one of them does. Patterns are RE2 (linear time), unanchored and without regard to case.
Building a condition checks it: an unknown fact, a value of the wrong type or a bad pattern is a ValueError that says so.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import re2

from mailgate.rules.facts import Fact, Facts, FactType, Value, fact

Scalar = str | int | bool
Seen = tuple[bool, str]
"""The answer, and what was seen in plain words."""
Comparison = Literal["lt", "le", "gt", "ge"]

MAX_PATTERN_CHARS = 2000
MAX_SEARCHED_CHARS = 64 * 1024
"""Characters of a fact that a pattern searches, all its values together."""
MAX_STEPS = 2500
"""The largest pattern that is accepted, in instructions of RE2's program: one for a plain character, more for counted repeats."""
LEAST_SEARCHED_CHARS = 4 * 1024
_WORK = 64 * MAX_SEARCHED_CHARS
"""Instructions times characters, at most: RE2 is linear in both. Where repeats overlap, this much takes 20 to 40 ms."""
_REPEATS = frozenset("*+{")
_SHOWN_CHARS = 60
_MAX_MEMORY_BYTES = 2 * 1024 * 1024
_SET_MEMORY_BYTES = 16 * 1024 * 1024
_EVERYWHERE = ""
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge}
_SIGNS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_PYTHON_TYPES: Mapping[FactType, type] = {"text": str, "texts": str, "number": int, "truth": bool}


@dataclass(frozen=True, slots=True)
class Eq:
    """The fact is this value."""

    fact: str
    value: Scalar
    _fact: Fact = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _bind(self, self.value)

    def judge(self, facts: Facts) -> Seen:
        """Answer for one mail."""
        value = facts.value(self._fact)
        hit = self.value in value if isinstance(value, tuple) else value == self.value
        return hit, self.saw(self.fact, value)

    @staticmethod
    def saw(fact: str, value: Value) -> str:
        """What it says, hit or not."""
        return f"{fact} is {_shown(value)}"


@dataclass(frozen=True, slots=True)
class In:
    """The fact is one of these values."""

    fact: str
    values: tuple[Scalar, ...]
    _fact: Fact = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError(f"{self.fact}: a list of values is empty")
        _bind(self, *self.values)

    def judge(self, facts: Facts) -> Seen:
        """Answer for one mail."""
        value = facts.value(self._fact)
        hit = any(item in self.values for item in value) if isinstance(value, tuple) else value in self.values
        return hit, f"{self.fact} is {_shown(value)}"


@dataclass(frozen=True, slots=True)
class Matches:
    """The RE2 pattern is found in the first `searched_chars` characters of the fact."""

    fact: str
    pattern: str
    _fact: Fact = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        compiled(self.pattern)
        _bind(self, self.pattern)

    def judge(self, facts: Facts) -> Seen:
        """Answer for one mail."""
        value = facts.value(self._fact)
        texts = value if isinstance(value, tuple) else (str(value),)
        pieces = _beginning(texts, searched_chars(self.pattern))
        found = next((match for match in map(compiled(self.pattern).search, pieces) if match), None)
        return found is not None, f"{self.fact} has {_shown(found.group(0))}" if found else self.missed(self.fact)

    @staticmethod
    def missed(fact: str) -> str:
        """What it says when nothing is found."""
        return f"{fact} does not match"


@dataclass(frozen=True, slots=True)
class CompareNumber:
    """The number is below, above, at most or at least this one."""

    fact: str
    by: Comparison
    value: int
    _fact: Fact = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.by not in _COMPARE:
            raise ValueError(f"{self.fact}: there is no comparison {self.by!r}; there are {', '.join(_COMPARE)}")
        _bind(self, self.value)
        if self._fact.type != "number":
            raise ValueError(f"{self.fact} is no number and cannot be compared with {_SIGNS[self.by]}")

    def judge(self, facts: Facts) -> Seen:
        """Answer for one mail."""
        value = facts.value(self._fact)
        hit = _COMPARE[self.by](value, self.value)
        return hit, f"{self.fact} is {value}" + ("" if hit else f", not {_SIGNS[self.by]} {self.value}")


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds. The first that does not is the reason."""

    parts: tuple[Condition, ...]

    def judge(self, facts: Facts) -> Seen:
        """Answer for one mail."""
        seen: list[str] = []
        for part in self.parts:
            hit, because = part.judge(facts)
            if not hit:
                return False, because
            seen.append(because)
        return True, ", ".join(seen)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part holds. The first that does is the reason."""

    parts: tuple[Condition, ...]

    def judge(self, facts: Facts) -> Seen:
        """Answer for one mail."""
        seen: list[str] = []
        for part in self.parts:
            hit, because = part.judge(facts)
            if hit:
                return True, because
            seen.append(because)
        return False, ", ".join(seen)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition

    def judge(self, facts: Facts) -> Seen:
        """Answer for one mail."""
        hit, because = self.part.judge(facts)
        return not hit, because


@dataclass(frozen=True, slots=True)
class Always:
    """Holds for every mail: the default at the end of a policy."""

    def judge(self, facts: Facts) -> Seen:
        """Answer for one mail."""
        return True, ""


Condition = Eq | In | Matches | CompareNumber | All | AnyOf | Not | Always


def facts_in(condition: Condition) -> Iterator[str]:
    """The facts that a condition asks for, in order, with duplicates."""
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from facts_in(part)
    elif isinstance(condition, Not):
        yield from facts_in(condition.part)
    elif not isinstance(condition, Always):
        yield condition.fact


def _instead(pattern: str) -> str:
    """What to write in place of syntax that RE2 lacks."""
    if re.search(r"\(\?(=|!|<=|<!)", pattern):
        return (
            "; RE2 does not look ahead or behind: write the words that must not be there as a second condition, "
            "such as not: {subject: {matches: nummer}}"
        )
    if re.search(r"\\[1-9]", pattern):
        return "; RE2 does not refer back to a group: write the text out"
    return ""


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """The RE2 pattern, compiled once. Raises ValueError for one that RE2 does not take, or that is too long or too large."""
    if len(pattern) > MAX_PATTERN_CHARS:
        raise ValueError(f"a pattern has {len(pattern)} characters; {MAX_PATTERN_CHARS} are the most")
    try:
        made = re2.compile(pattern, _options(_MAX_MEMORY_BYTES))
    except re2.error as error:
        said = error.args[0] if error.args else ""
        why = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"pattern {pattern!r} cannot be read: {why}{_instead(pattern)}") from error
    if made.programsize > MAX_STEPS:
        raise ValueError(
            f"a pattern has {made.programsize} steps; {MAX_STEPS} are the most, so shorten its counted repeats such as {{1,500}}"
        )
    return made


def searched_chars(pattern: str) -> int:
    """How many characters of a fact this pattern searches: fewer for large patterns with repeats, so that no mail can make them slow."""
    if _REPEATS.isdisjoint(pattern):
        return MAX_SEARCHED_CHARS
    return max(LEAST_SEARCHED_CHARS, min(MAX_SEARCHED_CHARS, _WORK // max(1, int(compiled(pattern).programsize))))


class Patterns:
    """Many patterns on one fact, searched for in one pass over it, as `Matches` would search for each. Safe to share between threads."""

    def __init__(self, name: str, patterns: Sequence[str]) -> None:
        self._read, self._count = fact(name).read, len(patterns)
        self._set: Any = re2.Set.SearchSet(_options(_SET_MEMORY_BYTES))
        for pattern in (*patterns, _EVERYWHERE):
            self._set.Add(pattern)
        try:
            self._set.Compile()
        except re2.error:
            self._set = None

    def found(self, facts: Facts) -> Iterable[int]:
        """Numbers of the patterns that are found. All of them when RE2 runs out of memory: then each must be evaluated."""
        value = self._read(facts)
        found: set[int] = set()
        for text in _beginning(value if isinstance(value, tuple) else (str(value),)):
            numbers = self._set.Match(text) if self._set else None
            # RE2 also returns no match when it gave up; the pattern that matches everything shows whether it did.
            if not numbers or self._count not in numbers:
                return range(self._count)
            found.update(numbers)
        found.discard(self._count)
        return found


def _options(memory_bytes: int) -> Any:
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.max_mem = False, False, memory_bytes
    options.never_capture = True  # group positions are not needed, and computing them costs RE2 a hundred times the search
    return options


def _beginning(texts: tuple[str, ...], most: int = MAX_SEARCHED_CHARS) -> Iterator[str]:
    """The texts up to so many characters in all; the last one may be cut."""
    left = most
    for text in texts:
        if left <= 0:
            return
        yield text[:left]
        left -= len(text)


def _bind(condition: Eq | In | Matches | CompareNumber, *values: Scalar) -> None:
    """Find the fact once, and check that the values are of its type (`bool` is no number here)."""
    found = fact(condition.fact)
    wanted = _PYTHON_TYPES[found.type]
    for value in values:
        if type(value) is not wanted:
            raise ValueError(f"{condition.fact} is {found.type}; {value!r} cannot be its value")
    object.__setattr__(condition, "_fact", found)


def _shown(value: Value) -> str:
    """A value in a line of the trail: short, in one line, and recognisable when empty."""
    if value is True or value is False:
        return "true" if value else "false"
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    if len(text) > _SHOWN_CHARS:
        text = text[: _SHOWN_CHARS - 1] + "…"
    return " ".join(text.split()) or "empty"
