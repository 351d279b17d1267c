"""Copies a whole database: rows from any to any, or SQLite's file as it is. In: open databases. Out: how many rows each table has.

One moment of the source is read, in one transaction; the target is written in one transaction, and holds nothing before it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, Table, bindparam, delete, func, insert, select, update

from mailgate.errors import NotAllowed, StoreUnavailable
from mailgate.store.database import Database
from mailgate.store.failures import translated
from mailgate.store.repositories.case_index import fill
from mailgate.store.repositories.ledger import LedgerRepository
from mailgate.store.schema import metadata

ROWS, ROWS_WITH_BYTES = 500, 10
IN_USE_S = 1.0
"""How long to wait for another process that is about to end."""
Figures = Mapping[str, int | bool]


def copy_file(source: Path, target: Path) -> None:
    """Copy an SQLite database while others use it; the copy is one file, for our user alone.

    Raises OSError when it is there already, StoreUnavailable when the copying fails; no part of a copy stays then.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with contextlib.ExitStack() as undoing:
            undoing.callback(_forget, target)
            _copy(source, target)
            undoing.pop_all()
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{source} cannot be copied to {target}") from error


def _forget(target: Path) -> None:
    for ending in ("", "-journal", "-wal", "-shm"):
        Path(f"{target}{ending}").unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    reading, writing = sqlite3.connect(f"file:{source}?mode=ro", uri=True), sqlite3.connect(target)
    try:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode = DELETE").close()
    finally:
        writing.close()
        reading.close()


def is_in_use(file: Path) -> bool:
    """Whether another process has this SQLite database open. Alone, we may leave WAL mode: what the log holds is in the file then."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=IN_USE_S)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE").close()
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    return False


def copy_rows(source: Database, target: Database) -> dict[str, int]:
    """Copy every row; the count of each table. Both must have this program's schema.

    Raises NotAllowed when the target holds anything, or when the ledgers differ at the end; nothing is written then.
    """
    with translated(), source.reading.connect() as reading, target.writing.begin() as writing:
        if not source.is_sqlite:
            reading = reading.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with reading.begin(), source.without_limits(reading), target.without_limits(writing):
            _refuse_full(writing)
            counts = {table.name: _copy_table(table, reading, writing) for table in metadata.sorted_tables}
            fill(writing)
            before, after = LedgerRepository(reading).figures(), LedgerRepository(writing).figures()
            if before != after:
                raise NotAllowed(f"the ledger of the copy is not that of the source ({after}, not {before}); nothing was copied")
    return counts


def figures(database: Database) -> Figures:
    """The ledger of a database."""
    with translated(), database.reading.connect() as connection:
        return LedgerRepository(connection).figures()


def _refuse_full(connection: Connection) -> None:
    if filled := _filled(connection):
        raise NotAllowed(f"the target is not empty (it has rows in {', '.join(filled)}); give a new, empty database")
    for table in reversed(metadata.sorted_tables):
        connection.execute(delete(table))


def _filled(connection: Connection) -> list[str]:
    watched = ("journal", "outbox", "cases", "contacts", "customers", "accounts", "policy_versions")
    return [name for name in watched if connection.execute(select(func.count()).select_from(metadata.tables[name])).scalar_one()]


def _copy_table(table: Table, reading: Connection, writing: Connection) -> int:
    own = [column for column in table.columns if any(key.column.table is table for key in column.foreign_keys)]
    later: dict[str, list[dict[str, Any]]] = {column.name: [] for column in own}
    count = 0
    for rows in _chunks(table, reading):
        for row in rows:
            for name, seen in later.items():
                if row[name] is not None:  # what it refers to may come later
                    seen.append({"of_id": row["id"], "to": row[name]})
                    row[name] = None
        writing.execute(insert(table), rows)
        count += len(rows)
    for column in own:
        _refer(table, column, later[column.name], writing)
    return count


def _refer(table: Table, column: Column[Any], rows: Sequence[Mapping[str, Any]], writing: Connection) -> None:
    if rows:
        writing.execute(update(table).where(table.c.id == bindparam("of_id")).values({column.name: bindparam("to")}), list(rows))


def _chunks(table: Table, reading: Connection) -> Iterator[list[dict[str, Any]]]:
    size = ROWS_WITH_BYTES if any(isinstance(column.type, LargeBinary) for column in table.columns) else ROWS
    found = reading.execution_options(yield_per=size).execute(select(table).order_by(*table.primary_key.columns))
    for rows in found.mappings().partitions():
        yield [dict(row) for row in rows]
