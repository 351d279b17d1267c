"""A listener per test: `serve(...)` starts one, with limits and endpoints of the test's choice, and stops it at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dialogs.server import LIMITS, ListenAddress, Server, certificate, server_context


@pytest.fixture(scope="session")
def tls_context(tmp_path_factory: pytest.TempPathFactory) -> object:
    pem = str(certificate(tmp_path_factory.mktemp("tls")))
    return server_context(pem, pem)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*endpoints: ListenAddress, limits: object = LIMITS, **options: object) -> Server:
        folder = tmp_path / str(len(servers))
        folder.mkdir()
        server = Server(folder, endpoints or (ListenAddress(port=0),), limits, **options)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.stop()
        assert server.unforeseen == [], server.unforeseen
