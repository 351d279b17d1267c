"""A decision as text: the rules that were evaluated, the facts that they used, the effects. In: the object of `--json`. Out: lines.

`explain` and `journal show` share it, so that a mail looks the same before and after it was decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mailgate.cli import output

_WIDTH_MAX = 28
_PARTS = ("trail", "effects", "facts", "shadow", "passed_over")


def without_trail(found: Mapping[str, Any]) -> dict[str, Any]:
    """The rest of the object."""
    return {name: value for name, value in found.items() if name not in _PARTS}


def trail_lines(found: Mapping[str, Any]) -> list[str]:
    """All parts that there are, each under its heading."""
    return [*_rules(found), *_facts(found), *_effects(found)]


def _rules(found: Mapping[str, Any]) -> Iterator[str]:
    steps = found.get("trail", [])
    if not steps:
        return
    yield "rules asked, in order"
    width = min(max(len(step["rule"]) for step in steps), _WIDTH_MAX)
    decided = found.get("rule")
    for step in steps:
        mark = "=>" if step["rule"] == decided and step["hit"] else "+ " if step["hit"] else "- "
        yield f"  {mark} {output.one_line(step['rule']):<{width}}  {output.one_line(step['because']) or 'it holds always'}"
    for group in found.get("passed_over", ()):
        yield f"  -  {group['rules']} rules that ask for {group['facts']}: {output.one_line(group['because'])}"
    yield "  (=> decided, + held, - did not hold)"


def _facts(found: Mapping[str, Any]) -> Iterator[str]:
    facts = found.get("facts") or {}
    if not facts:
        return
    yield "facts that they looked at"
    width = min(max(map(len, facts)), _WIDTH_MAX)
    yield from (f"  {name:<{width}}  {_shown(value)}" for name, value in facts.items())


def _effects(found: Mapping[str, Any]) -> Iterator[str]:
    effects = found.get("effects") or []
    if not effects:
        return
    yield "what follows"
    for effect in effects:
        hidden = ("do", "flavour") if "answer" in effect else ("do",)  # a trail has both names of the text, see `chain.effect_json`
        more = ", ".join(f"{name} {output.one_line(value)}" for name, value in effect.items() if name not in hidden)
        yield f"  {effect['do']}" + (f": {more}" if more else "")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(output.one_line, value)) or "(none)"
    return output.one_line(value) or "(empty)"
