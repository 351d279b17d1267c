"""Installations by name: which database, which broker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes.gateway import Gateway
from tests.support.processes.sink import Sink

FIXTURES = {
    "sqlite": "sqlite_url",
    "postgres": "postgres_url",
    "redis": "redis_url",
    "rabbitmq": "amqp_url",
}


@pytest.fixture
def install(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, Sink], Gateway]:
    """Makes an installation of a shape such as `postgres-redis` that sends to a sink. Not started."""

    def make(shape: str, sink: Sink) -> Gateway:
        database, broker = shape.split("-")
        url = request.getfixturevalue(FIXTURES[database])
        broker_url = "memory://" if broker == "memory" else request.getfixturevalue(FIXTURES[broker])
        return Gateway(tmp_path / "mailgate", url, broker_url, f"smtp://127.0.0.1:{sink.port}", preloaded=True)

    return make


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each of these starts programs: none belongs to the fast tests."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)
