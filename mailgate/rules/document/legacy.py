"""The section `legacy` of a policy document. In: its node, of the right form. Out: the values, or the problems."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import cast

from mailgate.errors import PermanentFailure
from mailgate.mail.auth.org_domain import is_public_suffix
from mailgate.mail.smtp_address import smtp_address
from mailgate.rules.conditions import facts_in
from mailgate.rules.document.schema import problem
from mailgate.rules.document.yaml_tree import Node, Problem
from mailgate.rules.legacy import MAX_REFUSAL_CHARS, OPEN, Legacy, Phase, PhaseSchedule, PhaseStart, Senders, domain_of
from mailgate.rules.policy import Rule

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EVERYONE = PhaseSchedule()


def read_legacy(node: Node, own: frozenset[str], zone: str) -> tuple[Legacy | None, list[Problem]]:
    """The section; None with what is wrong. `own`: our mail addresses in lower case, whose domains nobody may refuse.

    `zone`: the policy's.
    """
    reader = _Reader({domain_of(address) for address in own}, zone)
    legacy = reader.legacy(node)
    return (None if reader.problems else legacy), reader.problems


def without_rule(node: Node, legacy: Legacy, rules: Sequence[Rule]) -> Iterator[Problem]:
    """A problem when cases are to be made, but no rule asks for the phase."""
    steps = [step for schedule in (legacy.schedule, *(one.schedule for one in legacy.senders)) for step in schedule.steps]
    opened = next((step.phase for step in steps if step.phase in OPEN), None)
    if opened and not any("legacy.phase" in facts_in(rule.when) for rule in rules if rule.then and not rule.shadow):
        yield problem(
            node.position,
            f"phase {opened} changes nothing, since no rule asks for legacy.phase; take the rule legacy_accept of mailgate init",
        )


class _Reader:
    """Collects problems on the way."""

    def __init__(self, own_domains: set[str], zone: str) -> None:
        self.problems: list[Problem] = []
        self._own, self._zone = own_domains, zone
        self._lines: dict[str, int] = {}

    def legacy(self, node: Node) -> Legacy | None:
        parts = node.value
        schedule = self._schedule(parts["phases"]) if "phases" in parts else _EVERYONE
        items = parts["senders"].value if "senders" in parts else []
        senders = [one for item in items for one in self._senders(item)]
        self._check_overlaps(senders)
        more = {"zone": parts["zone"].value if "zone" in parts else self._zone}
        try:
            kept = tuple({one.domain: one for one, _ in senders}.values())
            return Legacy(schedule or _EVERYONE, kept, refusal=self._refusal(parts.get("refusal")), **more)
        except ValueError as error:
            self._say(parts.get("zone", node), str(error))
            return None

    def _schedule(self, node: Node) -> PhaseSchedule | None:
        steps = [self._step(item) for item in node.value]
        if None in steps:
            return None
        try:
            return PhaseSchedule(tuple(step for step in steps if step))
        except ValueError as error:
            self._say(node, str(error))
            return None

    def _step(self, node: Node) -> PhaseStart | None:
        phase = cast(Phase, node.value["phase"].value)
        if "from" not in node.value:
            return PhaseStart(phase)
        text = node.value["from"].value
        try:
            if not _DAY.fullmatch(text):
                raise ValueError
            return PhaseStart(phase, date.fromisoformat(text))
        except ValueError:
            self._say(node.value["from"], f"'from' must be a day such as 2009-04-01, not {text!r}")
            return None

    def _senders(self, node: Node) -> list[tuple[Senders, Node]]:
        schedule = self._schedule(node.value["phases"])
        below = node.value["subdomains"].value if "subdomains" in node.value else False
        named = [(self._domain(item, below=below), item) for item in node.value["domains"].value]
        return [(Senders(name, schedule, below), item) for name, item in named if name and schedule]

    def _domain(self, node: Node, *, below: bool) -> str:
        """The domain as it is compared; "" when it cannot be one, or is named already."""
        try:
            name = smtp_address(f"x@{node.value.strip().rstrip('.')}").text.partition("@")[2].lower()
        except PermanentFailure:
            name = ""
        if "." not in name or name.startswith("["):
            return self._say(node, f"{node.value!r} is no mail domain, such as kunde.example")
        if name in self._own:
            return self._say(node, f"{node.value} is our own domain: its mail is never legacy mail")
        if below and is_public_suffix(name):
            return self._say(node, f"'subdomains' would take in all that is registered under {node.value}; name the domains themselves")
        if name in self._lines:
            return self._say(node, f"the domain {node.value} is named twice, first in line {self._lines[name]}; remove one")
        self._lines[name] = node.position.line
        return name

    def _check_overlaps(self, senders: Sequence[tuple[Senders, Node]]) -> None:
        """A subdomain entry is an exception to its parent; one with the same phases is a mistake."""
        tree = Legacy(senders=tuple(one for one, _ in senders if one.subdomains))
        for one, node in senders:
            above = tree.entry(one.domain.partition(".")[2])
            if above and above.schedule == one.schedule:
                self._say(node, f"{node.value} has the phases of {above.domain} with its subdomains already; remove it")

    def _refusal(self, node: Node | None) -> dict[str, str]:
        given: dict[str, Node] = node.value if node else {}
        for item in given.values():
            if not item.value.isascii() or not item.value.isprintable() or not 0 < len(item.value) <= MAX_REFUSAL_CHARS:
                self._say(item, f"a refusal is a line of ASCII, as SMTP replies are, with {MAX_REFUSAL_CHARS} characters at most")
        return {language: item.value for language, item in given.items()}

    def _say(self, node: Node, what: str) -> str:
        self.problems.append(problem(node.position, what))
        return ""
