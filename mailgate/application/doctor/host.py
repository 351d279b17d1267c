"""The part of `mailgate doctor` that looks at this machine: clock, disk, permissions. In: settings. Out: findings. Changes nothing."""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from mailgate.application.doctor.findings import Finding, fail, ok, warn
from mailgate.config import Settings

OLDEST_SANE = datetime(2026, 1, 1, tzinfo=UTC)
TIME_ERROR = 5
MIB = 1024 * 1024
FIRST_FREE_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
CAP_NET_BIND_SERVICE = 10


def clock(now: datetime | None = None, state: int | None = None) -> Iterator[Finding]:
    """Whether the time is sane and kept by a time service. Leases, tokens and windows stand on it. Arguments are for tests."""
    moment = now or datetime.now(UTC)
    if moment < OLDEST_SANE:
        yield fail(
            "clock",
            f"it is {moment:%Y-%m-%d %H:%M} UTC here, which cannot be",
            "set the clock; run a time service (systemd-timesyncd, chrony)",
        )
        return
    kernel = _kernel_clock() if state is None else state
    if kernel == TIME_ERROR:
        yield warn(
            "clock", f"{moment:%Y-%m-%d %H:%M:%S} UTC, but no time service keeps it", "run systemd-timesyncd or chrony, on every host"
        )
    elif kernel < 0:
        yield warn(
            "clock",
            f"{moment:%Y-%m-%d %H:%M:%S} UTC; the kernel does not tell whether it is kept",
            "make sure that the host runs a time service",
        )
    else:
        yield ok("clock", f"{moment:%Y-%m-%d %H:%M:%S} UTC, kept by a time service")


def _kernel_clock() -> int:
    """The kernel's clock state as adjtimex(2) gives it, -1 when it may not be asked. The struct is larger than what is read of it."""
    try:
        return int(ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512)))
    except (AttributeError, OSError):
        return -1


def disk(found: Settings) -> Iterator[Finding]:
    """Whether the disk under SQLite has free space. A PostgreSQL server watches its own disk."""
    folder = _database_folder(found)
    if folder is None:
        yield ok("disk", "mail is kept by the database server")
        return
    usage = shutil.disk_usage(folder)
    share = 100 * usage.free / usage.total
    text = f"{usage.free // MIB} MiB free of {usage.total // MIB} at {folder} ({share:.0f} %)"
    least = found.smtp.min_free_disk_percent
    if share < least:
        yield fail("disk", f"{text}: mail is put off with 452 below {least} %", "free disk space, or lower retention.raw_days")
    elif share < 2 * least:
        yield warn("disk", text, f"free disk space: below {least} % mail is put off with 452")
    else:
        yield ok("disk", text)


def permissions(found: Settings) -> Iterator[Finding]:
    """Whether we may write what we must, and others may not read what they must not."""
    problems = [*_root(), *_folder(found), *_privileged_ports(found)]
    yield from problems or [ok("permissions", f"user id {os.geteuid()} may write where it must, and others may not read it")]


def _root() -> Iterator[Finding]:
    if os.geteuid() == 0:
        yield warn("permissions", "this is root", "run mailgate as a user of its own (see deploy/systemd)")


def _folder(found: Settings) -> Iterator[Finding]:
    folder = _database_folder(found)
    if folder is None:
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield fail("permissions", f"{folder} cannot be written by user id {os.geteuid()}", f"chown {folder} to the user that runs mailgate")
        return
    for file in folder.glob(Path(found.database.url.removeprefix("sqlite:///")).name + "*"):
        if not os.access(file, os.R_OK | os.W_OK):
            yield fail("permissions", f"{file} cannot be written by user id {os.geteuid()}", "chown it to the user that runs mailgate")
        elif stat.S_IMODE(file.stat().st_mode) & stat.S_IROTH:
            yield warn("permissions", f"{file} holds mail and can be read by everyone", f"chmod o-rwx {file}")


def _privileged_ports(found: Settings) -> Iterator[Finding]:
    smtp = found.smtp
    ports = sorted({endpoint.port for endpoint in (*smtp.listen, *smtp.listen_tls, *smtp.lmtp_listen) if endpoint.port})
    first_free = int(FIRST_FREE_PORT.read_text()) if FIRST_FREE_PORT.exists() else 1024
    low = [str(port) for port in ports if port < first_free]
    if low and not _may_bind_low_ports():
        text = f"user id {os.geteuid()} may not listen on port {', '.join(low)}"
        yield warn("permissions", text, "start it with deploy/systemd, which grants CAP_NET_BIND_SERVICE, or listen above 1024")


def _may_bind_low_ports() -> bool:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> CAP_NET_BIND_SERVICE & 1)
    return os.geteuid() == 0


def _database_folder(found: Settings) -> Path | None:
    """The folder of SQLite's file, or the nearest one above it that exists; None for a database server."""
    if not found.database.url.startswith("sqlite:"):
        return None
    folder = Path(found.database.url.removeprefix("sqlite:///")).parent
    while not os.path.exists(folder):  # Path.exists raises where we may not look
        folder = folder.parent
    return folder
