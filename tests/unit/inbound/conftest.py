"""The desk that tests of intake play on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgate.clock import SteppedClock
from mailgate.store import migrate
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from tests.desk import START, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk of its own for each test."""
    clock = SteppedClock(START)
    database = open_database(f"sqlite:///{tmp_path}/m.db")
    migrate.upgrade(database)
    yield Desk(Store(database, clock), clock)
    database.close()
