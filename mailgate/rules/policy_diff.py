"""How two policies differ in meaning. In: two policies. Out: differences, in the words of the document. Pure.

Values are compared, not texts: comments, order of keys, spelling out a default and the ways to write the same condition are no difference.
The order of rules is one, since the first that holds decides. What a policy gets in a later release is compared as well: all fields are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from typing import Any, Literal

from mailgate.rules.agreements import OpeningSpan
from mailgate.rules.condition_words import demands
from mailgate.rules.document.schema import DAYS
from mailgate.rules.policy import Example, Policy, Rule, RuleAction

Change = Literal["added", "removed", "moved", "changed"]
_DOCUMENT_NAMES = {
    "continue_": "continue", "kinds": "told", "forward_to": "to", "actions": "do", "examples": "tests", "window": "window_s",
    "windows": "windows_s",
    "sources": "from", "target": "to", "actors": "who", "disposition": "expect",
}  # fmt: skip
_NOT_SAID = ("line", "mail")
"""Of a test: where it stands, and the mail that its path leads to."""
_NAMED_BY = ("key", "name", "status", "domain")


@dataclass(frozen=True, slots=True)
class PolicyDifference:
    """One thing that differs. `part`: the section of the document; `name`: what in it, as a path with dots, "" for the section itself.

    `before` and `after` are "" where there is nothing.
    """

    part: str
    name: str
    change: Change
    before: str = ""
    after: str = ""


def differences(before: Policy, after: Policy) -> list[PolicyDifference]:
    """All that differs: rules first, then the other sections in the order of the document."""
    found = list(_rules(before.rules, after.rules))
    for field in fields(Policy):
        if field.name not in ("rules", "version"):
            part = _DOCUMENT_NAMES.get(field.name, field.name)
            found += _compared(part, (), _plain(getattr(before, field.name)), _plain(getattr(after, field.name)))
    return found


def _rules(before: Sequence[Rule], after: Sequence[Rule]) -> Iterator[PolicyDifference]:
    old = {rule.name: at for at, rule in enumerate(before)}
    new = {rule.name: at for at, rule in enumerate(after)}
    for name, at in old.items():
        if name not in new:
            yield PolicyDifference("rules", name, "removed", before=f"place {at + 1}: {_rule_words(before[at])}")
    kept = [name for name in new if name in old]
    stayed = _longest_rising([old[name] for name in kept])
    for name, at in new.items():
        if name not in old:
            yield PolicyDifference("rules", name, "added", after=f"place {at + 1}: {_rule_words(after[at])}")
            continue
        if old[name] not in stayed:
            yield PolicyDifference("rules", name, "moved", f"place {old[name] + 1}", _place(after, at))
        yield from _rule(before[old[name]], after[at])


def _place(rules: Sequence[Rule], at: int) -> str:
    return f"place {at + 1}" + (f", before {rules[at + 1].name}" if at + 1 < len(rules) else "")


def _longest_rising(places: Sequence[int]) -> set[int]:
    """The most numbers that can stay where they are while the others move: a longest rising subsequence."""
    tails: list[int] = []
    before: dict[int, int | None] = {}
    for place in places:
        at = bisect_left(tails, place)
        before[place] = tails[at - 1] if at else None
        tails[at : at + 1] = [place]
    found, last = set[int](), tails[-1] if tails else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found


def _rule(before: Rule, after: Rule) -> Iterator[PolicyDifference]:
    old, new = demands(before.when), demands(after.when)
    if old != new:
        shared = set(old) & set(new)
        dropped, wanted = (" and ".join(text for text in side if text not in shared) for side in (old, new))
        yield PolicyDifference("rules", f"{before.name}.when", "changed", dropped if old else "always", wanted if new else "always")
    yield from _compared("rules", (before.name,), _rule_values(before), _rule_values(after))


def _rule_values(rule: Rule) -> dict[str, Any]:
    """All of a rule but its condition, by the names of the document."""
    values: dict[str, Any] = _plain(rule)
    without = ("when", "name") if rule.then == "forward" else ("when", "name", "attach")
    values = {key: value for key, value in values.items() if key not in without}
    if rule.then == "redirect":
        values["answer"] = rule.answer or "legacy"  # the text that a redirect has when none is named
    return values


def _rule_words(rule: Rule) -> str:
    values = {key: value for key, value in _rule_values(rule).items() if value not in ("", "no") and key not in ("reason", "description")}
    return "; ".join((f"when {' and '.join(demands(rule.when)) or 'always'}", *(f"{key} {_leaf(value)}" for key, value in values.items())))


def _compared(part: str, path: tuple[str, ...], before: Any, after: Any) -> Iterator[PolicyDifference]:
    if before == after:
        return
    before, after = ({} if one == "" and isinstance(other, dict) else one for one, other in ((before, after), (after, before)))
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            yield from _compared(part, (*path, key), before.get(key), after.get(key))
        return
    change: Change = "added" if before is None else "removed" if after is None else "changed"
    yield PolicyDifference(part, ".".join(path), change, _leaf(before), _leaf(after))


def _leaf(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {text}" for key, inner in value.items() if (text := _leaf(inner)))
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    """Texts, and mappings of them by the names that people know."""
    if isinstance(value, RuleAction):
        return f"{value.do} {_leaf(_plain(value.args))}"
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}"
    if is_dataclass(value) and not isinstance(value, type) and type(value).__str__ is object.__str__:
        said = (one.name for one in fields(value) if one.init and not (isinstance(value, Example) and one.name in _NOT_SAID))
        return {_DOCUMENT_NAMES.get(name, name): _plain(getattr(value, name)) for name in said}
    if isinstance(value, tuple | list):
        return _sequence(value)
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(str(_plain(inner)) for inner in value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _sequence(values: Sequence[Any]) -> Any:
    if len(values) == len(DAYS) and all(isinstance(day, tuple) and all(isinstance(span, OpeningSpan) for span in day) for day in values):
        return {name: ", ".join(map(str, day)) or "closed" for name, day in zip(DAYS, values, strict=True)}
    named = {_name(value): _plain(value) for value in values}
    if named and len(named) == len(values) and "" not in named:
        return named
    return "; ".join(_leaf(_plain(value)) for value in values)


def _name(value: Any) -> str:
    """What people call one of several, "" when it has no name."""
    return next((str(getattr(value, name)) for name in _NAMED_BY if is_dataclass(value) and hasattr(value, name)), "")
