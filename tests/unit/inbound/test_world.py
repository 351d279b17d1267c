"""The world of a backtest looks to intake and apply like a unit of work; mypy is told so by a cast, this holds it to it."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime

import pytest

from mailgate.inbound.world import Past, World
from mailgate.policy_in_force import SUPPORTWEB_POLICY
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PARTS = ("cases", "contacts", "customers", "answers", "suppressions", "relay_ids", "outbox", "notices", "journal", "blobs")
OWN = {"catch_up"}
"""What only a world does: it lets time pass."""


@pytest.mark.parametrize("part", PARTS)
def test_given_a_part_of_a_world_when_it_is_called_as_the_store_is_then_it_takes_the_same(part: str, sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    ours = getattr(World(Past(frozenset(), NOW), SUPPORTWEB_POLICY.workflow), part)
    with Store(database, lambda: NOW).reading() as uow:
        stores = getattr(uow, part)
        names = {name for name in dir(ours) if not name.startswith("_") and callable(getattr(ours, name))} - OWN
        assert names
        for name in names:
            assert _taken(getattr(ours, name)) == _taken(getattr(stores, name)), f"{part}.{name}"
    database.close()


def test_given_what_a_world_has_when_listed_then_each_part_is_held_against_the_store() -> None:
    world = World(Past(frozenset(), NOW), SUPPORTWEB_POLICY.workflow)
    assert {name for name in vars(world) if type(getattr(world, name)).__name__.startswith("_")} == set(PARTS)


def _taken(method: object) -> list[tuple[str, object, bool]]:
    """Name, kind and whether it may be left out, of each parameter."""
    found = inspect.signature(method).parameters.values()  # type: ignore[arg-type]
    return [(one.name, one.kind, one.default is not inspect.Parameter.empty) for one in found]
