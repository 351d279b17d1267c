"""What a short command loads, and what it costs: who types `mailgate case list` does not wait for drivers, parsers and OpenSSL."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes.gateway import PROGRAM

LIBRARIES = "import cryptography.x509, pydantic, sqlalchemy.dialects.sqlite, typer"
VERSION_PER_LIBRARIES, READ_PER_LIBRARIES = 0.5, 3.0
"""What `--version` and a command that reads may cost, in what loading the libraries of a reading command costs: both double on a slow or
busy machine. `--version` takes about 0.3 of it; a command that reads took 4.6 before imports by need.
"""
NEVER = (
    "psycopg", "alembic", "structlog", "httpx", "jinja2", "dramatiq", "redis", "pika", "aiosmtpd", "starlette", "uvicorn", "argon2",
    "authlib", "dns", "prometheus_client", "icalendar", "asn1crypto", "pygments", "requests",
)  # fmt: skip
"""Packages that no command which only reads SQLite needs."""
NOT_FOR_VERSION = ("sqlalchemy", "pydantic", "rich", "cryptography", "ruamel")
OUR_OWN = ("mailgate.mail.read", "mailgate.store.postgres", "mailgate.runtime.gateway", "mailgate.inbound.intake.intake")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with settings and an empty database."""
    folder = tmp_path_factory.mktemp("installation")
    for arguments in (("init", "."), ("db", "upgrade")):
        subprocess.run([*PROGRAM, *arguments], cwd=folder, check=True, capture_output=True)
    return folder


def _loaded(folder: Path, *arguments: str) -> set[str]:
    """The modules that a process has loaded after one command."""
    program = (
        "import sys; from mailgate.cli import main; code = main(sys.argv[1:])\n"
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )  # fmt: skip
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return set(done.stderr.splitlines()[-1].split())


def _cpu_s(folder: Path, *command: str) -> float:
    """Processor seconds of a process, the least of several runs."""

    def spent_s() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    found = []
    for _ in range(3):
        before_s = spent_s()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        found.append(spent_s() - before_s)
    return min(found)


@pytest.mark.parametrize("arguments", [("--version",), ("case", "list"), ("journal", "list", "--json"), ("todo",)])
def test_given_a_command_that_reads_sqlite_when_it_ends_then_it_has_loaded_nothing_that_it_does_not_need(
    installation: Path, arguments: tuple[str, ...]
) -> None:
    loaded = _loaded(installation, *arguments)
    assert "mailgate.cli" in loaded
    assert sorted(loaded & {*NEVER, *OUR_OWN}) == []


def test_given_version_when_it_ends_then_neither_settings_nor_database_nor_tables_are_loaded(installation: Path) -> None:
    assert sorted(_loaded(installation, "--version") & set(NOT_FOR_VERSION)) == []


@pytest.mark.timing
def test_given_version_when_measured_then_it_costs_next_to_nothing(installation: Path) -> None:
    libraries_s = _cpu_s(installation, sys.executable, "-c", LIBRARIES)
    assert _cpu_s(installation, *PROGRAM, "--version") <= VERSION_PER_LIBRARIES * libraries_s


@pytest.mark.timing
def test_given_commands_that_read_when_measured_then_most_of_it_is_their_libraries(installation: Path) -> None:
    libraries_s = _cpu_s(installation, sys.executable, "-c", LIBRARIES)
    for arguments in (("case", "list"), ("todo",)):
        assert _cpu_s(installation, *PROGRAM, *arguments) <= READ_PER_LIBRARIES * libraries_s, arguments
