"""A policy document to a `Policy`. In: the file's bytes. Out: the policy, or all that is wrong with the document at once.

Nothing is run or guessed: a document with one problem gives no policy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from mailgate.cases.workflow import OPERATOR, SUPPORTWEB, Operation, ReplyMove, Status, Step, Workflow
from mailgate.rules.agreements import DEFAULT_ZONE, SUPPORTWEB_AGREEMENTS, Agreement, ResponseTime, SpecialDay, Week, hours, time_zone
from mailgate.rules.conditions import All, Always, AnyOf, CompareNumber, Comparison, Condition, Eq, In, Matches, Not
from mailgate.rules.default import CASE_DEFAULTS, CASE_TYPES, PRIORITIES
from mailgate.rules.document.examples import read_tests
from mailgate.rules.document.legacy import read_legacy, without_rule
from mailgate.rules.document.lint import lint, no_default
from mailgate.rules.document.names import Known, known_of, unknown_in_workflow, unknown_names
from mailgate.rules.document.schema import DAYS, DEFAULTS, SCHEMA, Schema, misfits, problem
from mailgate.rules.document.yaml_tree import Node, Position, Problem, Unreadable, items_of, parse, values_of
from mailgate.rules.legacy import SUPPORTWEB_LEGACY, Legacy
from mailgate.rules.policy import (
    TEXTS,
    CaseDefaults,
    Choice,
    Example,
    NoticeSettings,
    Policy,
    RedirectSettings,
    Rule,
    RuleAction,
    WaitingSettings,
    check_waiting,
)
from mailgate.rules.special_days import day_of_year

_SIGNS: dict[str, Comparison] = {"over": "gt", "under": "lt", "at_least": "ge", "at_most": "le"}
_ARGUMENT = {"tag": "name", "transition": "to"}
_FORMS: Mapping[str, Schema] = SCHEMA["properties"]
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class LoadedPolicy:
    """The result of reading a file. `policy` is None when there are problems that stop it. Problems are in the order of the file."""

    policy: Policy | None
    problems: tuple[Problem, ...] = ()


def load(raw: bytes, own: frozenset[str] = frozenset(), folder: Path | None = None, *, stored: bool = False) -> LoadedPolicy:
    """Read a document. `own`: our mail addresses in lower case, which no rule may forward to. `folder`: where the mails of its tests are;
    None leaves those tests out. `stored`: a version that was activated, maybe by a release that did not ask for `defaults` yet: then the
    first of each list stands for them. Raises nothing for any bytes.
    """
    try:
        root, problems = parse(raw, most_values=len(raw) + 1) if stored else parse(raw)  # what runs already goes on running
    except Unreadable as error:
        return LoadedPolicy(None, (error.problem,))
    problems += misfits(root)
    builder = _Builder(problems, folder, stored)
    policy = builder.policy(root, f"file-{hashlib.sha256(raw).hexdigest()[:8]}", own)
    found = tuple(sorted(set(builder.problems)))
    return LoadedPolicy(None if any(one.stops for one in found) else policy, found)


@dataclass
class _Builder:
    """Builds what has the right form, and collects problems with the rest."""

    problems: list[Problem] = field(default_factory=list)
    folder: Path | None = None
    stored: bool = False

    def policy(self, root: Node, version: str, own: frozenset[str]) -> Policy | None:
        """The policy that the document describes; None when `problems` has one that stops it. `own`: the installation's own addresses."""
        parts = values_of(root)
        items = items_of(parts.get("rules"))
        rules = [(rule, item) for item in items if (rule := self._try(item, _rule, _FORMS["rules"]["items"]))]
        known = known_of(parts, *([choice.key for choice in choices] for choices in (CASE_TYPES, PRIORITIES)))
        self.problems += unknown_names(parts, known, own)
        workflow = self._workflow(parts.get("workflow"), known)
        waiting = self._try(parts["waiting"], partial(_waiting, workflow), _FORMS["waiting"]) if workflow and "waiting" in parts else None
        zone = self._zone(parts.get("zone"))
        agreements = self._agreements(parts.get("agreements"), zone)
        defaults = self._defaults(parts, known)
        self.problems += lint([(rule, _places(item)) for rule, item in rules], workflow, _workflow_positions(parts.get("workflow")))
        legacy = self._legacy(parts.get("legacy"), own, zone, [rule for rule, _ in rules])
        if rules and rules[-1][1] is items[-1]:
            self.problems += no_default(rules[-1][0], items[-1].position)
        names = [str(_plain(values_of(item)["name"])) for item in items if "name" in values_of(item)]
        examples = self._examples(parts.get("tests"), zone, names)
        if any(one.stops for one in self.problems) or workflow is None:
            return None
        return self._try(
            root,
            lambda _: Policy(
                tuple(rule for rule, _ in rules),
                version,
                workflow,
                agreements,
                waiting=waiting or WaitingSettings(),
                legacy=legacy,
                examples=examples,
                defaults=defaults,
                zone=zone,
                **_independent(parts),
            ),
            SCHEMA,
        )

    def _workflow(self, node: Node | None, known: Known) -> Workflow | None:
        if node is None:
            return SUPPORTWEB
        if wrong := list(unknown_in_workflow(node, known)):
            self.problems += wrong
            return None
        return self._try(node, _workflow, _FORMS["workflow"])

    def _zone(self, node: Node | None) -> str:
        if node is None or not isinstance(node.value, str):
            return DEFAULT_ZONE
        try:
            return time_zone(node.value).key
        except ValueError as error:
            self.problems.append(problem(node.position, f"{error}; write its name of the IANA list, such as Europe/Oslo"))
            return DEFAULT_ZONE

    def _defaults(self, parts: Mapping[str, Node], known: Known) -> CaseDefaults:
        """What the document names, else what is built in. A document with types or priorities of its own must name the default."""
        given, found = values_of(parts.get("defaults")), dict[str, str]()
        for name, section in DEFAULTS.items():
            keys, built_in = known.names[name.replace("_", " ")], str(getattr(CASE_DEFAULTS, name))
            if name in given:
                found[name] = str(given[name].value)
            elif section not in parts or (self.stored and built_in in keys):
                found[name] = built_in
            elif self.stored:
                found[name] = next(iter(keys), "")
            else:
                what = f"{section} names no default for cases that mail makes; add defaults: {{{name}: ...}}"
                self.problems.append(problem(parts[section].position, what))
        return CaseDefaults(**found)

    def _agreements(self, node: Node | None, zone: str) -> dict[str, Agreement]:
        if node is None or not isinstance(node.value, dict):
            return {key: replace(agreement, zone=zone) for key, agreement in SUPPORTWEB_AGREEMENTS.items()}
        form = _FORMS["agreements"]["additionalProperties"]
        made = {key: self._try(item, partial(_agreement, key, zone), form) for key, item in node.value.items()}
        return {key: agreement for key, agreement in made.items() if agreement}

    def _legacy(self, node: Node | None, own: frozenset[str], zone: str, rules: list[Rule]) -> Legacy:
        if node is None or any(misfits(node, _FORMS["legacy"])):
            return replace(SUPPORTWEB_LEGACY, zone=zone)
        legacy, problems = read_legacy(node, own, zone)
        self.problems += problems or (without_rule(node, legacy, rules) if legacy else ())
        return legacy or SUPPORTWEB_LEGACY

    def _examples(self, node: Node | None, zone: str, rules: list[str]) -> tuple[Example, ...]:
        if node is None or any(misfits(node, _FORMS["tests"])):
            return ()
        examples, problems = read_tests(items_of(node), rules, self.folder, ZoneInfo(zone))
        self.problems += problems
        return examples

    def _try(self, node: Node, make: Callable[[Node], _Made], form: Schema) -> _Made | None:
        """Build it when it has the right form; a value that its type refuses is a problem at its position."""
        if any(misfits(node, form)):
            return None  # said already, for the whole document
        try:
            return make(node)
        except _Refused as error:
            self.problems.append(problem(error.position, str(error)))
        except ValueError as error:
            self.problems.append(problem(node.position, str(error)))
        return None


