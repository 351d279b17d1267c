"""Numbers that people read: of cases and of contacts. Given out in order, never twice; a transaction that rolls back leaves no gap.

The row of a counter stays locked until the end of the transaction, so those who make cases on PostgreSQL wait for each other. Take many
at once.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, bindparam

from mailgate.store.repositories.prepared import Prepared
from mailgate.store.repositories.statements import upsert, upsert_on
from mailgate.store.schema import counters


def raised(connection: Connection, name: str, value: int) -> bool:
    """Raise the counter `name` to `value`. False when it is there already: of several who ask at once, one gets True."""
    insert = upsert(connection, counters).values(name=name, value=value)
    statement = insert.on_conflict_do_update(
        index_elements=[counters.c.name], set_={"value": insert.excluded.value}, where=counters.c.value < insert.excluded.value
    ).returning(counters.c.value)
    return connection.execute(statement).first() is not None


def next_numbers(connection: Connection, name: str, count: int) -> range:
    """The next `count` numbers of the counter `name`; the first ever is 1."""
    last = _counting(connection.dialect.name).rows(connection, of_name=name, more=count)[0].value
    return range(last - count + 1, last + 1)


@cache
def _counting(dialect: str) -> Prepared:
    insert = upsert_on(dialect, counters).values(name=bindparam("of_name"), value=bindparam("more"))
    added = {"value": counters.c.value + insert.excluded.value}
    return Prepared(insert.on_conflict_do_update(index_elements=[counters.c.name], set_=added).returning(counters.c.value))
