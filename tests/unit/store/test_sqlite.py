"""SQLite is set to flush, asserted per connection, refused where it cannot keep a promise, and its log stays bounded."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mailgate.clock import utc_now
from mailgate.errors import ConfigError, StoreUnavailable
from mailgate.store import sqlite
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import accepted, entry


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    opened = Store(open_database(sqlite_url), utc_now)
    yield opened
    opened.database.close()


def test_given_a_database_that_nobody_closed_when_it_goes_then_it_says_so(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    with pytest.warns(ResourceWarning, match="unclosed database"):
        database.__del__()
    database.close()
    database.__del__()


def test_given_any_connection_when_opened_then_the_settings_of_the_promise_hold(store: Store) -> None:
    for engine in (store.database.writing, store.database.reading):
        with engine.connect() as connection:
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize(("pending_byte", "kib"), [(sqlite.PENDING_BYTE, sqlite.WRITER_CACHE_KIB), (1, sqlite.CACHE_KIB)])
def test_given_a_file_below_the_pending_byte_when_opened_then_its_writer_keeps_few_pages(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, pending_byte: int, kib: int
) -> None:
    monkeypatch.setattr(sqlite, "PENDING_BYTE", pending_byte)
    database = open_database(sqlite_url)
    with database.writing.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar_one() == -kib
        assert connection.exec_driver_sql("PRAGMA cache_spill").scalar_one() * 4 > sqlite.CACHE_KIB * 0.9, "in pages of 4 KiB and a bit"
    with database.reading.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar_one() == -sqlite.CACHE_KIB
    database.close()


def test_given_letters_beyond_ascii_when_folded_by_the_database_then_it_is_as_python_does(store: Store) -> None:
    for engine in (store.database.writing, store.database.reading):
        with engine.connect() as connection:
            assert tuple(connection.exec_driver_sql("SELECT lower('ÅSE@KUNDE.example'), lower(NULL)").one()) == ("åse@kunde.example", None)


@pytest.mark.parametrize(
    ("pragma", "wording"), [("synchronous = NORMAL", "flushes too little"), ("journal_mode = DELETE", "write-ahead log")]
)
def test_given_a_connection_with_a_lower_setting_when_asserted_then_it_is_refused(tmp_path: Path, pragma: str, wording: str) -> None:
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA {pragma}")
    with pytest.raises(ConfigError, match=wording):
        sqlite.assert_settings(connection)
    connection.close()


def test_given_another_tool_that_left_the_file_in_another_mode_when_opened_then_it_is_set_right(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    other = sqlite3.connect(path)
    other.execute("PRAGMA journal_mode = DELETE")
    other.execute("PRAGMA synchronous = OFF")
    other.close()
    database = open_database(sqlite_url)
    with database.writing.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
    database.close()


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/mail", "nfs4"), ("/srv/mail/deep", "nfs4"), ("/srv/mailbox", "ext4"), ("/", "ext4"), ("/srv/with space/x", "cifs"),
        ("/srv/over", "xfs"), ("/tmp/x", "tmpfs"),
    ],
)  # fmt: skip
def test_given_mounts_when_asked_then_the_deepest_and_latest_one_that_holds_the_folder_counts(
    tmp_path: Path, folder: str, kind: str
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/a / ext4 rw 0 0\nhost:/x /srv/mail nfs4 rw 0 0\n//host/y /srv/with\\040space cifs rw 0 0\n"
        "host:/z /srv/over nfs rw 0 0\n/dev/b /srv/over xfs rw 0 0\ntmpfs /tmp tmpfs rw 0 0\nbroken\n"
    )
    assert sqlite.file_system(Path(folder), mounts) == kind


def test_given_no_list_of_mounts_when_asked_then_nothing_is_known(tmp_path: Path) -> None:
    assert sqlite.file_system(tmp_path, tmp_path / "none") == ""


def test_given_a_network_file_system_when_opened_then_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "file_system", lambda folder: "nfs4")
    with pytest.raises(ConfigError, match=r"network file system \(nfs4\)"):
        open_database(f"sqlite:///{tmp_path}/x.db")
    assert not (tmp_path / "x.db").exists()


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://x/y", "postgresql+psycopg2://x/y", "sqlite://", "sqlite:///:memory:", "sqlite+aiosqlite:///x"]
)
def test_given_a_url_that_cannot_work_when_opened_then_the_error_says_what_to_write(url: str) -> None:
    with pytest.raises(ConfigError, match=r"database\.url"):
        open_database(url)


def test_given_a_folder_that_cannot_be_made_when_opened_then_it_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        open_database(f"sqlite:///{tmp_path}/file/x.db")


def test_given_a_file_that_is_no_database_when_opened_then_it_is_unavailable_and_the_file_is_left(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"this is no database, " * 100)
    with pytest.raises(StoreUnavailable):
        open_database(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"this is no database")


@pytest.mark.timing
def test_given_four_writers_and_a_long_reader_when_they_write_then_nobody_sees_it_locked(store: Store, sqlite_url: str) -> None:
    other = Store(open_database(sqlite_url), utc_now)  # as a second process: the lock of the file, not the line in ours
    waits: list[float] = []

    def write(first: int) -> None:
        for number in range(first, first + 25):
            began_s = time.monotonic()
            accepted(store if number % 2 else other, number)
            waits.append(time.monotonic() - began_s)

    with store.reading() as reader:
        before = reader.journal.ledger()["accepted"]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, (0, 100, 200, 300)))
        assert reader.journal.ledger()["accepted"] == before == 0
    with store.reading() as reader:
        assert reader.journal.ledger()["accepted"] == 100
    assert sorted(waits)[97] < 2.5
    other.database.close()


def test_given_a_reader_that_kept_the_log_growing_when_it_has_gone_then_the_log_is_cut(
    store: Store, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WAL_LIMIT_BYTES", 200_000)
    wal = Path(sqlite_url.removeprefix("sqlite:///") + "-wal")
    with store.reading() as reader:
        assert reader.journal.list() == []
        for number in range(60):
            with store.transaction() as uow:
                uow.journal.append([entry(number, store.now(), raw=bytes(8_000) + str(number).encode())])
        assert wal.stat().st_size > 200_000
        store.database.tend()
        assert wal.stat().st_size > 200_000, "a reader still needs it"
    store.database.tend()
    assert wal.stat().st_size == 0


def test_given_a_read_only_transaction_when_written_in_then_it_fails(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be written"), store.reading() as uow:
        uow.journal.append([entry(1, store.now())])


@pytest.mark.timing
def test_given_a_writer_that_never_ends_when_another_waits_then_it_fails_in_bounded_time(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 200)
    store = Store(open_database(sqlite_url), utc_now)
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with store.transaction():
            held.set()
            over.wait(20)

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        held.wait(10)
        began_s = time.monotonic()
        with pytest.raises(StoreUnavailable, match="free in time"), store.transaction():
            raise AssertionError("two writers at once")
        assert time.monotonic() - began_s < 5
        over.set()
        holder.result(10)
    store.database.close()


def test_given_a_full_disk_when_written_then_it_says_so_nothing_is_lost_and_it_goes_on_when_there_is_room(store: Store) -> None:
    kept = accepted(store, 1)
    with store.database.writing.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(StoreUnavailable) as caught, store.transaction() as uow:
        uow.journal.append([entry(2, store.now(), raw=bytes(100_000))])
    assert caught.value.full
    with store.reading() as uow:
        assert [one.id for one in uow.journal.list()] == kept
        assert uow.journal.ledger()["balanced"]
    with store.database.writing.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert len(accepted(store, 2)) == 1
