"""The form of a policy document, as JSON Schema made from the tables of the code; and the check of a tree against it, with positions.

In: nodes. Out: problems, each with its line and column. The schema that editors get and the check are the same values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from mailgate.mail.model import MACHINE_KINDS
from mailgate.rules.agreements import DEFAULT_ZONE
from mailgate.rules.conditions import MAX_PATTERN_CHARS
from mailgate.rules.document.yaml_tree import Node, Position, Problem
from mailgate.rules.facts import FACTS, Fact
from mailgate.rules.legacy import PHASES
from mailgate.rules.policy import DISPOSITIONS, SETTABLE, TEXTS

Schema = Mapping[str, Any]
LANGUAGES = ("nb", "nn", "en")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DEFAULTS: Mapping[str, str] = {"case_type": "case_types", "priority": "priorities"}
"""Key of the section `defaults` -> the section that lists its values."""
NOTICES = ("case_created", "comment_added", "status_changed", "assignee_changed", "participant_added")
ANSWERS = ("legacy", "case_closed")
TURNS = ("ours", "yours", "paused", "done", "again")
TRUSTS = ("confirmed", "participant", "colleague", "staff", "doubtful", "stranger")
WORDS: Mapping[str, Sequence[str]] = {
    "kind": sorted({"human", *MACHINE_KINDS}),
    "trust": TRUSTS,
    "auth.verdict": ("pass", "fail", "none"),
    "carrier": ("", "address", "message_id", "marker", "relay_id", "bounce"),
    "case.answer": ("", "comment", "note", "refuse"),
    "time.weekday": DAYS,
    "legacy.phase": tuple(PHASES),
    "legacy.next": ("", *PHASES),
}
"""Facts whose values are a closed set."""
MAX_DAYS = 3650
"""Ten years: longer times are typing errors, and the longest ones go past the end of the calendar."""
MAX_RESPONSE = 1000
OPERATORS: Mapping[str, tuple[str, str]] = {
    "is": ("text", "the fact is this text"),
    "in": ("text", "the fact is one of these texts"),
    "matches": ("text", "the RE2 pattern is found in the fact, without regard to case"),
    "over": ("number", "the number is above this one"),
    "under": ("number", "the number is below this one"),
    "at_least": ("number", "the number is this one or above"),
    "at_most": ("number", "the number is this one or below"),
}
"""Operator -> the type of facts that it is for, and what it means. `any`, `all` and `not` combine."""
ACTIONS: Mapping[str, str] = {
    "tag": "put this tag on the mail's journal entry; mailgate journal list --tag finds it",
    "set": "set fields of the case: " + ", ".join(sorted(SETTABLE)),
    "transition": "move the case of a comment to this status, in place of the workflow's own move, where the guarantees allow it",
    "notify": "notify this address of the mail and of what became of it; never for a machine's mail, nor of mail that it sent itself",
    "participant": "add the author of a comment to the case's people, approved or waiting",
}
"""Action -> what it does."""

_TEXT: Schema = {"type": "string"}
_TRUTH: Schema = {"type": "boolean"}


def _object(properties: Mapping[str, Any], required: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(required), "additionalProperties": False, **more}


def _list(items: Schema, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


def _map(values: Schema) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def _word(words: Sequence[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


def _about(schema: Schema, description: str) -> dict[str, Any]:
    return {**schema, "description": description}


def _fact(item: Fact) -> dict[str, Any]:
    if item.type == "truth":
        return _about(_TRUTH, item.means)
    if item.type == "number":
        number = {"type": "integer"}
        signs = {name: _about(number, text) for name, (kind, text) in OPERATORS.items() if kind == "number"}
        return {"anyOf": [number, _object(signs, minProperties=1)], "description": item.means}
    one = _word(WORDS[item.name]) if item.name in WORDS else dict(_TEXT)
    forms = {"is": one, "in": _list(one, 1), "matches": {"type": "string", "maxLength": MAX_PATTERN_CHARS}}
    described = {name: _about(form, OPERATORS[name][1]) for name, form in forms.items()}
    return {"anyOf": [one, _list(one, 1), _object(described, minProperties=1)], "description": item.means}


_CONDITION: Schema = {"$ref": "#/$defs/condition"}
_LABELS = _object(dict.fromkeys(LANGUAGES, _TEXT), LANGUAGES)
_WEEK = _about(_object(dict.fromkeys(DAYS, _TEXT), minProperties=1), "day: hours as in 08.00-16.00; a day that is left out is closed")


def _condition() -> dict[str, Any]:
    parts = {
        "all": _about(_list(_CONDITION, 1), "every one of these holds"),
        "any": _about(_list(_CONDITION, 1), "one of these holds"),
        "not": _about(_CONDITION, "this does not hold"),
    }
    header = {"anyOf": [_TEXT, _list(_TEXT, 1), _object({"is": _TEXT, "in": _list(_TEXT, 1), "matches": _TEXT}, minProperties=1)]}
    facts = {name: _fact(item) for name, item in FACTS.items()}
    whole = _object({**parts, **facts}, minProperties=1, patternProperties={r"^header\..+": header})
    return {"anyOf": [_word(("always",)), whole], "description": "facts that must all hold, or the word always"}


def _effect() -> dict[str, Any]:
    """An action, or what the disposition itself brings along."""
    more = {"forward": "the mail is passed on to this address", "answer": "the answer is this one of redirect.texts, or case_closed"}
    form = _action()
    return {**form, "properties": {**form["properties"], **{name: _about(_TEXT, text) for name, text in more.items()}}}


def _action() -> dict[str, Any]:
    settable = _object(dict.fromkeys(sorted(SETTABLE), _TEXT), minProperties=1)
    forms: dict[str, Schema] = dict.fromkeys(ACTIONS, _TEXT)
    forms |= {"set": settable, "participant": _object({"approved": _TRUTH}, ["approved"])}
    return _object({name: _about(forms[name], text) for name, text in ACTIONS.items()}, minProperties=1, maxProperties=1)


def _rule() -> dict[str, Any]:
    return _object(
        {
            "name": _about(_TEXT, "a short name; explain and the journal show it"),
            "reason": _about(_TEXT, "why, in a plain sentence"),
            "description": _about(_TEXT, "what the rule is for and who wanted it; explain and the page of a mail show it"),
            "says": _about(_TEXT, "the name of `reason` in earlier releases"),
            "when": _CONDITION,
            "then": _about(_word(sorted(DISPOSITIONS)), "what becomes of the mail"),
            "continue": _about(_TRUTH, "do the actions and ask the next rule"),
            "shadow": _about(_TRUTH, "only say what the rule would have done"),
            "do": _about(_list(_action(), 1), "actions beside the disposition"),
            "answer": _about(_TEXT, "which answer a redirect has: legacy, case_closed, or a name of redirect.texts"),
            "to": _about(_TEXT, "the address that a forward goes to"),
            "attach": _about(_word(("mail", "files")), "what goes along with a forward: the mail as one attachment, or its files"),
        },
        ("name", "when"),
    )


def _waiting() -> dict[str, Any]:
    days = {"type": "integer", "minimum": 0, "maximum": 365}
    return _object(
        {
            "remind_after_days": _about(days, "working days without an answer after which a case's people are reminded, once; 0: never"),
            "close_after_days": _about(days, "working days without an answer after which the case is closed; 0: never"),
            "statuses": _about(_list(_TEXT, 1), "the statuses in which a case waits for its people; waiting_customer when it is not said"),
        }
    )


def _workflow() -> dict[str, Any]:
    words = _list(_TEXT, 1)
    actors = _list(_word(("operator", "system", "contact")), 1)
    turn = _about(_word(TURNS), "whose turn it is: the colour of the status in pages and mails; ours when it is not said")
    hints = _about(_LABELS, "what the status means for a customer, said in mails; {portal} is the portal's name")
    solved = _about(_TRUTH, "the matter is done: the time is kept, reopen_days count from it, and a reply may open the case again")
    final = _about(_TRUTH, "closed for good: customers can neither comment nor open it again; most workflows have one such status")
    more = {"solved": solved, "final": final, "turn": turn, "hints": hints}
    status = _object({"key": _TEXT, "labels": _LABELS, **more}, ("key", "labels"))
    step = _object({"from": words, "to": _TEXT, "who": actors}, ("from", "to"))
    operation = _object({"name": _TEXT, "labels": _LABELS, "steps": _list(step, 1)}, ("name", "labels", "steps"))
    names = ("refuse", "thanks_moves", "within_reopen_days")
    reply = _object({"status": _TEXT, "to": _TEXT, **dict.fromkeys(names, _TRUTH)}, ("status",))
    return _object(
        {
            "initial": _TEXT,
            "reopen_days": {"type": "integer", "minimum": 0, "maximum": MAX_DAYS},
            "moving_trust": _list(_word(TRUSTS), 1),
            "statuses": _list(status, 1),
            "operations": _list(operation),
            "replies": _list(reply),
        },
        ("initial", "statuses", "operations"),
    )


def _agreement() -> dict[str, Any]:
    amount = {"type": "integer", "minimum": 1, "maximum": MAX_RESPONSE}
    response = _object({"amount": amount, "unit": _word(("working_days", "working_hours"))}, ("amount", "unit"))
    day = _about(_TEXT, "12-24 in every year, 2026-05-15 once, easter-4 the Wednesday before Easter")
    hours = _about(_TEXT, "hours as in 08.00-12.00; empty: closed. On a day of every year they limit the usual ones")
    special = _about(_list(_object({"day": day, "hours": hours}, ("day", "hours"))), "days with other hours")
    more = {"labels": _LABELS, "closed_on_holidays": _TRUTH, "zone": _TEXT, "special_days": special}
    return _object({"hours": _WEEK, "phone": _WEEK, "response": response, **more}, ("hours", "response"))


def _legacy() -> dict[str, Any]:
    phase = _about(_word(tuple(PHASES)), "; ".join(f"{name}: {text}" for name, text in PHASES.items()))
    day = _about(_TEXT, "the day on which it begins, such as 2009-04-01; only the first phase has none")
    phases = _about(_list(_object({"phase": phase, "from": day}, ["phase"]), 1), "phases in the order of their days")
    senders = {
        "domains": _about(_list(_TEXT, 1), "domains of the reverse-path, in either spelling of international ones"),
        "subdomains": _about(_TRUTH, "all domains below them, too; not, when nothing is said"),
        "phases": phases,
    }
    return _about(
        _object(
            {
                "phases": _about(phases, "phases of everyone who is not named; redirect when nothing is said"),
                "senders": _list(_object(senders, ("domains", "phases"))),
                "zone": _about(_TEXT, "where days begin at midnight; the policy's zone when left out"),
                "refusal": _about(_object(dict.fromkeys(LANGUAGES, _TEXT)), "your own text of the 550, one line of ASCII per language"),
            }
        ),
        "what becomes of people who ask for help by mail, per domain and by dates",
    )


def _test() -> dict[str, Any]:
    value = {"anyOf": [_TEXT, {"type": "integer"}, _TRUTH, _list(_TEXT)]}
    fields = {
        "name": _about(_TEXT, "what the test is about"),
        "mail": _about(_TEXT, "path of an .eml file, from the folder of this document; else a plain mail of someone unknown"),
        "at": _about(_TEXT, "when it comes, local time, such as 2026-03-07 22:15; else a Monday morning"),
        "given": _about(_map(value), "facts to put in place of the mail's own"),
        "expect": _about(_word(sorted(DISPOSITIONS)), "the disposition that must come out"),
        "rule": _about(_TEXT, "the rule that must decide"),
        "effects": _about(_list(_effect()), "all that must follow beside the disposition, in any order; [] for nothing"),
    }
    return _object(fields, ("name", "expect"))


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a policy document."""
    choices = _list(_object({"key": _TEXT, "labels": _LABELS}, ("key", "labels")))
    asks = _about(_list(_word(["environment"])), "fields that a customer must fill in for a case of this type")
    case_types = _list(_object({"key": _TEXT, "labels": _LABELS, "asks": asks}, ("key", "labels")))
    window = {"type": "integer", "minimum": 0, "maximum": MAX_DAYS * 24 * 3600, "description": "seconds"}
    sections = {
        "rules": _about(_list(_rule(), 1), "asked in order; the first that holds decides; the last holds always"),
        "workflow": _workflow(),
        "agreements": _map(_agreement()),
        "case_types": case_types,
        "priorities": choices,
        "components": choices,
        "defaults": _about(
            _object({name: _about(_TEXT, f"key of one of {section}") for name, section in DEFAULTS.items()}),
            "of a case that mail makes, unless a rule sets them; needed with lists of your own",
        ),
        "zone": _about(_TEXT, f"time zone of dates in mail and of all sections that name none; {DEFAULT_ZONE} when left out"),
        "texts": _object({name: _about(_LABELS, f"in place of {words['en']}") for name, words in TEXTS.items()}),
        "notices": _object({"told": _list(_word(NOTICES)), "window_s": window, "windows_s": _object(dict.fromkeys(NOTICES, window))}),
        "waiting": _waiting(),
        "legacy": _legacy(),
        "redirect": _object({"window_s": window, "texts": _map(_object(dict.fromkeys(LANGUAGES, _TEXT)))}),
        "destinations": _about(_list(_TEXT), "addresses and domains that rules may forward to and notify; no others"),
        "known_machines": _about(_list(_TEXT), "addresses and domains whose machine mail counts like a person's, but is never answered"),
        "tests": _about(_list(_test()), "examples that must come out as they say; run by policy check"),
    }
    top = _object(sections, ("rules",))
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "mailgate policy"}
    return {**head, **top, "$defs": {"condition": _condition()}}


