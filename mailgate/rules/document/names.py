"""Names that a policy document uses but nobody has: statuses, case types, agreements, answers, addresses. In: nodes. Out: problems.

Only what has the right form is looked at; the form itself is checked by `schema`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailgate.cases.workflow import SUPPORTWEB
from mailgate.errors import PermanentFailure
from mailgate.mail.smtp_address import smtp_address
from mailgate.rules.agreements import SUPPORTWEB_AGREEMENTS
from mailgate.rules.document.schema import ANSWERS, DEFAULTS, LANGUAGES, meant, problem
from mailgate.rules.document.yaml_tree import Node, Position, Problem, items_of, values_of

_OF_FACT = {
    "case.status": "status",
    "case.type": "case type",
    "case.priority": "priority",
    "case.component": "component",
    "agreement": "agreement",
}
_SET = {"type": "case type", "priority": "priority", "component": "component"}
RESERVED = ("guarantees", "released", "operator")
"""Names that stand in journal and trail for what no rule has decided."""


@dataclass(frozen=True, slots=True)
class Known:
    """Every name that the document may use, by what it is the name of; and which status an operation leads to."""

    names: Mapping[str, Sequence[str]]
    leads_to: Mapping[str, str]


def known_of(parts: Mapping[str, Node], case_types: Sequence[str], priorities: Sequence[str]) -> Known:
    """What the sections define; those that are left out are as they are built in."""
    workflow = parts.get("workflow")
    statuses = _keys(_of(workflow, "statuses")) if workflow else [status.key for status in SUPPORTWEB.statuses]
    texts = values_of(_of(parts.get("redirect"), "texts"))
    agreements = values_of(parts["agreements"]) if "agreements" in parts else SUPPORTWEB_AGREEMENTS
    names: dict[str, Sequence[str]] = {
        "status": statuses,
        "case type": _keys(parts.get("case_types")) if "case_types" in parts else case_types,
        "priority": _keys(parts.get("priorities")) if "priorities" in parts else priorities,
        "component": _keys(parts.get("components")),
        "agreement": list(agreements),
        "answer": [*ANSWERS, *(name for name in texts if name not in ANSWERS)],
    }
    return Known(names, _targets(workflow))


def unknown_names(parts: Mapping[str, Node], known: Known, own: frozenset[str]) -> Iterator[Problem]:
    """A problem for each name that is not defined. `own`: our addresses in lower case, to which nothing may be sent."""
    destinations = {str(item.value).lower() for item in items_of(parts.get("destinations"))}
    for rule in items_of(parts.get("rules")):
        inside = values_of(rule)
        yield from _conditions(inside.get("when"), known)
        yield from _rule(inside, known)
        yield from _addresses(inside, destinations, own)
    yield from _texts(_of(parts.get("redirect"), "texts"))
    for name in ("destinations", "known_machines"):
        for item in items_of(parts.get(name)):
            yield from _place_of_mail(item, name, own)
    for name, node in values_of(parts.get("defaults")).items():
        if name in DEFAULTS:
            yield from _unknown(node, name.replace("_", " "), known)
    for name in ("case_types", "priorities", "components"):
        yield from _duplicates(items_of(parts.get(name)), "key", name)


def _conditions(node: Node | None, known: Known) -> Iterator[Problem]:
    for name, value in values_of(node).items():
        if name in ("any", "all"):
            for item in items_of(value):
                yield from _conditions(item, known)
        elif name == "not":
            yield from _conditions(value, known)
        elif name in _OF_FACT:
            for one in _compared(value):
                if one.value:  # "" is a case without it, or no case
                    yield from _unknown(one, _OF_FACT[name], known)


def _compared(node: Node) -> Iterator[Node]:
    """The values that a fact is compared with; patterns are none."""
    if isinstance(node.value, str):
        yield node
    for item in items_of(node):
        yield from _compared(item)
    for operator, value in values_of(node).items():
        if operator in ("is", "in"):
            yield from _compared(value)


def _rule(inside: Mapping[str, Node], known: Known) -> Iterator[Problem]:
    name, then, answer = (inside[key].value if key in inside else None for key in ("name", "then", "answer"))
    if name in RESERVED:
        yield problem(inside["name"].position, f"a rule cannot be named {name}, which stands in the journal for what no rule decided")
    if "answer" in inside and then != "redirect":
        yield problem(inside["answer"].position, f"only a redirect has an answer, and rule {name} says {then or 'nothing'}")
    elif isinstance(answer, str) and answer not in known.names["answer"]:
        hint = meant(answer, known.names["answer"])
        yield problem(inside["answer"].position, f"there is no answer {answer!r}{hint}; write its words under redirect: texts:")
    fields: dict[str, Position] = {}
    for item in items_of(inside.get("do")):
        for do, value in values_of(item).items():
            if do == "transition":
                yield from _transition(value, known)
            for key, one in values_of(value).items() if do == "set" else ():
                if key in fields:
                    yield problem(one.position, f"rule {name} sets {key} twice, first in line {fields[key].line}; keep one")
                fields.setdefault(key, one.position)
                yield from _unknown(one, _SET[key], known) if key in _SET else ()


def _transition(node: Node, known: Known) -> Iterator[Problem]:
    wanted, statuses = node.value, known.names["status"]
    if not isinstance(wanted, str) or wanted in statuses:
        return
    if wanted in known.leads_to:
        yield problem(node.position, f"{wanted!r} is an operation, not a status; it leads to {known.leads_to[wanted]!r}")
    else:
        yield problem(node.position, f"the workflow has no status {wanted!r}{meant(wanted, statuses)}")


def _unknown(node: Node, noun: str, known: Known) -> Iterator[Problem]:
    names = known.names[noun]
    if isinstance(node.value, str) and node.value not in names:
        hint = meant(node.value, names) or ("; the document lists none" if not names else "")
        yield problem(node.position, f"there is no {noun} {node.value!r}{hint}")


def _addresses(inside: Mapping[str, Node], destinations: set[str], own: frozenset[str]) -> Iterator[Problem]:
    """Where a rule sends mail: to listed addresses only, never to ourselves, never back to the sender that the rule asks for."""
    name = inside["name"].value if "name" in inside else ""
    senders = {one.value.lower() for one in _authors(inside.get("when")) if isinstance(one.value, str)}
    notified = [value for item in items_of(inside.get("do")) for do, value in values_of(item).items() if do == "notify"]
    for does, node in [*(("forwards to", node) for node in (inside.get("to"),) if node), *(("notifies", node) for node in notified)]:
        address = node.value
        if not isinstance(address, str):
            continue
        if not _is_address(address):
            yield problem(node.position, f"rule {name} {does} {address!r}, which is no mail address")
        elif _is_own(address, own):
            yield problem(node.position, f"rule {name} {does} {address}, which is ours: the mail would come back")
        elif address.lower() in senders:
            yield problem(node.position, f"rule {name} {does} {address}, whose own mail it is about: it would get it back")
        elif not {address.lower(), address.lower().rpartition("@")[2]} & destinations:
            yield problem(
                node.position,
                f"rule {name} {does} {address}, which is not among the destinations; "
                f"write {address}, or its domain, in the list destinations:",
            )


def _authors(node: Node | None) -> Iterator[Node]:
    """Senders that a condition asks for, whatever else it asks; what stands under `not` is not asked for."""
    for name, value in values_of(node).items():
        if name in ("author.address", "envelope.reverse_path"):
            yield from _compared(value)
        for item in items_of(value) if name in ("any", "all") else ():
            yield from _authors(item)


def _is_address(text: str) -> bool:
    try:
        return smtp_address(text).text.count("@") == 1 and " " not in text
    except PermanentFailure:
        return False


def _is_own(address: str, own: frozenset[str]) -> bool:
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" in own


def _place_of_mail(node: Node, section: str, own: frozenset[str]) -> Iterator[Problem]:
    """An item of destinations or known_machines: an address or a domain."""
    text = str(node.value)
    if not _is_address(text if "@" in text else f"x@{text}") or "." not in text.rpartition("@")[2]:
        yield problem(node.position, f"{text!r} is neither a mail address nor a mail domain")
    elif "@" in text and _is_own(text, own):
        yield problem(node.position, f"{text} is our own address and does not belong among the {section.replace('_', ' ')}")


def unknown_in_workflow(node: Node, known: Known) -> Iterator[Problem]:
    """Statuses that the workflow names and does not have, and what it has twice."""
    statuses, operations = items_of(_of(node, "statuses")), items_of(_of(node, "operations"))
    yield from _duplicates(statuses, "key", "statuses")
    yield from _duplicates(operations, "name", "operations")
    named = [_of(node, "initial")]
    for operation in operations:
        for step in items_of(_of(operation, "steps")):
            named += [*items_of(_of(step, "from")), _of(step, "to")]
    for reply in items_of(_of(node, "replies")):
        named += [_of(reply, "status"), _of(reply, "to")]
    for one in named:
        if one is not None and isinstance(one.value, str) and one.value not in known.names["status"]:
            hint = meant(one.value, known.names["status"])
            yield problem(one.position, f"the workflow names a status that it does not have: {one.value!r}{hint}")


def _duplicates(items: Sequence[Node], field: str, section: str) -> Iterator[Problem]:
    first: dict[Any, Position] = {}
    for item in items:
        node = _of(item, field)
        if node is not None and node.value in first:
            yield problem(node.position, f"{node.value!r} stands twice in {section}, first in line {first[node.value].line}; remove one")
        elif node is not None and isinstance(node.value, str):
            first[node.value] = node.position


def _texts(node: Node | None) -> Iterator[Problem]:
    """Texts of the document must exist in every language, else senders with another language would get the wrong answer."""
    for name, words in values_of(node).items():
        missing = [language for language in LANGUAGES if not values_of(words).get(language)]
        if missing and isinstance(words.value, dict):
            yield problem(words.position, f"the answer {name!r} has no words in {' and '.join(missing)}")


def _targets(workflow: Node | None) -> dict[str, str]:
    if workflow is None:
        return {operation.name: operation.steps[0].target for operation in SUPPORTWEB.operations}
    found = {}
    for operation in items_of(_of(workflow, "operations")):
        name, steps = _of(operation, "name"), items_of(_of(operation, "steps"))
        target = _of(steps[0], "to") if steps else None
        if name is not None and target is not None:
            found[str(name.value)] = str(target.value)
    return found


def _keys(node: Node | None) -> list[str]:
    return [str(key.value) for item in items_of(node) if (key := _of(item, "key")) is not None]


def _of(node: Node | None, key: str) -> Node | None:
    return values_of(node).get(key)
