"""What a policy would leave behind: cases in a status, and customers with an agreement, that it does not have.

In: the database and a policy. Out: what is left, counted and named. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mailgate.rules.policy import Policy
from mailgate.store.unit_of_work import UnitOfWork

NAMED = 5


@dataclass(frozen=True, slots=True)
class Stranded:
    """`key`: of the status or agreement that the policy lacks. `count`: how many cases or customers have it. `names`: the first of them."""

    what: Literal["status", "agreement"]
    key: str
    count: int
    names: Sequence[str]

    def __str__(self) -> str:
        things = {"status": "case", "agreement": "customer"}[self.what] + ("s" if self.count > 1 else "")
        more = ", …" if self.count > len(self.names) else ""
        return f"{self.count} {things} with the {self.what} {self.key} ({', '.join(self.names)}{more})"


def stranded(uow: UnitOfWork, policy: Policy, before: Policy | None = None) -> list[Stranded]:
    """What the policy leaves behind; with `before`, only what that one still had."""
    found = [
        Stranded("status", key, count, [case.key for case in uow.cases.list(NAMED, status=key)])
        for key, count in sorted(uow.cases.statuses().items())
        if not policy.workflow.has_status(key) and (before is None or before.workflow.has_status(key))
    ]
    return found + [
        Stranded("agreement", key, len(names), names[:NAMED])
        for key, names in sorted(uow.customers.by_agreement().items())
        if key not in policy.agreements and (before is None or key in before.agreements)
    ]
