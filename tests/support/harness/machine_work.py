"""How much the database works, counted and not timed: the same on a busy host as on an idle one. For SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from mailgate.store.database import Database


@dataclass
class Work:
    """What was done: `statements` in order, and instructions of SQLite's machine in units of `grain`."""

    grain: int
    statements: list[str] = field(default_factory=list)
    units: int = 0

    def tick(self) -> int:
        """One unit more. 0 tells SQLite to go on."""
        self.units += 1
        return 0


@contextmanager
def counted(database: Database, grain: int = 1000) -> Iterator[Work]:
    """Count what is done on this database within the block, by any thread."""
    work = Work(grain)
    engines = {database.reading, database.writing}

    def checked_out(connection: Any, *_: object) -> None:
        connection.set_progress_handler(work.tick, grain)

    def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        work.statements.append(statement)

    for engine in engines:
        event.listen(engine, "checkout", checked_out)
        event.listen(engine, "before_cursor_execute", executed)
    try:
        yield work
    finally:
        for engine in engines:
            event.remove(engine, "checkout", checked_out)
            event.remove(engine, "before_cursor_execute", executed)
            with engine.connect() as connection:
                connection.connection.driver_connection.set_progress_handler(None, grain)
