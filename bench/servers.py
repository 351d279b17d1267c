"""The systems under load, each a process of its own on a free loopback port for the length of a block."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from unittest.mock import patch

from bench.load import People, Plan, Result
from bench.places import ROOT
from tests.support.processes.gateway import PROGRAM, Gateway
from tests.support.processes.postfix import Postfix
from tests.support.waiting import answers, free_port, until

MAILGATE = PROGRAM
ONE_COMMIT_PER_MAIL = (sys.executable, "-m", "bench.single")
POSTFIX_DISCARD = {
    "mydestination": "firma.test",
    "transport_maps": "static:discard:",
    "local_recipient_maps": "",
    "smtpd_client_connection_count_limit": "0",
    "smtpd_client_message_rate_limit": "0",
    "in_flow_delay": "0",
}


@contextlib.contextmanager
def gateway(folder: Path, url: str, environment: Mapping[str, str] | None = None, **more: object) -> Iterator[Gateway]:
    """An installation of mailgate with quiet logs, no process started yet."""
    settings = {"log": {"level": "warning"}}
    surroundings = {"PYTHONPATH": str(ROOT), **(environment or {})}
    with Gateway(folder, url, environment=surroundings, settings=settings, **more) as installed:  # type: ignore[arg-type]
        yield installed


@contextlib.contextmanager
def accepting(folder: Path, environment: Mapping[str, str] | None = None, program: Sequence[str] = MAILGATE) -> Iterator[int]:
    """The port of a mailgate listener that makes mail durable in SQLite. Nothing works on what it takes."""
    started = patch("tests.support.processes.gateway.PROGRAM", program)
    with gateway(folder, f"sqlite:///{folder}/mailgate.db", environment) as installed, started:
        yield installed.start("smtp").port


@contextlib.contextmanager
def bare() -> Iterator[int]:
    """The port of an aiosmtpd that stores nothing."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.bare", str(port)], cwd=ROOT)
    try:
        until(lambda: answers(port), 20.0, "aiosmtpd listens")
        yield port
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def postfix() -> Iterator[int]:
    """The port of a Postfix with a durable queue whose deliveries are thrown away."""
    with Postfix(free_port(), POSTFIX_DISCARD) as server:
        yield server.port


def load(port: int, plan: Plan, people: Path | None = None) -> Result:
    """Run the load generator as a process of its own. Raises AssertionError when a mail was not accepted."""
    command = [
        sys.executable, "-m", "bench.load", str(port), "--messages", str(plan.messages), "--sessions", str(plan.sessions),
        "--per-connection", str(plan.per_connection), "--kinds", ",".join(plan.kinds), "--rate", str(plan.rate_per_s),
        *(["--people", str(people)] if people else []),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=600)
    assert done.returncode == 0, f"the load on port {port} failed: {done.stdout}{done.stderr}"
    return Result(**json.loads(done.stdout.splitlines()[-1]))


def write_people(path: Path, people: People) -> Path:
    """Keep correspondents for the load generator."""
    path.write_text("".join(" ".join(one) + "\n" for one in people))
    return path


def sign(ours: Gateway, place: Path) -> None:
    """Make keys as an operator does, and name them in the settings."""
    ours.cli("dkim", "--folder", str(place / "dkim"))
    ours.write(dkim={"rsa_key": str(place / "dkim" / "dkim-rsa.pem"), "ed25519_key": str(place / "dkim" / "dkim-ed25519.pem")})
