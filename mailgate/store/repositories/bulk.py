"""Many rows with one statement, at the cost of the driver alone.

In: rows as mappings of column (or parameter) names. Out: rows in the database. SQLAlchemy makes the text and knows how each type is stored;
both are asked once per shape and kept. What it does again for every row otherwise costs more than the database needs to write it.

To psycopg the text goes through a `RawCursor`: its own placeholders (`$1`) need no parsing, which the driver would repeat for every long
text. Integers go as text there, since the driver gives small and large ones different types, and PostgreSQL would plan anew for each. Rows
come in the binary form: bytes as text are twice as many and take milliseconds to read.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Integer, Table, Update

from mailgate.store.columns import Moment, PlainText, moment_text_or_none, storable_or_none

CHUNK_ROWS = 64  # bounds the number of different texts, and the values of one statement

Row = Mapping[str, Any]
Converter = Callable[[Any], Any]


def driver_dialect(dialect: Dialect) -> Dialect:
    """The dialect that makes statements as `execute` takes them: SQLite's own, or PostgreSQL's for a `RawCursor`."""
    return dialect if dialect.name == "sqlite" else _dollar()


@cache
def _dollar() -> Dialect:
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg  # only where PostgreSQL is

    return PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


def execute(connection: Connection, text: str, values: Sequence[Any]) -> Any:
    """Run one statement in the driver's own form: `?` for SQLite, `$1` for PostgreSQL. The driver's cursor, with rows as plain tuples."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return driver.execute(text, values)
    from psycopg import RawCursor

    return RawCursor(driver).execute(text, values, binary=True)


def run(connection: Connection, text: str, values: Sequence[Any]) -> int:
    """Run one statement whose placeholders are `?` (and which has no other `?`); how many rows it touched."""
    return int(execute(connection, text if connection.dialect.name == "sqlite" else _numbered(text), values).rowcount)


def run_many(connection: Connection, text: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement whose placeholders are `?` once for each row of values; nothing for none."""
    if not rows:
        return
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.executemany(text, rows)
        return
    from psycopg import RawCursor

    with RawCursor(driver) as cursor:
        cursor.executemany(_numbered(text), rows)


def insert_all(
    connection: Connection, table: Table, rows: Sequence[Row], *, key: tuple[str, ...] = (), renew: tuple[str, ...] = ()
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
        run(connection, _insert(table, columns, len(chunk), key, renew), tuple(_values(chunk, convert)))


class UpdateAll:
    """One UPDATE with bound parameters, to be run for many rows. Make it once, at the top of a module."""

    def __init__(self, statement: Update) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Sequence[tuple[str, Converter | None]], Row]] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Run it once per row; nothing for none. A row names every parameter that has no constant value."""
        if not rows:
            return
        text, convert, constants = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        run_many(connection, text, [tuple(_values(({**constants, **row},), convert)) for row in rows])

    def _compile(self, dialect: Dialect) -> tuple[str, Sequence[tuple[str, Converter | None]], Row]:
        compiled: Any = self._statement.compile(dialect=driver_dialect(dialect))
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        convert = tuple((name, converter(binds[name].type, dialect)) for name in compiled.positiontup)
        constants = {name: bind.value for name, bind in binds.items() if not bind.required}
        made = self._compiled[dialect.name] = (str(compiled), convert, constants)
        return made


def _values(rows: Iterable[Row], convert: Sequence[tuple[str, Converter | None]]) -> list[Any]:
    return [row[name] if to_stored is None else to_stored(row[name]) for row in rows for name, to_stored in convert]


@lru_cache(maxsize=256)
def _converters(table: Table, columns: tuple[str, ...], dialect: Dialect) -> tuple[tuple[str, Converter | None], ...]:
    return tuple((name, converter(table.c[name].type, dialect)) for name in columns)


def converter(kind: Any, dialect: Dialect) -> Converter | None:
    """What makes the driver's value of one of this type; None when they are the same. SQLAlchemy's own wraps ours in two calls more."""
    if isinstance(kind, Integer) and dialect.name != "sqlite":
        return _integer_text
    if isinstance(kind, PlainText):
        return storable_or_none
    if isinstance(kind, Moment) and dialect.name == "sqlite":
        return moment_text_or_none
    found: Converter | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return found


def _integer_text(value: int | None) -> str | None:
    return None if value is None else str(value)


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
