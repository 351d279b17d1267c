"""A real mailgate for tests: its own folder and mailgate.toml, its processes started, killed and stopped as an operator would.

Every process is a program of its own (`mailgate run`, `smtp`, `worker`) with its own process group and log file; nothing of it
runs in the test.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mailgate.config import load
from mailgate.store import migrate
from mailgate.store.database import open_database
from tests.support.desks.policies import unhurried
from tests.support.harness.kept_work import put_empty_database
from tests.support.ledger_check import asked_again, expire_leases, unfinished
from tests.support.processes.fork_server import Forked, fork_server
from tests.support.waiting import answers, free_port, until

PROGRAM = (sys.executable, "-c", "import sys; from mailgate.cli import main; sys.argv[0] = 'mailgate'; sys.exit(main())")
READY_S = 30.0
STOP_S = 30.0
SETTLE_S = 60.0
LEASE_S = 5.0
STILL_S = 4.0
DOMAIN = "firma.test"
PORTAL = "https://support.firma.test"

Process = subprocess.Popen[bytes] | Forked
Settings = dict[str, dict[str, Any]]


class Part:
    """One started process of mailgate, with its children. `port` is where it listens for mail, `health` where it answers /ready."""

    def __init__(self, name: str, process: Process, log_file: Path, port: int, health: int) -> None:
        self.name, self.process, self.log_file, self.port, self.health = name, process, log_file, port, health

    def log(self) -> str:
        """All that it wrote."""
        return self.log_file.read_text("utf-8", "replace")

    def ready(self) -> bool:
        """True when /ready answers 200. Raises AssertionError when the process has ended instead."""
        assert self.process.poll() is None, f"mailgate {self.name} ended with {self.process.returncode}:\n{self.log()}"
        return (not self.port or answers(self.port)) and self.health_status("/ready") == 200

    def health_status(self, path: str) -> int:
        """The HTTP status of the health port for this path, 0 when it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health}{path}", timeout=3) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def metrics(self) -> str:
        """The text of /metrics."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/metrics", timeout=3) as answer:
            text: str = answer.read().decode()
            return text

    def signal(self, number: int) -> None:
        """To the process and all its children."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """SIGKILL to the process and its children, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # also when the parent is gone: children may live
        self.process.wait(STOP_S)

    def stop(self, timeout_s: float = STOP_S) -> int:
        """SIGTERM, as a service manager sends it; the exit code. A process that does not stop is killed and fails the test."""
        self.process.terminate()
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"mailgate {self.name} did not stop within {timeout_s:g} s:\n{self.log()[-4000:]}") from None

    def wait_dead(self, timeout_s: float = READY_S) -> int:
        """Wait until it has ended by itself; the exit code, negative for a signal."""
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"mailgate {self.name} still lives after {timeout_s:g} s:\n{self.log()[-4000:]}") from None
        self.kill()
        return code


