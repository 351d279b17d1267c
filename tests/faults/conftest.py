"""The two shapes of an installation that the kill points are tried on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes.gateway import Gateway
from tests.support.processes.platforms import Platform
from tests.support.processes.sink import Sink


@pytest.fixture(params=["sqlite", pytest.param("postgres-redis", marks=pytest.mark.services)])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    """Embedded on SQLite; listener and worker apart on PostgreSQL and Redis. With a smarthost, people and cases; not started."""
    embedded = request.param == "sqlite"
    database = request.getfixturevalue("sqlite_url" if embedded else "postgres_url")
    broker = "memory://" if embedded else request.getfixturevalue("redis_url")
    with Sink() as sink, Gateway(tmp_path / "mailgate", database, broker, f"smtp://127.0.0.1:{sink.port}", preloaded=True) as gateway:
        yield Platform(gateway, sink, embedded)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each of these starts programs: none belongs to the fast tests."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)
