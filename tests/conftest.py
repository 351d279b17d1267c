"""What all tests share: the fixtures of `tests.services`, and the mark on whatever needs a service."""

from __future__ import annotations

import pytest

from mailgate.cases import ids

pytest_plugins = ["tests.services"]

SERVICES = frozenset(
    {"postgres_server", "postgres_url", "empty_postgres_url", "redis_url", "amqp_server", "amqp_url", "private_redis", "private_postgres"}
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`-m "not services"` must leave out every test that would need a server, whoever wrote it."""
    for item in items:
        if SERVICES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.services)


@pytest.fixture(autouse=True)
def _own_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids never go back in time within a process: the far dates of one test must not reach the next."""
    monkeypatch.setattr(ids, "_source", ids._Source())
