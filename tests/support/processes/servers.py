"""Servers of a test's own: PostgreSQL, Redis and RabbitMQ from Debian's packages, on free loopback ports, to be stopped, killed and hurt.

In: a folder that may be left behind. Out: an object with `url`, `pid`, `start()`, `stop()`, `kill()`. Each is a context manager that
starts and cleans up. PostgreSQL refuses to run as root: then it runs as `postgres` or `nobody`, in a folder of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pika
import pika.exceptions
import psycopg
import redis

from tests.support.waiting import free_port, until

START_S = 60.0
STOP_S = 30.0
AS_USERS = ("postgres", "nobody")


class MissingServerError(Exception):
    """The program is not installed: says which Debian package has it."""


def program(name: str, package: str, *folders: str) -> str:
    """The path of a server's program. Raises MissingServerError."""
    for folder in folders:
        for found in sorted(Path("/").glob(f"{folder.lstrip('/')}/{name}"), reverse=True):
            return str(found)
    found_in_path = shutil.which(name)
    if found_in_path is None:
        raise MissingServerError(f"{name} is not installed: apt-get install {package}")
    return found_in_path


class PrivateServer(ABC):
    """A child process that listens on `port`. `stop` and `start` again keep its port and its data."""

    def __init__(self, folder: Path | str) -> None:
        self.folder, self.port = Path(folder), free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the server that runs now."""
        assert self._process is not None
        return self._process.pid

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it answers, in the form of mailgate's settings."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """What to run."""

    @abstractmethod
    def answers(self) -> bool:
        """True when it serves."""

    def environment(self) -> Mapping[str, str]:
        """Variables beside those of this process."""
        return {}

    def user(self) -> str | None:
        """As whom it runs when the tests run as root."""
        return None

    def log(self) -> str:
        """What it has said."""
        path = self.folder / "log"
        return path.read_text("utf-8", "replace")[-3000:] if path.exists() else ""

    def start(self) -> None:
        """Start it and wait until it serves."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **self.environment()},
                cwd=self.folder, start_new_session=True, **_as_user(self.user()),
            )  # fmt: skip
        until(self._is_up, START_S, f"{type(self).__name__} serves", poll_s=0.05, detail=self.log)

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        return self.answers()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait until it is gone. Harmless when it does not run."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGCONT)
            os.kill(self._process.pid, how)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.stop(signal.SIGKILL)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class PrivateRedis(PrivateServer):
    """Redis that keeps nothing on disk. `settings` such as {"maxmemory": "2mb", "maxmemory-policy": "noeviction"}."""

    def __init__(self, folder: Path | str, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(folder)
        self._settings = dict(settings or {})

    @property
    def url(self) -> str:
        """`redis://…`, database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str]:
        """Loopback only, no persistence."""
        fixed = {"port": str(self.port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": str(self.folder), "daemonize": "no"}
        options = [word for name, value in {**fixed, **self._settings}.items() for word in (f"--{name}", value)]
        return [program("redis-server", "redis-server"), *options]

    def answers(self) -> bool:
        """PING."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


class PrivatePostgres(PrivateServer):
    """PostgreSQL with an empty database `test`. `settings` such as {"max_connections": "20"}. fsync is on, as mailgate demands."""

    BIN = "/usr/lib/postgresql/*/bin"

    def __init__(self, folder: Path | str | None = None, settings: Mapping[str, str] | None = None) -> None:
        # A folder of its own: pytest's are closed to the user that the server runs as.
        super().__init__(folder or tempfile.mkdtemp(prefix="mailgate-pg-"))
        self._settings = dict(settings or {})

    @property
    def url(self) -> str:
        """`postgresql+psycopg://…`, database `test`."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/test"

    def user(self) -> str | None:
        """It refuses to run as root."""
        return _unprivileged()

    def command(self) -> Sequence[str]:
        """Loopback only, small."""
        data, server = self.folder / "data", program("postgres", "postgresql", self.BIN)
        if not data.exists():
            self._make(data)
        fixed = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "shared_buffers": "32MB", "max_connections": "60"}
        options = [word for name, value in {**fixed, **self._settings}.items() for word in ("-c", f"{name}={value}")]
        return [server, "-D", str(data), "-p", str(self.port), *options]

    def _make(self, data: Path) -> None:
        shutil.copytree(_initialised(), data)
        for path in (self.folder, *self.folder.rglob("*")):
            _give(path, self.user())
        data.chmod(0o700)

    def answers(self) -> bool:
        """SELECT 1; makes the database `test` the first time."""
        try:
            with psycopg.connect(
                host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True, connect_timeout=2
            ) as db:
                if not db.execute("SELECT 1 FROM pg_database WHERE datname = 'test'").fetchone():
                    db.execute("CREATE DATABASE test")
                return True
        except psycopg.OperationalError:
            return False

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is a fast shutdown, SIGQUIT an immediate one (as `pg_ctl -m immediate`)."""
        super().stop(how)


class PrivateRabbit(PrivateServer):
    """RabbitMQ with its own node name, cookie and data; user guest."""

    def __init__(self, folder: Path | str | None = None) -> None:
        super().__init__(folder or tempfile.mkdtemp(prefix="mailgate-mq-"))
        self._distribution_port = free_port()

    @property
    def url(self) -> str:
        """`amqp://…`, vhost `/`."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    def environment(self) -> Mapping[str, str]:
        """Everything below the folder."""
        return {
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"mailgate{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "none"),
        }

    def command(self) -> Sequence[str]:
        """The program below Debian's wrapper: the wrapper would change the user and the cookie."""
        return [program("rabbitmq-server", "rabbitmq-server", "/usr/lib/rabbitmq/bin")]

    def answers(self) -> bool:
        """A connection that gets as far as a channel."""
        try:
            pika.BlockingConnection(pika.URLParameters(self.url)).close()
        except (pika.exceptions.AMQPError, OSError):
            return False
        return True


@contextlib.contextmanager
def private_redis() -> Iterator[str]:
    """The URL of a Redis that is there for the block."""
    with PrivateRedis(tempfile.mkdtemp(prefix="mailgate-redis-")) as server:
        yield server.url


@contextlib.contextmanager
def private_postgres() -> Iterator[str]:
    """The URL of an empty database of a PostgreSQL that is there for the block."""
    with PrivatePostgres() as server:
        yield server.url


@functools.cache
def _initialised() -> Path:
    """A freshly initialised data folder, made once per process and copied."""
    initdb = program("initdb", "postgresql", PrivatePostgres.BIN)
    folder = Path(tempfile.mkdtemp(prefix="mailgate-initdb-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    user = _unprivileged()
    _give(folder, user)
    data = folder / "data"
    command = [initdb, "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, **_as_user(user))
    assert made.returncode == 0, made.stderr
    return data


def _unprivileged() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in AS_USERS if name in known)


def _as_user(name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _give(path: Path, name: str | None) -> None:
    if name is not None:
        entry = pwd.getpwnam(name)
        os.chown(path, entry.pw_uid, entry.pw_gid)