class _Refused(ValueError):
    """A value that its type refuses, with its position."""

    def __init__(self, position: Position, what: str) -> None:
        super().__init__(what)
        self.position = position


def _independent(parts: Mapping[str, Node]) -> dict[str, Any]:
    """Fields of Policy from the sections that refer to no other section."""
    return {
        "notices": _notices(parts.get("notices")),
        "redirect": _redirect(parts.get("redirect")),
        "destinations": _addresses(parts.get("destinations")),
        "known_machines": _addresses(parts.get("known_machines")),
        "case_types": _choices(parts.get("case_types"), CASE_TYPES),
        "priorities": _choices(parts.get("priorities"), PRIORITIES),
        "components": _choices(parts.get("components"), ()),
        "texts": {**TEXTS, **(_plain(parts["texts"]) if "texts" in parts else {})},
    }


def _plain(node: Node) -> Any:
    if isinstance(node.value, list):
        return tuple(_plain(item) for item in node.value)
    if isinstance(node.value, dict):
        return {key: _plain(item) for key, item in node.value.items()}
    return node.value


def _places(item: Node) -> dict[str, Position]:
    return {"": item.position, **{key: value.position for key, value in item.value.items()}}


def _workflow_positions(node: Node | None) -> dict[str, Position]:
    if node is None or not isinstance(node.value, dict):
        return {}
    statuses = [item for item in items_of(node.value.get("statuses")) if isinstance(item.value, dict) and "key" in item.value]
    return {str(item.value["key"].value): item.position for item in statuses}


