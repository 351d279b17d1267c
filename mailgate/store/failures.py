"""What the drivers raise, as errors of ours. Text for people is generic; the driver's own words are in the cause.

In: an exception of SQLAlchemy (or of the driver below it). Out: an exception of `mailgate.errors` or a subclass of one. Everything the
database can fail with is transient for the one who sent the mail: it answers 4yz, never 5yz (guarantee 2).
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from sqlalchemy import exc

from mailgate.errors import MailgateError, StoreUnavailable, TransientFailure

if TYPE_CHECKING:  # loaded by `store.postgres` alone: commands on SQLite do not wait for it
    import psycopg


class ConnectionLost(StoreUnavailable):
    """The database went away under us. Whether the last commit took effect is not known; the same work may be tried again at once."""


class LostRace(TransientFailure):
    """Another transaction was first, and nothing was written: the same work, started again, sees its changes."""


class StoreBroken(StoreUnavailable):
    """Writing or flushing failed in the device. Later flushes prove nothing (the kernel may have dropped the pages): stop until a
    restart.
    """


class StoreConflict(MailgateError):
    """The database refuses a row, such as a second comment for one journal entry. It will be refused again: not transient."""


# https://www.postgresql.org/docs/15/errcodes-appendix.html
PG_FULL = frozenset({"53100", "53200"})  # disk_full, out_of_memory
PG_RACE = frozenset({"40001", "40P01"})  # serialization, deadlock
PG_AGAIN = frozenset({"55P03", "57014"})  # lock timeout, statement timeout
PG_DEVICE = frozenset({"58030"})  # io_error
PG_REFUSED = frozenset({"22", "23", "54"})  # data exception, integrity constraint violation, program limit exceeded
SQLITE_BUSY = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED"})
SQLITE_NOT_DEVICE = frozenset(
    {"SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_SHMOPEN", "SQLITE_IOERR_SHMMAP", "SQLITE_IOERR_NOMEM", "SQLITE_IOERR_LOCK"}
)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn what SQLAlchemy or a driver raises inside the block into an error of ours, the original chained as its cause."""
    try:
        yield
    except exc.TimeoutError as error:
        raise StoreUnavailable("no connection to the database became free in time") from error
    except exc.DBAPIError as error:
        raise failure(error.orig, lost=error.connection_invalidated) from error
    except _driver_errors() as error:
        raise failure(error) from error


def failure(error: BaseException | None, *, lost: bool = False) -> MailgateError:
    """The error of ours for one of a driver. `lost` when the connection is known to be gone."""
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    if isinstance(error, _errors_of_postgres()):
        return _of_postgres(cast("psycopg.Error", error), lost)
    return ConnectionLost("the connection to the database was lost") if lost else StoreUnavailable("the database failed")


def _driver_errors() -> tuple[type[Exception], ...]:
    return (sqlite3.Error, *_errors_of_postgres())


def _errors_of_postgres() -> tuple[type[Exception], ...]:
    """The base class of psycopg's errors; none while psycopg is not loaded, since then nobody can have raised one."""
    error = getattr(sys.modules.get("psycopg"), "Error", None)
    return (error,) if error else ()


def _of_sqlite(error: sqlite3.Error) -> MailgateError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError | sqlite3.InterfaceError | sqlite3.ProgrammingError):
        return StoreConflict("the database refuses a row")
    if name == "SQLITE_FULL" or name in SQLITE_NOT_DEVICE - {"SQLITE_IOERR_LOCK", "SQLITE_IOERR_NOMEM"}:
        # The shared-memory file of the WAL cannot grow on a full disk either.
        return StoreUnavailable("the disk of the database is full", full=True)
    if name.startswith("SQLITE_IOERR") and name not in SQLITE_NOT_DEVICE:
        return StoreBroken("the disk of the database failed")
    if name.partition("_SNAPSHOT")[0] in SQLITE_BUSY:
        return TransientFailure("the database is locked by another writer")
    return StoreUnavailable("the database cannot be written" if name.startswith("SQLITE_READONLY") else "the database failed")


def _of_postgres(error: psycopg.Error, lost: bool) -> MailgateError:
    import psycopg

    state = error.sqlstate or ""
    if state in PG_FULL:
        return StoreUnavailable("the disk of the database is full", full=True)
    if state in PG_DEVICE:
        return StoreBroken("the disk of the database failed")
    if state in PG_RACE:
        return LostRace("the database asks to try again (deadlock)")
    if state in PG_AGAIN:
        return TransientFailure("the database asks to try again (lock or time limit)")
    # No SQLSTATE: the driver itself refused, or the server did not answer.
    if state[:2] in PG_REFUSED or (not state and isinstance(error, psycopg.DataError | psycopg.ProgrammingError)):
        return StoreConflict("the database refuses a row")
    if lost or not state or state.startswith(("08", "57P")):
        return ConnectionLost("the database cannot be reached")
    return StoreUnavailable("the database failed")
