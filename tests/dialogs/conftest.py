"""A listener per test: `serve(...)` starts one, with limits and endpoints of the test's choice, and stops it at the end.

Each test runs with Python's event loop and with uvloop's, where that is installed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from mailgate.runtime.event_loop import new_event_loop
from tests.dialogs.server import LIMITS, ListenAddress, NewLoop, Server, certificate, server_context

LOOPS = {"asyncio": asyncio.new_event_loop} | ({"uvloop": new_event_loop} if find_spec("uvloop") else {})


@pytest.fixture(scope="session")
def tls_context(tmp_path_factory: pytest.TempPathFactory) -> object:
    pem = str(certificate(tmp_path_factory.mktemp("tls")))
    return server_context(pem, pem)


@pytest.fixture(params=LOOPS.values(), ids=LOOPS)
def new_loop(request: pytest.FixtureRequest) -> NewLoop:
    made: NewLoop = request.param
    return made


@pytest.fixture
def serve(tmp_path: Path, new_loop: NewLoop) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*endpoints: ListenAddress, limits: object = LIMITS, **options: object) -> Server:
        folder = tmp_path / str(len(servers))
        folder.mkdir()
        server = Server(folder, endpoints or (ListenAddress(port=0),), limits, new_loop, **options)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.stop()
        assert server.unforeseen == [], server.unforeseen
