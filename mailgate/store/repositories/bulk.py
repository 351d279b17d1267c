"""Many rows with one statement, at the cost of the driver alone.

In: rows as mappings of column (or parameter) names. Out: rows in the database. SQLAlchemy makes the text and knows how each type is stored;
both are asked once per shape and kept. What it does again for every row otherwise costs more than the database needs to write it.
`prepared` has the statements that SQLAlchemy makes.

To psycopg the text goes through a `RawCursor`: its own placeholders (`$1`) need no parsing, which the driver would repeat for every long
text. Integers go as text there, since the driver gives small and large ones different types, and PostgreSQL would plan again for each.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from mailgate.store.columns import Converter, to_driver

CHUNK_ROWS = 64  # bounds the number of different texts, and the values of one statement


def driver_dialect(dialect: Dialect) -> Dialect:
    """The dialect that makes statements as `execute` takes them: SQLite's own, or PostgreSQL's for a `RawCursor`."""
    return dialect if dialect.name == "sqlite" else _dollar()


@cache
def _dollar() -> Dialect:
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg  # only where PostgreSQL is

    return PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


def execute(connection: Connection, text: str, values: Sequence[Any], *, binary: bool = False) -> Any:
    """Run one statement in the driver's own form: `?` for SQLite, `$1` for PostgreSQL. The driver's cursor, with rows as plain tuples.

    `binary`: PostgreSQL sends rows in its binary form. Bytes as text are twice as many and take milliseconds to read; ids are read for a
    tenth of the price as text.
    """
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return driver.execute(text, values)
    from psycopg import RawCursor

    return RawCursor(driver).execute(text, values, binary=binary)


def execute_many(connection: Connection, text: str, rows: Sequence[Sequence[Any]]) -> None:
    """The same once for each row of values, nothing for none; without a result."""
    if not rows:
        return
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.executemany(text, rows)
        return
    from psycopg import RawCursor

    RawCursor(driver).executemany(text, rows)


def run(connection: Connection, text: str, values: Sequence[Any]) -> int:
    """Run one statement whose placeholders are `?` (and which has no other `?`); how many rows it touched."""
    return int(execute(connection, text if connection.dialect.name == "sqlite" else _numbered(text), values).rowcount)


def insert_all(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, key: tuple[str, ...] = (), renew: tuple[str, ...] = ()
) -> None:
    """Insert all rows; nothing for none. All rows have the same columns.

    With `key`, a row whose key is there already has its `renew` columns replaced (none: it is left as it is). Rows must not share a key.
    """
    if not rows:
        return
    columns = tuple(rows[0])
    convert = _converters(table, columns, connection.dialect)
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = rows[start : start + CHUNK_ROWS]
        values = [row[name] if to_stored is None else to_stored(row[name]) for row in chunk for name, to_stored in convert]
        run(connection, _insert(table, columns, len(chunk), key, renew), values)


@lru_cache(maxsize=256)
def _converters(table: Table, columns: tuple[str, ...], dialect: Dialect) -> tuple[tuple[str, Converter | None], ...]:
    return tuple((name, to_driver(table.c[name].type, dialect)) for name in columns)


@lru_cache(maxsize=4096)
def _insert(table: Table, columns: tuple[str, ...], count: int, key: tuple[str, ...], renew: tuple[str, ...]) -> str:
    row = "(" + ", ".join("?" * len(columns)) + ")"
    conflict = ""
    if key:
        renewed = ", ".join(f'"{name}" = excluded."{name}"' for name in renew)
        conflict = f" ON CONFLICT ({', '.join(key)}) DO " + (f"UPDATE SET {renewed}" if renew else "NOTHING")
    named = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table.name} ({named}) VALUES {', '.join([row] * count)}{conflict}"


@lru_cache(maxsize=4096)
def _numbered(text: str) -> str:
    numbers = itertools.count(1)
    return re.sub(r"\?", lambda _: f"${next(numbers)}", text)
