"""Many rows with one statement, at the driver's price.

In: rows as mappings of column (or parameter) names. Out: rows in the database. SQLAlchemy makes the text and knows how each type is stored;
both are asked once per shape and kept. What it does again for every row otherwise costs more than the database needs to write it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, Update

CHUNK_ROWS = 64  # bounds the number of different texts, and the values of one statement

Row = Mapping[str, Any]
Converter = Callable[[Any], Any]


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
        text = _insert(table, columns, len(chunk), key, renew, connection.dialect.paramstyle == "qmark")
        connection.exec_driver_sql(text, tuple(_values(chunk, convert)))


def _values(rows: Sequence[Row], convert: Sequence[tuple[str, Converter | None]]) -> Iterable[Any]:
    return [row[name] if to_stored is None else to_stored(row[name]) for row in rows for name, to_stored in convert]


@lru_cache(maxsize=256)
def _converters(table: Table, columns: tuple[str, ...], dialect: Dialect) -> tuple[tuple[str, Converter | None], ...]:
    return tuple((name, _converter(table.c[name].type, dialect)) for name in columns)


def _converter(kind: Any, dialect: Dialect) -> Converter | None:
    converter: Converter | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return converter


@lru_cache(maxsize=4096)
def _insert(table: Table, columns: tuple[str, ...], count: int, key: tuple[str, ...], renew: tuple[str, ...], qmark: bool) -> str:
    row = "(" + ", ".join(["?" if qmark else "%s"] * len(columns)) + ")"
    conflict = ""
    if key:
        renewed = ", ".join(f'"{name}" = excluded."{name}"' for name in renew)
        conflict = f" ON CONFLICT ({', '.join(key)}) DO " + (f"UPDATE SET {renewed}" if renew else "NOTHING")
    named = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table.name} ({named}) VALUES {', '.join([row] * count)}{conflict}"


class UpdateAll:
    """One UPDATE with bound parameters, to be run for many rows. Make it once, at the top of a module."""

    def __init__(self, statement: Update) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Sequence[tuple[str, Converter | None]], Row, bool]] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Run it once per row; nothing for none. A row names every parameter that has no constant value."""
        if not rows:
            return
        text, convert, constants, positional = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        filled = [{**constants, **row} for row in rows]
        values: Any = [tuple(_values((row,), convert)) for row in filled]
        if not positional:
            values = [dict(zip((name for name, _ in convert), row, strict=True)) for row in values]
        connection.exec_driver_sql(text, values)

    def _compile(self, dialect: Dialect) -> tuple[str, Sequence[tuple[str, Converter | None]], Row, bool]:
        compiled: Any = self._statement.compile(dialect=dialect)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        order: Sequence[str] = compiled.positiontup or tuple(binds)
        convert = tuple((name, _converter(binds[name].type, dialect)) for name in order)
        constants = {name: bind.value for name, bind in binds.items() if not bind.required}
        made = self._compiled[dialect.name] = (str(compiled), convert, constants, compiled.positiontup is not None)
        return made
