"""What a backtest adds up to. In: differences, one by one. Out: counts, which stay small however much was run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mailgate.backtest.backtest import Reclassified, ReplayVerdict
from mailgate.rules.policy import Policy

CUSTOMERS_KINDS = ("redirect", "accepted", "case_closed", "choice", "case_created", "comment_added", "status_changed", "assignee_changed")
"""Notices that customers get. Forwarded mail and notices to a team go to people of ours."""


@dataclass
class BacktestReport:
    """Counts of one backtest. `matrix`: (old, new) disposition; `hits`: how often each rule of the draft held;
    `notified`: kind -> (old, new); `people`: (address, kind) -> how many more (or, below zero, fewer) the person would get.
    """

    old: Policy
    new: Policy
    ran: int = 0
    matrix: Counter[tuple[str, str]] = field(default_factory=Counter)
    changed: int = 0
    otherwise: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    notified: dict[str, list[int]] = field(default_factory=dict)
    people: Counter[tuple[str, str]] = field(default_factory=Counter)
    as_recorded: int = 0
    not_as_recorded: int = 0
    decided_otherwise: int = 0

    def add(self, found: Reclassified) -> None:
        """Count one mail."""
        self._count_notified(found.old, found.new)
        if found.by_operator:
            return
        self.ran += 1
        self.matrix[(found.old.disposition, found.new.disposition)] += 1
        self.changed += found.changed
        self.otherwise += found.otherwise
        self.hits.update(found.new.hits)
        if found.as_recorded is None:
            self.decided_otherwise += 1
        else:
            self.as_recorded += found.as_recorded
            self.not_as_recorded += not found.as_recorded

    def never_fired(self) -> list[str]:
        """Names of the rules of the draft that held for no mail, in order."""
        return [rule.name for rule in self.new.rules if not self.hits[rule.name]]

    def dispositions(self) -> list[str]:
        """Those that occur, in the order of how much old mail went there."""
        seen: Counter[str] = Counter()
        for (old, new), count in self.matrix.items():
            seen[old] += count
            seen[new] += 0
        return sorted(seen, key=lambda name: (-seen[name], name))

    def notices(self) -> Mapping[str, tuple[int, int]]:
        """Kind -> (old, new), customers' kinds first, those that occur."""
        order = [*CUSTOMERS_KINDS, *sorted(self.notified.keys() - set(CUSTOMERS_KINDS))]
        return {kind: (self.notified[kind][0], self.notified[kind][1]) for kind in order if kind in self.notified}

    def noticed(self) -> list[tuple[str, dict[str, int]]]:
        """Address -> kind -> how many more or fewer; those who would notice most stand first."""
        found: dict[str, dict[str, int]] = {}
        for (address, kind), count in sorted(self.people.items()):
            if count:
                found.setdefault(address, {})[kind] = count
        return sorted(found.items(), key=lambda item: (-sum(map(abs, item[1].values())), item[0]))

    def _count_notified(self, old: ReplayVerdict, new: ReplayVerdict) -> None:
        for place, verdict in enumerate((old, new)):
            for kind, _ in verdict.notified:
                self.notified.setdefault(kind, [0, 0])[place] += 1
        if old.notified != new.notified:
            self._count_people(old.notified, -1)
            self._count_people(new.notified, 1)

    def _count_people(self, notified: Iterable[tuple[str, str]], sign: int) -> None:
        for kind, address in notified:
            if kind in CUSTOMERS_KINDS:
                self.people[(address, kind)] += sign
