"""What drivers raise becomes an error of ours that says whether to wait, to stop, or to set the row aside."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy import exc

from mailgate.errors import MailgateError, StoreUnavailable, TransientFailure, underlying
from mailgate.store.failures import ConnectionLost, LostRace, StoreBroken, StoreConflict, failure, translated


def _sqlite(name: str, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> sqlite3.Error:
    error = kind("driver's words with a secret")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("error", "kind", "full"),
    [
        (_sqlite("SQLITE_FULL"), StoreUnavailable, True),
        (_sqlite("SQLITE_IOERR_SHMSIZE"), StoreUnavailable, True),
        (_sqlite("SQLITE_IOERR_FSYNC"), StoreBroken, False),
        (_sqlite("SQLITE_IOERR_WRITE"), StoreBroken, False),
        (_sqlite("SQLITE_IOERR"), StoreBroken, False),
        (_sqlite("SQLITE_READONLY"), StoreUnavailable, False),
        (_sqlite("SQLITE_CORRUPT", sqlite3.DatabaseError), StoreUnavailable, False),
        (_sqlite("SQLITE_CANTOPEN"), StoreUnavailable, False),
        (pg.DiskFull(), StoreUnavailable, True),
        (pg.IoError(), StoreBroken, False),
        (pg.AdminShutdown(), ConnectionLost, False),
        (psycopg.OperationalError("connection refused"), ConnectionLost, False),
        (pg.InsufficientPrivilege(), StoreUnavailable, False),
        (pg.UndefinedTable(), StoreUnavailable, False),
        (psycopg.ProgrammingError("cannot adapt type"), StoreConflict, None),
        (pg.UniqueViolation(), StoreConflict, None),
        (pg.UntranslatableCharacter(), StoreConflict, None),
        (_sqlite("SQLITE_CONSTRAINT_UNIQUE", sqlite3.IntegrityError), StoreConflict, None),
        (_sqlite("SQLITE_TOOBIG", sqlite3.DataError), StoreConflict, None),
        (_sqlite("SQLITE_BUSY"), TransientFailure, None),
        (_sqlite("SQLITE_BUSY_SNAPSHOT"), TransientFailure, None),
        (pg.DeadlockDetected(), LostRace, None),
        (pg.SerializationFailure(), LostRace, None),
        (pg.LockNotAvailable(), TransientFailure, None),
        (pg.QueryCanceled(), TransientFailure, None),
        (RuntimeError("of neither driver"), StoreUnavailable, False),
    ],
    ids=repr,
)
def test_given_a_drivers_error_when_translated_then_it_has_its_kind_and_none_of_its_words(
    error: Exception, kind: type[MailgateError], full: bool | None
) -> None:
    made = failure(error)
    assert type(made) is kind
    assert getattr(made, "full", None) is full
    assert "secret" not in str(made)


def test_given_a_lost_connection_when_translated_then_it_may_be_tried_again_at_once() -> None:
    assert type(failure(None, lost=True)) is ConnectionLost


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (exc.TimeoutError("pool"), StoreUnavailable),
        (exc.OperationalError("SELECT", {}, _sqlite("SQLITE_FULL")), StoreUnavailable),
        (_sqlite("SQLITE_BUSY"), TransientFailure),
        (psycopg.OperationalError(), ConnectionLost),
    ],
    ids=repr,
)
def test_given_an_error_in_the_block_when_translated_then_the_cause_is_kept(raised: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught, translated():
        raise raised
    assert caught.value.__cause__ is raised


def test_given_a_translated_error_when_an_operator_asks_then_the_drivers_words_are_there_without_the_statement() -> None:
    with pytest.raises(ConnectionLost) as caught, translated():
        raise exc.OperationalError("SELECT secret", {}, psycopg.OperationalError("connection failed:\n\tConnection refused"))
    assert underlying(caught.value) == "connection failed: Connection refused"
    assert underlying(ConnectionLost("alone")) == ""


def test_given_another_error_in_the_block_when_it_passes_then_it_is_itself() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        _ = 1 / 0
