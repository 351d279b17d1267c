"""Addresses that get no mail: bounced for good, paused after several soft bounces, complained, or named by an operator. Without case.

`learn` counts failures and writes what follows of them (`rules.reachability`); a failure of one and the same mail counts once, however
many reports of it come. A report never replaces an operator's suppression, nor a pause one that holds for good. Expired ones have no
effect and are purged later.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, or_, select, union

from mailgate.clock import Clock
from mailgate.rules.reachability import (
    LIFTED_BY_ITS_OWNER,
    BounceLimits,
    DeliveryFailure,
    Suppression,
    counts_once,
    counts_softly,
    suppression_after,
)
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import limited, literal, upsert
from mailgate.store.schema import soft_bounces, suppressions


class SuppressionRepository:
    """See the module."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock

    def which(self, addresses: Collection[str]) -> dict[str, str]:
        """Lower-case address -> reason, for those that are suppressed now."""
        return {one.address: one.reason for one in self.of(addresses)}

    def of(self, addresses: Collection[str]) -> Sequence[Suppression]:
        """The suppressions in force now, of these addresses, by address."""
        wanted = {address.lower() for address in addresses}
        if not wanted:
            return []
        return [_suppression(row) for row in _OF_ADDRESSES.rows(self._connection, addresses=list(wanted), now=self._clock())]

    def learn(self, failure: DeliveryFailure, limits: BounceLimits) -> Suppression | None:
        """Count one failure; the suppression that follows, written, or None. What counts once per mail changes nothing a second time."""
        if counts_once(failure) and not self._is_new(failure):
            return None
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
        pauses, lasts = or_(old.cause == "soft_bounces", old.until.is_not(None)), and_(new.cause != "soft_bounces", new.until.is_(None))
        may_replace = or_(new.cause == "operator", ~self._holds(), and_(old.cause != "operator", or_(pauses, lasts)))
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
        """The owners of these addresses have written: lift what only reports had caused. Returns those that were suppressed."""
        known = _LIFTABLE.rows(self._connection, addresses=sorted({address.lower() for address in addresses})) if addresses else ()
        wanted = {row.address for row in known}
        if not wanted:
            return set()
        self._connection.execute(delete(soft_bounces).where(soft_bounces.c.address.in_(wanted)))
        gone = delete(suppressions).where(suppressions.c.address.in_(wanted), suppressions.c.cause.in_(LIFTED_BY_ITS_OWNER))
        return set(self._connection.execute(gone.returning(suppressions.c.address)).scalars())

    def list(self, limit: int | None = None, cause: str | None = None) -> Sequence[Suppression]:
        """Those in force now, of one cause when given, the newest first."""
        statement = select(suppressions).where(self._holds()).order_by(suppressions.c.created_at.desc(), suppressions.c.address)
        if cause is not None:
            statement = statement.where(suppressions.c.cause == cause)
        return [_suppression(row) for row in self._connection.execute(limited(statement, limit))]

    def _holds(self) -> ColumnElement[bool]:
        return or_(suppressions.c.until.is_(None), suppressions.c.until > self._clock())

    def _is_new(self, failure: DeliveryFailure) -> bool:
        """Keep the failure; False when one of the same mail was kept already."""
        insert = upsert(self._connection, soft_bounces).values(
            address=failure.address.lower(), outbox_id=failure.outbox_id, bounced_at=failure.at
        )
        return self._connection.execute(insert.on_conflict_do_nothing().returning(soft_bounces.c.address)).first() is not None

    def _soft_failures(self, failure: DeliveryFailure, limits: BounceLimits) -> int:
        """How many mails failed within the window before this failure, this one counted in, without stopping the address for good."""
        same = soft_bounces.c.address == failure.address.lower()
        recent = soft_bounces.c.bounced_at > failure.at - limits.soft_window
        return self._connection.execute(select(func.count()).select_from(soft_bounces).where(same, recent)).scalar_one()


_OF_ADDRESSES = Prepared(
    select(suppressions)
    .where(
        suppressions.c.address.in_(listed("addresses")),
        or_(suppressions.c.until.is_(None), suppressions.c.until > bindparam("now", type_=suppressions.c.until.type)),
    )
    .order_by(suppressions.c.address)
)
# Every batch asks, and almost never is there anything to delete.
_LIFTABLE = Prepared(
    union(
        select(soft_bounces.c.address).where(soft_bounces.c.address.in_(listed("addresses"))),
        select(suppressions.c.address).where(
            suppressions.c.address.in_(listed("addresses")), suppressions.c.cause.in_([literal(cause) for cause in LIFTED_BY_ITS_OWNER])
        ),
    )
)


def _row(address: str, one: Suppression) -> dict[str, str | datetime | None]:
    return {"address": address, "reason": one.reason, "created_at": one.created_at, "cause": one.cause, "until": one.until}


def _suppression(row: Any) -> Suppression:
    return Suppression(row.address, row.reason, row.created_at, row.cause, row.until)
