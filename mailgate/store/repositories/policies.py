"""The versions of the operators' policy. In: documents that were checked. Out: versions, and which one is active.

A version is never changed or removed; the newest activation names the active one, so that taking an older version back leaves its
own line in the record. Whoever adds a line holds the counter's row until the transaction ends: activations at the same time wait for each
other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from mailgate.errors import NotFound
from mailgate.store.repositories.counters import next_numbers
from mailgate.store.repositories.prepared import Prepared
from mailgate.store.repositories.statements import limited, literal
from mailgate.store.rows import ActivationKind, PolicyActivation, PolicyVersion
from mailgate.store.schema import policy_activations, policy_versions

_ACTIVATIONS = "policy_activation"  # the counter
_NEWEST_FIRST = policy_activations.c.sequence.desc()
_ACTIVE = Prepared(select(policy_activations.c.number).order_by(_NEWEST_FIRST).limit(literal(1)))  # every batch asks it


class PolicyRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def active(self) -> int | None:
        """The number of the active version; None before the first one. One row of one index: cheap enough for every batch."""
        rows = _ACTIVE.rows(self._connection)
        return int(rows[0].number) if rows else None

    def hold_active(self) -> int | None:
        """The number of the active version, locked until this transaction ends: another activation waits."""
        next_numbers(self._connection, _ACTIVATIONS, 0)
        return self.active()

    def begin(self, text: str, author: str, comment: str, now: datetime) -> bool:
        """Make this document version 1 and activate it, unless there is a version. True when it was done by this call."""
        if self.active() is not None:
            return False
        sequence = self._queue()
        if self.active() is not None:  # another process was first, while this one waited
            return False
        self._put(sequence, self._keep(text, author, comment, now), "first", author, comment, now)
        return True

    def add(self, text: str, author: str, comment: str, now: datetime) -> PolicyVersion:
        """Keep a document under the next number and activate it."""
        sequence = self._queue()
        number = self._keep(text, author, comment, now)
        self._put(sequence, number, "activated", author, comment, now)
        return self.get(number)

    def roll_back(self, number: int, author: str, comment: str, now: datetime) -> None:
        """Activate an earlier version again. Raises NotFound when there is no such version."""
        sequence = self._queue()
        self._put(sequence, self.get(number).number, "rolled_back", author, comment, now)

    def get(self, number: int) -> PolicyVersion:
        """One version. Raises NotFound when there is none of this number."""
        row = self._connection.execute(select(policy_versions).where(policy_versions.c.number == number)).one_or_none()
        if row is None:
            last = self._last()
            raise NotFound(
                "policy version",
                number,
                f"the policy has no version {number}; " + (f"there are 1 to {last}" if last else "no version is active yet"),
            )
        return PolicyVersion(row.number, row.text, row.sha256, row.author, row.comment, row.created_at)

    def history(self, limit: int | None = None) -> Sequence[PolicyActivation]:
        """The activations, newest first."""
        joined = policy_activations.join(policy_versions, policy_versions.c.number == policy_activations.c.number)
        statement = select(policy_activations, policy_versions.c.sha256).select_from(joined).order_by(_NEWEST_FIRST)
        return [_activation(row) for row in self._connection.execute(limited(statement, limit))]

    def _queue(self) -> int:
        """Serialise activations; the sequence number of this one."""
        return next_numbers(self._connection, _ACTIVATIONS, 1)[0]

    def _last(self) -> int:
        return self._connection.execute(select(func.max(policy_versions.c.number))).scalar_one() or 0

    def _keep(self, text: str, author: str, comment: str, now: datetime) -> int:
        number, digest = self._last() + 1, hashlib.sha256(text.encode()).hexdigest()
        values = {"number": number, "text": text, "sha256": digest, "author": author, "comment": comment, "created_at": now}
        self._connection.execute(insert(policy_versions).values(**values))
        return number

    def _put(self, sequence: int, number: int, what: ActivationKind, author: str, comment: str, now: datetime) -> None:
        values = {"sequence": sequence, "number": number, "what": what, "author": author, "comment": comment, "at": now}
        self._connection.execute(insert(policy_activations).values(**values))


def _activation(row: Any) -> PolicyActivation:
    return PolicyActivation(row.sequence, row.number, row.what, row.author, row.comment, row.at, row.sha256)
