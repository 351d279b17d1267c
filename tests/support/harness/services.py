"""Real services for tests, as fixtures: a database, a Redis and a RabbitMQ vhost for each test alone.

Where they come from, in this order: the variable (`MAILGATE_TEST_PG_URL`, `MAILGATE_TEST_REDIS_URL`, `MAILGATE_TEST_AMQP_URL`); a server
that answers on its standard port of 127.0.0.1; a server of our own from Debian's packages. PostgreSQL is first of all our own where its
files lie in memory: making and dropping a database waits for the disk most of the time. When there is none of these the test fails and
says what to install; it is never skipped. A test that hurts its server takes `private_redis` or `private_postgres`, which nobody else
uses.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import pika
import pika.exceptions
import psycopg
import pytest
import redis

from mailgate.cases import ids
from mailgate.clock import SteppedClock
from mailgate.store import migrate
from mailgate.store.database import Database, open_database
from mailgate.store.unit_of_work import Store
from tests.support.harness import in_memory
from tests.support.harness.kept_work import put_empty_database
from tests.support.processes.servers import (
    MissingServerError,
    PrivatePostgres,
    PrivateRabbit,
    PrivateRedis,
    PrivateServer,
    private_postgres,
    private_redis,
)

__all__ = ["PrivatePostgres", "PrivateRabbit", "PrivateRedis", "private_postgres", "private_redis"]

STANDARD_PG = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
STANDARD_REDIS = "redis://127.0.0.1:6379"
STANDARD_AMQP = "amqp://guest:guest@127.0.0.1:5672/%2F"
# Room that the log of a server in memory takes, instead of a GB.
IN_MEMORY = {"max_wal_size": "160MB", "min_wal_size": "32MB", "max_connections": "100"}
PREFIX = "mailgate_test"
STALE_S = 6 * 3600
OWNER = "mailgate-test-owner"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)
Server = TypeVar("Server", bound=PrivateServer)


def _given(variable: str, standard: str, answers: Callable[[str], bool], server: Callable[[], PrivateServer]) -> Iterator[str]:
    url = os.environ.get(variable) or (standard if answers(standard) else "")
    if url:
        yield url
        return
    try:
        with server() as own:
            yield own.url
    except MissingServerError as error:
        pytest.fail(f"nothing answers at {standard}, {variable} is not set, and {error}", pytrace=False)


# PostgreSQL --------------------------------------------------------------------------------------------------------------------------


def _pg_answers(url: str) -> bool:
    try:
        _pg_connect(url).close()
    except psycopg.Error:
        return False
    return True


def _pg_connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True, connect_timeout=5)


def _database_url(server_url: str, name: str) -> str:
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL where databases may be made."""
    if in_memory.used() and not os.environ.get("MAILGATE_TEST_PG_URL"):
        _remove_stale_folders()
        with contextlib.suppress(MissingServerError), PrivatePostgres(settings=IN_MEMORY) as own:
            yield own.url
            return
    for url in _given("MAILGATE_TEST_PG_URL", STANDARD_PG, _pg_answers, PrivatePostgres):
        with _pg_connect(url) as admin:
            _drop_stale(admin)
        yield url


def _remove_stale_folders() -> None:
    """What a killed run has left in memory. A PostgreSQL whose files are gone ends by itself."""
    for folder in Path(tempfile.gettempdir()).glob("mailgate-*"):
        if time.time() - folder.stat().st_mtime > STALE_S:
            shutil.rmtree(folder, ignore_errors=True)


def _drop_stale(admin: psycopg.Connection[tuple[object, ...]]) -> None:
    """Databases that a killed run has left. Their names carry the time; other runs may be going on now."""
    for (name,) in admin.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (f"{PREFIX}%",)).fetchall():
        made_at = str(name).removeprefix(f"{PREFIX}_").partition("_")[0]
        if made_at.isdigit() and time.time() - int(made_at) > STALE_S:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _new_name() -> str:
    return f"{PREFIX}_{int(time.time())}_{os.getpid()}_{next(_numbers)}"


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: str) -> Iterator[str]:
    """A migrated database that tests get a copy of."""
    name = _new_name()
    with _pg_connect(postgres_server) as admin:
        admin.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        database = open_database(_database_url(postgres_server, name), pool_size=1)
        migrate.upgrade(database)
        database.close()
        yield name
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def postgres_url(postgres_server: str, _postgres_template: str) -> Iterator[str]:
    """A database of the test's own with all tables."""
    yield from _pg_database(postgres_server, f'TEMPLATE "{_postgres_template}"')


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """A database of the test's own without tables."""
    yield from _pg_database(postgres_server, "TEMPLATE template0 ENCODING 'UTF8'")


