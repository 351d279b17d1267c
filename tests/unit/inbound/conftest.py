"""The desk that tests of intake play on, and the same with its way out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailgate.clock import SteppedClock
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from tests.support.desks.desk import START, Desk
from tests.support.desks.mailroom import Mailroom


@pytest.fixture
def small_store(sqlite_url: str) -> Iterator[Store]:
    """A SQLite database of the test's own, on a clock that is turned by hand."""
    database = open_database(sqlite_url)
    yield Store(database, SteppedClock(START))
    database.close()


@pytest.fixture
def desk(small_store: Store) -> Desk:
    """A desk of its own for each test."""
    return Desk(small_store, _clock(small_store))


@pytest.fixture
def mailroom(small_store: Store) -> Mailroom:
    """The same, whose mails can be read."""
    return Mailroom(small_store, _clock(small_store))


def _clock(store: Store) -> SteppedClock:
    assert isinstance(store.clock, SteppedClock)
    return store.clock
