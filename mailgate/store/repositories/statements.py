"""Pieces of statements that the repositories share: lists of rows in, one statement out; conditions that the planner can match to an
index.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Insert, Select, Table, Update, literal_column
from sqlalchemy.dialects import sqlite

from mailgate.errors import Invalid

PIECE_VALUES = 256  # of one list in one statement: any database takes more, and statements of these lengths are kept
Value = TypeVar("Value")


def upsert(connection: Connection, table: Table) -> Any:
    """An INSERT that can say ON CONFLICT, in the database's own form."""
    return upsert_on(connection.dialect.name, table)


def upsert_on(dialect: str, table: Table) -> Any:
    """The same for the database of this name."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # only where PostgreSQL is

    return postgresql.insert(table)


def literal(value: str | int) -> ColumnElement[Any]:
    """A constant that is in the statement's text. A bound one would hide from the planner that a partial index fits."""
    return literal_column(f"'{value}'" if isinstance(value, str) else str(value))


def execute_all(connection: Connection, statement: Update | Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run one statement for all rows; nothing for none."""
    if rows:
        connection.execute(statement, list(rows))


def limited(statement: Select[Any], limit: int | None) -> Select[Any]:
    """The first `limit` rows, all when it is None."""
    return statement if limit is None else statement.limit(limit)


def chunks(values: Sequence[str], size: int = 500) -> Sequence[Sequence[str]]:
    """The values in pieces that one statement can take."""
    return [values[at : at + size] for at in range(0, len(values), size)]


def words(text: str) -> tuple[str, ...]:
    """A JSON array of texts as a tuple. The common empty one costs no parsing."""
    return () if text == "[]" else tuple(json.loads(text))


to_json: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
"""A value as JSON. `json.dumps` would make an encoder for each, and look for circles, which no value of ours has."""


def array(values: Iterable[str]) -> str:
    """Texts as a JSON array in ASCII."""
    listed = tuple(values)
    return json.dumps(listed) if listed else "[]"


def pieces(values: Sequence[Value], most: int = PIECE_VALUES) -> Iterator[Sequence[Value]]:
    """The values in lists that fit into one statement each; none for none."""
    return (values[start : start + most] for start in range(0, len(values), most))


def id_range(prefix: str) -> tuple[str, str]:
    """The lowest and the highest id that begin with `prefix`. Raises Invalid when no id can."""
    digits = prefix.replace("-", "").lower()
    if not digits:  # such as an unset variable of a shell: it would begin every id
        raise Invalid("id", "empty", "the id is empty; the first column of a list shows the ids")
    try:
        return str(UUID(digits.ljust(32, "0"))), str(UUID(digits.ljust(32, "f")))
    except ValueError as error:
        raise Invalid(
            "id",
            "unreadable",
            f"{prefix!r} is not the beginning of an id: they are of 0-9 and a-f, and the first column of a list shows them",
        ) from error


def id_floor(moment: datetime) -> str:
    """An id below every UUIDv7 made at `moment` or later (RFC 9562 section 5.7: the time in milliseconds stands first)."""
    return str(UUID(int=int(moment.astimezone(UTC).timestamp() * 1000) << 80))