SCHEMA = schema()
_NOUNS = {"not": "fact", "transition": "action", "matches": "operator", "over": "operator"}
"""A key that a mapping can have -> what its keys are called."""
_TYPES: Mapping[str, type] = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
_SAID = {str: "a text", int: "a number", bool: "true or false", list: "a list", dict: "a mapping", type(None): "nothing"}


def misfits(node: Node, form: Schema = SCHEMA, what: str = "the document") -> Iterator[Problem]:
    """What of the tree is not of this form, in the order of the document."""
    if "$ref" in form:
        form = SCHEMA["$defs"]["condition"]
    if "anyOf" in form:
        fitting = [one for one in form["anyOf"] if type(node.value) is _TYPES[one["type"]]]
        if not fitting:
            yield _wrong_type(node, [_TYPES[one["type"]] for one in form["anyOf"]], what)
            return
        form = fitting[0]
    wanted = _TYPES[form["type"]]
    if type(node.value) is not wanted:
        yield _wrong_type(node, [wanted], what)
    elif wanted is dict:
        yield from _mapping(node, form, what)
    elif wanted is list:
        yield from _sequence(node, form, what)
    else:
        yield from _scalar(node, form, what)


def problem(position: Position, what: str, *, stops: bool = True) -> Problem:
    """A problem at this position."""
    return Problem(position.line, position.column, what, stops)


