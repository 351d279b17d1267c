"""Where tests keep their files: in memory where there is room, on the disk otherwise.

Mailgate flushes each mail, and PostgreSQL each database that is made or dropped, before they go on. On a file system in memory they do the
same and wait for no disk. Tests kill programs, never the machine, so nothing that they check depends on what a disk has kept. `TMPDIR` in
the environment decides otherwise: `TMPDIR=/var/tmp make test` uses a disk.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
# What all workers together need at most is a third of it.
ROOM_BYTES = 2 << 30


def roomy(folder: Path, room_bytes: int = ROOM_BYTES) -> bool:
    """Whether so much may be written to this file system in memory, and so much memory is free."""
    if not os.access(folder, os.W_OK) or psutil.virtual_memory().available < 2 * room_bytes:
        return False
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize >= room_bytes


def use_memory() -> None:
    """Put temporary files of this process, and of all that it starts, into memory, unless `TMPDIR` says where they belong."""
    if "TMPDIR" not in os.environ and roomy(MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def used() -> bool:
    """Whether temporary files are in memory."""
    return Path(tempfile.gettempdir()).is_relative_to(MEMORY)