def _pg_database(server_url: str, how: str) -> Iterator[str]:
    name = _new_name()
    with _pg_connect(server_url) as admin:
        admin.execute(f'CREATE DATABASE "{name}" {how}')
        yield _database_url(server_url, name)
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


# SQLite and either -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file of the test's own with all tables."""
    return put_empty_database(tmp_path / "mailgate.db")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.services)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database with all tables; the test runs once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.services)])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, on each of the two."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture
def clock() -> SteppedClock:
    """Monday 2026-11-23 09:00 UTC; moves when told. Ids follow it from there, not from the latest time of any test."""
    ids._start_afresh()
    return SteppedClock(START)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open, with all tables, on each of the two."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database, clock: SteppedClock) -> Store:
    """On each of the two, with the stepped clock."""
    return Store(database, clock)


# Redis -------------------------------------------------------------------------------------------------------------------------------


def _redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


@pytest.fixture(scope="session")
def _redis_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database number that was empty and is ours now. A server of our own when all are taken."""
    folder = tmp_path_factory.mktemp("redis")
    for url in _given("MAILGATE_TEST_REDIS_URL", STANDARD_REDIS, _redis_answers, lambda: PrivateRedis(folder)):
        ours = next((found for number in range(15, 0, -1) if _take(found := _numbered(url, number))), None)
        if ours is not None:
            yield ours
            with redis.Redis.from_url(ours) as client:
                client.flushdb()
            return
    with PrivateRedis(folder) as server:
        yield server.url


def _numbered(url: str, number: int) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


def _take(url: str) -> bool:
    """Never touch what others keep: only a database that holds nothing but our name."""
    with redis.Redis.from_url(url) as client:
        try:
            if not client.set(OWNER, os.getpid(), nx=True, ex=STALE_S):
                return False
            if client.dbsize() == 1:
                return True
            client.delete(OWNER)
        except redis.ResponseError:  # fewer databases than sixteen
            return False
    return False


@pytest.fixture
def redis_url(_redis_database: str) -> str:
    """A Redis database of the test's own, empty but for the owner's name."""
    with redis.Redis.from_url(_redis_database) as client:
        client.flushdb()
        client.set(OWNER, os.getpid(), ex=STALE_S)
    return _redis_database


# RabbitMQ ----------------------------------------------------------------------------------------------------------------------------


def _amqp_answers(url: str) -> bool:
    try:
        pika.BlockingConnection(pika.URLParameters(url)).close()
    except (pika.exceptions.AMQPError, OSError):
        return False
    return True


def _rabbitmqctl(*words: str) -> bool:
    control = shutil.which("rabbitmqctl", path="/usr/sbin:/usr/lib/rabbitmq/bin:" + os.environ.get("PATH", ""))
    return control is not None and subprocess.run([control, "-q", *words], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="session")
def amqp_server() -> Iterator[str]:
    """The URL of a vhost of this run's own. Where none can be made (`MAILGATE_TEST_AMQP_URL`), the one that is given."""
    if os.environ.get("MAILGATE_TEST_AMQP_URL"):
        yield os.environ["MAILGATE_TEST_AMQP_URL"]
        return
    name = _new_name()
    if _amqp_answers(STANDARD_AMQP) and _rabbitmqctl("add_vhost", name):
        _rabbitmqctl("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        yield urlunsplit(urlsplit(STANDARD_AMQP)._replace(path=f"/{quote(name, safe='')}"))
        _rabbitmqctl("delete_vhost", name)
        return
    try:
        with PrivateRabbit() as own:
            yield own.url
    except MissingServerError as error:
        pytest.fail(f"no vhost can be made at {STANDARD_AMQP}, MAILGATE_TEST_AMQP_URL is not set, and {error}", pytrace=False)


@pytest.fixture
def amqp_url(amqp_server: str) -> str:
    """A vhost without the queues that mailgate makes."""
    connection = pika.BlockingConnection(pika.URLParameters(amqp_server))
    channel = connection.channel()
    for queue in ("mailgate", "mailgate.DQ", "mailgate.XQ"):
        channel.queue_delete(queue)
    connection.close()
    return amqp_server


# Servers to be hurt ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(name="private_redis")
def _private_redis(tmp_path: Path) -> Iterator[PrivateRedis]:
    """A Redis that only this test uses."""
    yield from _own(lambda: PrivateRedis(tmp_path / "redis"))


@pytest.fixture(name="private_postgres")
def _private_postgres() -> Iterator[PrivatePostgres]:
    """A PostgreSQL that only this test uses, with an empty database."""
    yield from _own(PrivatePostgres)


def _own(make: Callable[[], Server]) -> Iterator[Server]:
    try:
        with make() as server:
            yield server
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)