def meant(name: str, known: Sequence[str]) -> str:
    """`; did you mean …`, or the names there are when they are few."""
    near = get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are {', '.join(map(repr, known))}" if known and len(known) <= 12 else ""


def _wrong_type(node: Node, wanted: Sequence[type], what: str) -> Problem:
    return problem(node.position, f"{what} must be {' or '.join(_SAID[one] for one in wanted)}, not {_SAID[type(node.value)]}")


def _mapping(node: Node, form: Schema, what: str) -> Iterator[Problem]:
    known, more = form.get("properties", {}), form["additionalProperties"]
    family = next(iter(form.get("patternProperties", {}).values()), None)
    for key, value in node.value.items():
        inner = known.get(key) or (family if family and key.startswith("header.") and len(key) > 7 else more)
        if inner is False:
            noun = next((noun for sign, noun in _NOUNS.items() if sign in known), "key")
            yield problem(node.keys[key], f"there is no {noun} {key!r}" + meant(key, list(known)))
        else:
            yield from misfits(value, inner, repr(key))
    for key in form.get("required", ()):
        if key not in node.value:
            yield problem(node.position, f"{what} has no {key!r}")
    if not form.get("minProperties", 0) <= len(node.value) <= form.get("maxProperties", len(node.value)):
        yield problem(node.position, f"{what} must say {'one thing' if 'maxProperties' in form else 'something'}")


def _sequence(node: Node, form: Schema, what: str) -> Iterator[Problem]:
    if len(node.value) < form["minItems"]:
        yield problem(node.position, f"{what} is an empty list")
    for item in node.value:
        yield from misfits(item, form["items"], f"an item of {what}")


def _scalar(node: Node, form: Schema, what: str) -> Iterator[Problem]:
    if "enum" in form and node.value not in form["enum"]:
        yield problem(node.position, f"{what} cannot be {node.value!r}" + meant(node.value, form["enum"]))
    if "minimum" in form and node.value < form["minimum"]:
        yield problem(node.position, f"{what} is {node.value}; {form['minimum']} is the least")
    if "maximum" in form and node.value > form["maximum"]:
        yield problem(node.position, f"{what} is {node.value}; {form['maximum']} is the most")
    if "maxLength" in form and len(node.value) > form["maxLength"]:
        yield problem(node.position, f"{what} is too long; {form['maxLength']} characters are the most")