def _rule(node: Node) -> Rule:
    given = {key: value.value for key, value in node.value.items()}
    return Rule(
        name=given["name"],
        when=condition(node.value["when"]),
        then=given.get("then"),
        reason=given.get("reason", given.get("says", "")),
        actions=tuple(_action(item, given["name"]) for item in items_of(node.value.get("do"))),
        continue_=given.get("continue", False),
        shadow=given.get("shadow", False),
        answer=given.get("answer", ""),
        forward_to=given.get("to", ""),
        attach="files" if given.get("attach") == "files" else "",
        description=given.get("description", ""),
    )


def _action(node: Node, rule: str) -> RuleAction:
    ((do, value),) = node.value.items()
    if do == "participant":
        return RuleAction("participant", {"approved": "yes" if value.value["approved"].value else "no"})
    if do == "notify":
        return RuleAction("notify", {"whom": value.value, "by": rule})
    return RuleAction(do, _plain(value) if do == "set" else {_ARGUMENT[do]: value.value})


def condition(node: Node) -> Condition:
    """The condition that a node of the right form says. Raises ValueError, with the position, for a value that its type refuses."""
    if node.value == "always":
        return Always()
    parts = tuple(part for key, value in node.value.items() for part in _parts(key, value))
    return parts[0] if len(parts) == 1 else All(parts)


def _parts(key: str, node: Node) -> Iterator[Condition]:
    if key == "not":
        yield Not(condition(node))
    elif key in ("any", "all"):
        yield (AnyOf if key == "any" else All)(tuple(condition(item) for item in node.value))
    elif isinstance(node.value, dict):
        for name, value in node.value.items():
            yield _test(key, name, value)
    else:
        yield _test(key, "in" if isinstance(node.value, list) else "is", node)


def _test(name: str, operator: str, node: Node) -> Condition:
    try:
        if operator == "matches":
            return Matches(name, node.value)
        if operator == "in":
            return In(name, _plain(node))
        return CompareNumber(name, _SIGNS[operator], node.value) if operator in _SIGNS else Eq(name, node.value)
    except ValueError as error:
        raise _Refused(node.position, str(error)) from error