@dataclass
class Gateway:
    """One installation. Use as a context manager: whatever still runs at the end is killed.

    `preloaded`: its programs come out of the fork_server instead of a start of their own, for tests that start many.
    """

    folder: Path
    database_url: str
    broker_url: str = "memory://"
    smarthost: str = ""
    settings: Settings = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    parts: list[Part] = field(default_factory=list)
    lmtp_port: int = 0
    preloaded: bool = False

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "mailgate.toml"
        self.write()

    def __enter__(self) -> Gateway:
        if self.database_url.startswith("sqlite"):
            put_empty_database(Path(self.database_url.removeprefix("sqlite:///")))
        else:
            self._upgrade()
        return self

    def _upgrade(self) -> None:
        """What `mailgate db upgrade` does, in the test's own process: secrets for all that start at once, and all tables."""
        load(self.config, self.environment)
        with closing(open_database(self.database_url, pool_size=1)) as database:
            migrate.upgrade(database)

    def __exit__(self, *_: object) -> None:
        for part in self.parts:
            part.kill()

    def write(self, **sections: dict[str, Any]) -> None:
        """Write mailgate.toml, with these settings laid over."""
        for section, values in sections.items():
            self.settings.setdefault(section, {}).update(values)
        merged: Settings = {section: dict(values) for section, values in self._defaults().items()}
        for section, values in self.settings.items():
            merged.setdefault(section, {}).update(values)
        self.config.write_text(_toml(merged), encoding="utf-8")
        self.config.chmod(0o600)

    def _defaults(self) -> Settings:
        """Short leases and pauses, no window for notices: what takes minutes in production takes seconds here. No limits for one client."""
        delivery = {"delivery": "smtp", "smarthost": self.smarthost, "tls": "none"} if self.smarthost else {}
        return {
            "service": {"company": "Firma AS", "domain": DOMAIN, "portal_url": PORTAL},
            "database": {"url": self.database_url},
            "broker": {"url": self.broker_url},
            "smtp": {"listen": [f"127.0.0.1:{self.port}"], "trusted_from": ["127.0.0.0/8"]},
            "intake": {"lease_s": LEASE_S},
            "policy": {"file": self._policy()},
            "outbound": {"hold_back_s": 0, "retry_first_s": 0.5, "retry_max_s": 1.0, **delivery},
            "worker": {"sweep_interval_s": 0.5, "stop_timeout_s": 10.0},
        }

    def _policy(self) -> str:
        """The built-in policy without a window for notices, as a file that an empty database begins with."""
        file = self.folder / "first-policy.yaml"
        file.write_text(unhurried(), encoding="utf-8")
        return str(file)

    def start(self, name: str = "run", *, processes: int = 0, kill: str = "", port: int = 0, wait: bool = True, **environment: str) -> Part:
        """Start `mailgate <name>`; with `kill`, armed with this kill point. `port` -1 is any free one.

        Returns when it is ready, or at once when not `wait`.
        """
        health = free_port()
        listens = name in ("run", "smtp")
        mail_port = (free_port() if port < 0 else port or self.port) if listens else 0
        log_file = self.folder / f"{len(self.parts):03d}-{name}.log"
        arguments = [name, *(["--processes", str(processes)] if processes else [])]
        process = self._launch(arguments, log_file, self._environment(mail_port, health, kill, environment))
        part = Part(name, process, log_file, mail_port, health)
        self.parts.append(part)
        if wait:
            until(part.ready, READY_S, f"mailgate {name} is ready", detail=part.log)
        return part

    def _launch(self, arguments: Sequence[str], log_file: Path, environment: Mapping[str, str]) -> Process:
        with log_file.open("wb") as log, Path(os.devnull).open("rb") as nothing:
            if self.preloaded:
                return fork_server().start(arguments, self.folder, environment, (nothing, log, log))
            return subprocess.Popen(
                [*PROGRAM, *arguments], stdout=log, stderr=log, stdin=nothing, cwd=self.folder, start_new_session=True, env=environment
            )

    def _environment(self, mail_port: int, health: int, kill: str, more: Mapping[str, str]) -> dict[str, str]:
        listen = {"MAILGATE_SMTP__LISTEN": f"127.0.0.1:{mail_port}"} if mail_port else {}
        armed = {"MAILGATE_KILL": kill} if kill else {}
        return {
            **self.surroundings(),
            **listen,
            "MAILGATE_METRICS__LISTEN": f"127.0.0.1:{health}",
            "MAILGATE_WEB__LISTEN": "",
            **armed,
            **more,
        }

    def surroundings(self) -> dict[str, str]:
        """The environment of every process of this installation."""
        return {"MAILGATE_OPERATOR": "eva", **os.environ, "MAILGATE_CONFIG": str(self.config), **self.environment}

    def cli(self, *arguments: str, code: int = 0, stdin: bytes = b"") -> str:
        """Run a command; its standard output as text. Fails the test when the exit code is another."""
        return self.run_raw(*arguments, code=code, stdin=stdin).decode()

    def run_raw(self, *arguments: str, code: int = 0, stdin: bytes = b"") -> bytes:
        """The same; its standard output as bytes."""
        done = fork_server().run(arguments, self.folder, self.surroundings(), stdin) if self.preloaded else self._run(arguments, stdin)
        assert done.returncode == code, f"mailgate {' '.join(arguments)}: {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}"
        return done.stdout

    def _run(self, arguments: Sequence[str], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
        command = [*PROGRAM, *arguments]
        return subprocess.run(command, capture_output=True, cwd=self.folder, input=stdin, timeout=60, check=False, env=self.surroundings())

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        """Run a command with --json; its objects."""
        return [json.loads(line) for line in self.cli(*arguments, "--json").splitlines()]

    def settled(self, timeout_s: float = SETTLE_S) -> None:
        """Wait until no stage has anything left to do."""
        with asked_again(self.database_url) as database:
            until(lambda: unfinished(database) == 0, timeout_s, "all work is done", poll_s=0.05, detail=self.logs)

    def leases_over(self) -> None:
        """What a dead process had under lease is due now, as it would be after the lease: minutes that a test need not wait for."""
        expire_leases(self.database_url)

    def drained(self, timeout_s: float = SETTLE_S) -> None:
        """The same as `settled` after processes have died: when nothing moves for a while, what is left is under a lease of the dead."""
        left, moved_s = -1, time.monotonic()

        def done() -> bool:
            nonlocal left, moved_s
            now_left, now_s = unfinished(database), time.monotonic()
            if now_left != left:
                left, moved_s = now_left, now_s
            elif now_s - moved_s > STILL_S:
                self.leases_over()
                moved_s = now_s
            return left == 0

        with asked_again(self.database_url) as database:
            until(done, timeout_s, "all work is done", poll_s=0.1, detail=self.logs)

    def logs(self) -> str:
        """The end of what each process wrote."""
        return "\n".join(f"--- {part.log_file.name}\n{part.log()[-3000:]}" for part in self.parts)

    def ledger(self) -> dict[str, Any]:
        """What `mailgate ledger --json` says; it must balance, or the command's exit code fails the test."""
        return self.json("ledger")[0]


def _toml(settings: Settings) -> str:
    lines: list[str] = []
    for section, values in settings.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {_value(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(value) if isinstance(value, str) else str(value)
