"""Addresses that get no mail: bounced for good, paused after several soft bounces, complained, or named by an operator. Without case.

`learn` counts failures and writes what follows of them (`rules.reachability`); a failure of one and the same mail counts once, however
many reports of it come. An operator's word is not written over by a report. What is past its time counts no more, and is purged later.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select

from mailgate.clock import Clock
from mailgate.rules.reachability import LIFTED_BY_ITS_OWNER, BounceLimits, Failure, Suppression, counts_softly, suppression_after
from mailgate.store.repositories.statements import limited, upsert
from mailgate.store.schema import soft_bounces, suppressions


class SuppressionRepository:
    """See the module."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock

    def which(self, addresses: Collection[str]) -> dict[str, str]:
        """Lower-case address -> reason, for those that are suppressed now."""
        return {one.address: one.reason for one in self.of(addresses)}

    def of(self, addresses: Collection[str]) -> Sequence[Suppression]:
        """The suppressions that hold now, of these addresses, by address."""
        wanted = {address.lower() for address in addresses}
        if not wanted:
            return []
        found = select(suppressions).where(suppressions.c.address.in_(wanted), self._holds()).order_by(suppressions.c.address)
        return [_suppression(row) for row in self._connection.execute(found)]

    def learn(self, failure: Failure, limits: BounceLimits) -> Suppression | None:
        """Count one failure; the suppression that follows, written, or None. The same failure again changes no count."""
        failures = self._soft_failures(failure, limits) if counts_softly(failure) else 0
        found = suppression_after(failure, failures, limits)
        if found is not None:
            self.add([found])
        return found

    def add(self, entries: Sequence[Suppression]) -> None:
        """Suppress; the newest reason for an address stands. An operator's stands over a report's, a final one over a pause."""
        if not entries:
            return
        insert = upsert(self._connection, suppressions)
        new, old = insert.excluded, suppressions.c
        may_replace = or_(
            new.cause == "operator", old.cause == "soft_bounces", and_(old.cause != "operator", new.cause != "soft_bounces"), ~self._holds()
        )
        values = {name: new[name] for name in ("reason", "created_at", "cause", "until")}
        statement = insert.on_conflict_do_update(index_elements=[old.address], set_=values, where=may_replace)
        newest = {entry.address.lower(): entry for entry in entries}
        self._connection.execute(statement, [_row(address, newest[address]) for address in sorted(newest)])

    def remove(self, addresses: Collection[str]) -> int:
        """Lift the suppression and forget the soft failures; how many there were."""
        wanted = {address.lower() for address in addresses}
        if not wanted:
            return 0
        self._connection.execute(delete(soft_bounces).where(soft_bounces.c.address.in_(wanted)))
        return self._connection.execute(delete(suppressions).where(suppressions.c.address.in_(wanted))).rowcount

    def revive(self, addresses: Collection[str]) -> set[str]:
        """The owners of these addresses have written: lift what only reports had brought about. Those that were suppressed."""
        wanted = {address.lower() for address in addresses}
        if not wanted:
            return set()
        self._connection.execute(delete(soft_bounces).where(soft_bounces.c.address.in_(wanted)))
        gone = delete(suppressions).where(suppressions.c.address.in_(wanted), suppressions.c.cause.in_(LIFTED_BY_ITS_OWNER))
        return set(self._connection.execute(gone.returning(suppressions.c.address)).scalars())

    def list(self, limit: int | None = None, cause: str | None = None) -> Sequence[Suppression]:
        """Those that hold now, of one cause when given, the newest first."""
        statement = select(suppressions).where(self._holds()).order_by(suppressions.c.created_at.desc(), suppressions.c.address)
        if cause is not None:
            statement = statement.where(suppressions.c.cause == cause)
        return [_suppression(row) for row in self._connection.execute(limited(statement, limit))]

    def _holds(self) -> ColumnElement[bool]:
        return or_(suppressions.c.until.is_(None), suppressions.c.until > self._clock())

    def _soft_failures(self, failure: Failure, limits: BounceLimits) -> int:
        """How many mails failed softly within the window before this failure, this one counted in."""
        insert = upsert(self._connection, soft_bounces).values(
            address=failure.address.lower(), outbox_id=failure.outbox_id, bounced_at=failure.at
        )
        self._connection.execute(insert.on_conflict_do_nothing())
        same = soft_bounces.c.address == failure.address.lower()
        recent = soft_bounces.c.bounced_at > failure.at - limits.soft_window
        return self._connection.execute(select(func.count()).select_from(soft_bounces).where(same, recent)).scalar_one()


def _row(address: str, one: Suppression) -> dict[str, str | datetime | None]:
    return {"address": address, "reason": one.reason, "created_at": one.created_at, "cause": one.cause, "until": one.until}


def _suppression(row: Any) -> Suppression:
    return Suppression(row.address, row.reason, row.created_at, row.cause, row.until)