def _workflow(node: Node) -> Workflow:
    parts = node.value
    more = {name: parts[name].value for name in ("initial", "reopen_days") if name in parts}
    if "moving_trust" in parts:
        more["moving_trust"] = frozenset(_plain(parts["moving_trust"]))
    return Workflow(
        tuple(_status(item) for item in items_of(parts["statuses"])),
        tuple(_operation(item) for item in items_of(parts["operations"])),
        tuple(_reply(item) for item in items_of(parts.get("replies"))),
        **more,
    )


def _status(node: Node) -> Status:
    """A status; whose turn it is and its hints are those of the built-in one of its key when they are not given."""
    given = _plain(node)
    built_in = SUPPORTWEB.status(given["key"])
    return Status(**{"turn": built_in.turn, "hints": built_in.hints, **given})


def _operation(node: Node) -> Operation:
    given = _plain(node)
    steps = (Step(frozenset(step["from"]), step["to"], frozenset(step.get("who", OPERATOR))) for step in given["steps"])
    return Operation(given["name"], given["labels"], tuple(steps))


def _reply(node: Node) -> ReplyMove:
    given = _plain(node)
    return ReplyMove(given.pop("status"), given.pop("to", ""), **given)


def _agreement(key: str, zone: str, node: Node) -> Agreement:
    parts = node.value
    more = {"zone": zone} | {name: _plain(parts[name]) for name in ("closed_on_holidays", "zone", "labels") if name in parts}
    more["special_days"] = tuple(map(_special_day, items_of(parts.get("special_days"))))
    phone = _week(parts["phone"]) if "phone" in parts else None
    return Agreement(key, _week(parts["hours"]), ResponseTime(**_plain(parts["response"])), phone, **more)


def _week(node: Node) -> Week:
    return tuple(_placed(hours, node.value[day]) if day in node.value else () for day in DAYS)


def _special_day(node: Node) -> SpecialDay:
    day, spans = node.value["day"], node.value["hours"]
    return SpecialDay(_placed(day_of_year, day), _placed(hours, spans))


def _placed(read: Callable[[str], _Made], node: Node) -> _Made:
    """The text of a node as it is read; a refusal is given its position."""
    try:
        return read(node.value)
    except ValueError as error:
        raise _Refused(node.position, str(error)) from error


def _choices(node: Node | None, built_in: tuple[Choice, ...]) -> tuple[Choice, ...]:
    given = [_plain(item) for item in items_of(node)] if node else []
    return built_in if node is None else tuple(Choice(one["key"], one["labels"], tuple(one.get("asks", ()))) for one in given)


def _addresses(node: Node | None) -> frozenset[str]:
    return frozenset(str(item.value).lower() for item in items_of(node))


def _notices(node: Node | None) -> NoticeSettings:
    given = _plain(node) if node else {}
    made = NoticeSettings()
    kinds = frozenset(given["told"]) if "told" in given else made.kinds
    windows = {kind: timedelta(seconds=seconds) for kind, seconds in given.get("windows_s", {}).items()}
    window = timedelta(seconds=given["window_s"]) if "window_s" in given else made.window
    return NoticeSettings(cast("Any", kinds), window, cast("Any", windows))


def _waiting(workflow: Workflow, node: Node) -> WaitingSettings:
    given = _plain(node)
    made = WaitingSettings(given.get("remind_after_days", 0), given.get("close_after_days", 0))
    return check_waiting(replace(made, statuses=tuple(given["statuses"])) if "statuses" in given else made, workflow)


def _redirect(node: Node | None) -> RedirectSettings:
    given = _plain(node) if node else {}
    window = timedelta(seconds=given["window_s"]) if "window_s" in given else RedirectSettings().window
    return RedirectSettings(window, given.get("texts", {}))
