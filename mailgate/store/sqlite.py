"""SQLite: what every connection is set to, and what is asserted before a promise is made on it.

In: a file path, fresh connections. Out: connections that journal ahead (WAL), flush at every commit (synchronous FULL) and wait for a
lock. Facts behind it: a transaction that has read cannot become a writer after another commit, whatever the busy timeout (so writers
begin IMMEDIATE); WAL with NORMAL may lose acknowledged commits on power loss. Never on a network file system: its locks and flushes are
not to be trusted.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from mailgate.clock import monotonic_s
from mailgate.errors import ConfigError
from mailgate.store.large_values import close_after_large

BUSY_TIMEOUT_MS = 10_000
LOOK_AGAIN_S = 0.001
"""Between two looks at a lock of another process. SQLite itself would look every 100 ms after a while, and find it taken again."""
WAL_LIMIT_BYTES = 64 * 1024 * 1024
WAL_TEND_MS = 200
AUTOCHECKPOINT_PAGES = 4000
CACHE_KIB = 16 * 1024
WRITER_CACHE_KIB = 2 * 1024
"""While the file is below 1 GiB: see `_writer_cache_kib`. A larger transaction still keeps `CACHE_KIB` in memory before it writes early."""
PENDING_BYTE = 1 << 30
OLDEST_SQLITE = (3, 35, 0)  # RETURNING, https://sqlite.org/lang_returning.html
NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "9p", "virtiofs", "davfs", "beegfs", "gfs2",
        "ocfs2", "gpfs", "orangefs", "moosefs", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "fuse.davfs",
        "fuse.mfs",
    }
)  # fmt: skip

# The driver passes text and numbers on as they are; for any other value it looks for an adapter, longest where there is none.
sqlite3.register_adapter(bytes, bytes)
sqlite3.register_adapter(bool, int)


def engines(path: Path, pool_size: int) -> tuple[Engine, Engine]:
    """The writing engine (one connection: SQLite has one writer, and waiting in line beats polling a lock) and the reading one."""
    _assert_usable(path)
    return _engine(path, 1, reading=False), _engine(path, pool_size, reading=True)


def _engine(path: Path, size: int, *, reading: bool) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_MS / 1000,
        pool_reset_on_return=None,  # a unit of work always ends its transaction itself
        connect_args={"check_same_thread": False, "cached_statements": 512},
        insertmanyvalues_page_size=200,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        _set_up(connection, reading=reading)
        if not reading:
            connection.execute("PRAGMA busy_timeout = 0").close()  # `_begin_writing` waits
            connection.execute(f"PRAGMA cache_size = -{_writer_cache_kib(connection)}").close()
            connection.execute(f"PRAGMA cache_spill = -{CACHE_KIB}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver's own transaction control is off; a writer takes its lock at the beginning or waits for it there.
        # Straight to the driver: this is the price of every group of mails.
        driver: Any = connection.connection.driver_connection
        if reading:
            driver.execute("BEGIN DEFERRED")
        else:
            _begin_writing(driver)

    close_after_large(engine)
    return engine


def _writer_cache_kib(connection: sqlite3.Connection) -> int:
    """How much a writer keeps between transactions.

    To put neighbours in a tree in order, SQLite lends one of them the number of the page at PENDING_BYTE, which holds nothing. In a smaller
    file that is a page behind the end, and the commit goes through the whole cache to drop it: with 4000 pages that was a sixth of the
    listener's CPU. The system keeps pages, too.
    """
    pages, page_bytes = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return CACHE_KIB if pages * page_bytes > PENDING_BYTE else WRITER_CACHE_KIB


def _begin_writing(connection: sqlite3.Connection) -> None:
    """Take the write lock, or raise what SQLite says when another process keeps it too long."""
    due_s = monotonic_s() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic_s() >= due_s:
                raise
        time.sleep(LOOK_AGAIN_S)


def _set_up(connection: sqlite3.Connection, *, reading: bool) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"journal_size_limit = {WAL_LIMIT_BYTES}",
        f"wal_autocheckpoint = {AUTOCHECKPOINT_PAGES}",
        f"cache_size = -{CACHE_KIB}",
        "temp_store = MEMORY",
        *(["query_only = ON"] if reading else []),
    ):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.create_function("lower", 1, _lower, deterministic=True)
    assert_settings(connection)


def _lower(value: Any) -> Any:
    """SQLite's own `lower` folds ASCII alone (https://sqlite.org/lang_corefunc.html#lower); ours is the one that rows are written with."""
    return value.lower() if isinstance(value, str) else value


def assert_settings(connection: sqlite3.Connection) -> None:
    """Read back what the guarantees stand on. Raises ConfigError."""
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    if str(mode).lower() != "wal":
        raise ConfigError(
            f"the database cannot use a write-ahead log (journal_mode is {mode})", hint="put database.url on a local disk of its own"
        )
    if int(synchronous) < 2:
        raise ConfigError(
            f"SQLite flushes too little (synchronous is {synchronous})", hint="accepted mail would be lost on power loss; FULL is needed"
        )


def _assert_usable(path: Path) -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise ConfigError(f"SQLite {sqlite3.sqlite_version} is too old", hint="3.35 or newer is needed")
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the folder of the database cannot be made: {error.strerror}", file=str(path.parent)) from error
    kind = file_system(path.parent)
    if kind in NETWORK_FILE_SYSTEMS:
        raise ConfigError(
            f"the database is on a network file system ({kind})", file=str(path), hint="use a local disk, or PostgreSQL for several hosts"
        )


def file_system(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The type of the file system that holds `folder`, "" when the system does not tell."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    wanted = os.path.realpath(folder)
    best, kind = "", ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        # Space, tab, newline and backslash stand as octal escapes, see getmntent(3).
        point = fields[1].encode("latin-1", "backslashreplace").decode("unicode_escape") if "\\" in fields[1] else fields[1]
        inside = wanted == point or wanted.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # a later mount on the same point hides the earlier one
            best, kind = point, fields[2]
    return kind


def tend_wal(engine: Engine, path: Path) -> bool:
    """Empty the write-ahead log when it has outgrown its limit because readers kept it. Waits little; returns whether it did."""
    try:
        size_bytes = os.stat(f"{path}-wal").st_size
    except OSError:
        return False
    if size_bytes <= WAL_LIMIT_BYTES:
        return False
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {WAL_TEND_MS}")
        try:
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            cursor.execute("PRAGMA busy_timeout = 0")
        return not busy
    finally:
        connection.close()
