"""What is asked of the database while a block runs, whether SQLAlchemy runs it or the driver is called at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from mailgate.store.database import Database
from mailgate.store.repositories import bulk
from mailgate.store.repositories.bulk import execute as bulk_execute

COUNTED = ("SELECT", "UPDATE", "WITH", "DELETE")


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Each statement (INSERT left out) with its parameters; of those that run for many rows, the first row's."""
    seen: list[tuple[str, Any]] = []

    def keep(_connection: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool) -> None:
        if statement.lstrip().startswith(COUNTED):
            seen.append((statement, parameters[0] if many else parameters))

    def execute(connection: Connection, text: str, values: Sequence[Any], *, binary: bool = False) -> Any:
        keep(connection, None, text, values, None, many=False)
        return bulk_execute(connection, text, values, binary=binary)

    engines = list({id(one): one for one in (database.writing, database.reading)}.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", keep)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bulk, "execute", execute)
            yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", keep)
