"""What keeps one test from reaching the next, and the mark on whatever needs a service."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import settings

from mailgate.cases import ids
from tests.support.harness.in_memory import use_memory
from tests.support.harness.kept_work import keep_read_texts

# Programs that the tests start keep their bytecode, whatever the environment says: compiling all imports takes longer than most tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Before anything asks where temporary files belong.
use_memory()

# Every office, site and renderer of the tests compiles all templates and reads a policy: a second of work that the one before has done.
keep_read_texts()

# Hypothesis's own limit of 200 ms for each example measures how busy the machine is. Tests that bound time say so and carry `timing`.
settings.register_profile("any_machine", deadline=None)
settings.load_profile("any_machine")

SERVICES = frozenset(
    {"postgres_server", "postgres_url", "empty_postgres_url", "redis_url", "amqp_server", "amqp_url", "private_redis", "private_postgres"}
)


SELDOM = (20_000, 20, 50)
"""When the collector looks for garbage, as in a command. As often as Python does by itself, it takes a tenth of the time."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """`-m "not services"` must leave out every test that would need a server, whoever wrote it."""
    for item in items:
        if SERVICES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.services)


def pytest_collection() -> None:
    """Collecting makes millions of objects that stay: looking for garbage among them takes a seventh of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: the collector need not look at them again and again, nor at what a test makes so often."""
    gc.enable()
    gc.freeze()
    gc.set_threshold(*SELDOM)


@pytest.fixture(autouse=True)
def _own_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids never go back in time within a process: the far dates of one test must not reach the next."""
    monkeypatch.setattr(ids, "_source", ids._Source())


@pytest.fixture(autouse=True)
def _own_umask() -> Iterator[None]:
    """Commands close what they write to others; run inside the test's process, that must end with the test."""
    mask = os.umask(0o022)
    os.umask(mask)
    yield
    os.umask(mask)
