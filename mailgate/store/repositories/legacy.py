"""Who still asks for help by mail: counts for the report, from the journal, and of what the listener refused.

In: times and days. Out: counts per address. The journal is read by the key's range of one stretch of time, so the cost is that of the
stretch, whatever the history holds; refusals have a table of their own, since refused mail never gets into the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, or_, select

from mailgate.store.repositories.statements import id_floor, literal, upsert
from mailgate.store.schema import decisions, journal, legacy_refusals

KEPT_DAYS = 800
"""Two years and a bit: enough to hold a year against the one before."""
MAX_ADDRESSES_A_DAY = 5_000
OTHERS = ""
"""Stands for the addresses above that: senders can be invented faster than they are worth keeping."""


class MailCount(NamedTuple):
    """How many mails of this reverse-path (lower case) ended in this state."""

    address: str
    state: str
    mails: int


class Refusals(NamedTuple):
    """How often this reverse-path (lower case, or OTHERS) was refused on this local day."""

    day: date
    address: str
    times: int


class LegacyRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def asked(self, begin: datetime, end: datetime) -> list[MailCount]:
        """Mails of people that were accepted in [begin, end) and were no news of a case: redirected, or made a case of."""
        address = func.lower(journal.c.reverse_path)
        new = or_(journal.c.state == literal("created"), decisions.c.case_id.is_(None))
        statement = (
            select(address, journal.c.state, func.count())
            .join(decisions, decisions.c.journal_id == journal.c.id)
            .where(
                journal.c.state.in_([literal("redirected"), literal("created")]),
                journal.c.id >= id_floor(begin),
                journal.c.id < id_floor(end),
                journal.c.reverse_path.is_not(None),
                new,
            )
            .group_by(address, journal.c.state)
        )
        return [MailCount(*row) for row in self._connection.execute(statement)]

    def refused(self, begin: date, end: date) -> list[Refusals]:
        """What was refused on the days in [begin, end)."""
        table = legacy_refusals.c
        statement = select(table.day, table.address, table.times).where(table.day >= begin.isoformat(), table.day < end.isoformat())
        return [Refusals(date.fromisoformat(day), address, times) for day, address, times in self._connection.execute(statement)]

    def add_refused(self, counts: Sequence[tuple[date, str, int]]) -> None:
        """Count on: day, address, times. A day that has too many addresses counts the rest as OTHERS; what is old goes."""
        table = legacy_refusals
        for day in sorted({day for day, _, _ in counts}):
            known = self._connection.execute(select(func.count()).where(table.c.day == day.isoformat())).scalar_one()
            full = known >= MAX_ADDRESSES_A_DAY
            sums: dict[str, int] = {}
            for of_day, address, times in counts:
                if of_day == day:
                    key = OTHERS if full else address
                    sums[key] = sums.get(key, 0) + times
            self._count(day, sums)
            self._connection.execute(delete(table).where(table.c.day < (day - timedelta(days=KEPT_DAYS)).isoformat()))

    def _count(self, day: date, sums: dict[str, int]) -> None:
        rows = [{"day": day.isoformat(), "address": address, "times": times} for address, times in sorted(sums.items())]
        statement = upsert(self._connection, legacy_refusals)
        more = legacy_refusals.c.times + statement.excluded.times
        self._connection.execute(statement.on_conflict_do_update(index_elements=["day", "address"], set_={"times": more}), rows)
