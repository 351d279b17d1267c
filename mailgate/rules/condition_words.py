"""Conditions in words, the same for all that mean the same. In: a condition. Out: texts in the vocabulary of the document. Pure.

The order of parts, lists of one, and nesting that adds nothing do not show: two conditions with the same words hold for the same mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mailgate.rules.conditions import All, Always, AnyOf, CompareNumber, Comparison, Condition, Eq, In, Matches, Not, Scalar

_COMPARED: Mapping[Comparison, str] = {"gt": "over", "lt": "under", "ge": "at least", "le": "at most"}


def demands(condition: Condition) -> tuple[str, ...]:
    """What must hold, each demand in words, in alphabetical order; () for a condition that always holds."""
    return tuple(sorted({_words(part) for part in _parts(condition)}))


def _parts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _parts(part)
    elif not isinstance(condition, Always):
        yield condition


def _words(condition: Condition) -> str:
    match condition:
        case Eq():
            return _one_of(condition.fact, [condition.value])
        case In():
            return _one_of(condition.fact, condition.values)
        case Matches():
            return f"{condition.fact} matches {condition.pattern!r}"
        case CompareNumber():
            return f"{condition.fact} is {_COMPARED[condition.by]} {condition.value}"
        case Not(part=Not(part=inner)):
            return _words(inner)
        case Not():
            return f"not ({_words(condition.part)})"
        case AnyOf():
            return _any(condition)
        case _:
            return " and ".join(demands(condition)) or "always"


def _any(condition: AnyOf) -> str:
    values: dict[str, list[Scalar]] = {}
    others = set()
    for part in _alternatives(condition):
        if isinstance(part, Eq | In):
            values.setdefault(part.fact, []).extend(part.values if isinstance(part, In) else [part.value])
        else:
            others.add(f"({words})" if " and " in (words := _words(part)) else words)
    texts = sorted(others | {_one_of(fact, found) for fact, found in values.items()})
    return texts[0] if len(texts) == 1 else f"({' or '.join(texts)})"


def _alternatives(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AnyOf):
        for part in condition.parts:
            yield from _alternatives(part)
    else:
        yield condition


def _one_of(fact: str, values: Iterable[Scalar]) -> str:
    texts = sorted({_value(value) for value in values})
    return f"{fact} is {texts[0]}" if len(texts) == 1 else f"{fact} is one of {', '.join(texts)}"


def _value(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if text and text == text.strip() and "," not in text else repr(text)
