"""One transaction and the repositories that share it.

In: a `Database` and a clock. Out: units of work. `transaction()` commits at the end of its block or rolls all of it back; nothing else
commits. It must never stay open while waiting for anything outside: DNS, SMTP, a person. SQLite has one writer.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from mailgate.cases.ids import new_id
from mailgate.clock import Clock
from mailgate.store.database import Database
from mailgate.store.failures import ConnectionLost, translated
from mailgate.store.repositories.accounts import AccountRepository
from mailgate.store.repositories.answers import AnswerRepository
from mailgate.store.repositories.audit import AuditRepository
from mailgate.store.repositories.blobs import BlobRepository
from mailgate.store.repositories.cases import CaseRepository
from mailgate.store.repositories.contacts import ContactRepository
from mailgate.store.repositories.customers import CustomerRepository
from mailgate.store.repositories.desk import DeskRepository
from mailgate.store.repositories.history import HistoryRepository
from mailgate.store.repositories.journal import JournalRepository
from mailgate.store.repositories.ledger import LedgerRepository
from mailgate.store.repositories.legacy import LegacyRepository
from mailgate.store.repositories.notices import NoticeRepository
from mailgate.store.repositories.outbox import OutboxRepository
from mailgate.store.repositories.outbox.frozen_mails import FrozenMailRepository
from mailgate.store.repositories.outbox.threads import ThreadRepository
from mailgate.store.repositories.persons import PersonRepository
from mailgate.store.repositories.persons.expiry import ExpiryRepository
from mailgate.store.repositories.policies import PolicyRepository
from mailgate.store.repositories.portal import PortalRepository
from mailgate.store.repositories.relay_ids import RelayIdRepository
from mailgate.store.repositories.retention import RetentionRepository
from mailgate.store.repositories.staff import StaffRepository
from mailgate.store.repositories.suppressions import SuppressionRepository
from mailgate.store.repositories.waiting.customers import CustomersTurnRepository
from mailgate.store.repositories.waiting.restored import RestoredRepository
from mailgate.store.repositories.waiting.todo import TodoRepository

TEND_EVERY = 256


class UnitOfWork:
    """The repositories on one connection. Lives as long as the block of `Store.transaction` or `Store.reading`, in one thread."""

    def __init__(self, connection: Connection, writer: str, clock: Clock) -> None:
        self._connection, self._writer, self._clock = connection, writer, clock

    @cached_property
    def journal(self) -> JournalRepository:
        """Accepted mail."""
        return JournalRepository(self._connection, self._writer, self._clock)

    @cached_property
    def blobs(self) -> BlobRepository:
        """Bytes by hash."""
        return BlobRepository(self._connection, self._clock)

    @cached_property
    def cases(self) -> CaseRepository:
        """Cases with participants, comments and events."""
        return CaseRepository(self._connection)

    @cached_property
    def contacts(self) -> ContactRepository:
        """People."""
        return ContactRepository(self._connection)

    @cached_property
    def customers(self) -> CustomerRepository:
        """Companies."""
        return CustomerRepository(self._connection)

    @cached_property
    def notices(self) -> NoticeRepository:
        """Notices: notifications of one person about one event."""
        return NoticeRepository(self._connection)

    @cached_property
    def outbox(self) -> OutboxRepository:
        """Frozen mail on its way out."""
        return OutboxRepository(self._connection)

    @cached_property
    def frozen_mails(self) -> FrozenMailRepository:
        """Whether frozen mail still has its bytes."""
        return FrozenMailRepository(self._connection)

    @cached_property
    def threads(self) -> ThreadRepository:
        """What ties the mails of a case to one thread."""
        return ThreadRepository(self._connection)

    @cached_property
    def answers(self) -> AnswerRepository:
        """What the answer gate counts."""
        return AnswerRepository(self._connection, self._clock)

    @cached_property
    def suppressions(self) -> SuppressionRepository:
        """Addresses that get no mail."""
        return SuppressionRepository(self._connection, self._clock)

    @cached_property
    def policies(self) -> PolicyRepository:
        """The versions of the operators' policy."""
        return PolicyRepository(self._connection)

    @cached_property
    def legacy(self) -> LegacyRepository:
        """Who still asks for help by mail."""
        return LegacyRepository(self._connection)

    @cached_property
    def relay_ids(self) -> RelayIdRepository:
        """Ids that relays have put in place of ours."""
        return RelayIdRepository(self._connection, self._clock)

    @cached_property
    def accounts(self) -> AccountRepository:
        """Who may log in, sessions, mailed links, limits."""
        return AccountRepository(self._connection)

    @cached_property
    def desk(self) -> DeskRepository:
        """Queues, who has a case open, texts for answers."""
        return DeskRepository(self._connection)

    @cached_property
    def staff(self) -> StaffRepository:
        """Second factors and provider accounts of staff."""
        return StaffRepository(self._connection)

    @cached_property
    def portal(self) -> PortalRepository:
        """What customers choose on the web."""
        return PortalRepository(self._connection)

    @cached_property
    def persons(self) -> PersonRepository:
        """What is known of one person."""
        return PersonRepository(self._connection)

    @cached_property
    def expiry(self) -> ExpiryRepository:
        """What is older than retention allows, beside bytes."""
        return ExpiryRepository(self._connection)

    @cached_property
    def audit(self) -> AuditRepository:
        """Who changed what."""
        return AuditRepository(self._connection)

    @cached_property
    def history(self) -> HistoryRepository:
        """What backtests read."""
        return HistoryRepository(self._connection)

    @cached_property
    def ledger(self) -> LedgerRepository:
        """The check that no accepted mail is missing."""
        return LedgerRepository(self._connection)

    @cached_property
    def restored(self) -> RestoredRepository:
        """What a restore has set aside."""
        return RestoredRepository(self._connection)

    @cached_property
    def todo(self) -> TodoRepository:
        """What waits for a person."""
        return TodoRepository(self._connection)

    @cached_property
    def customers_turn(self) -> CustomersTurnRepository:
        """Cases that wait for their people."""
        return CustomersTurnRepository(self._connection)

    @cached_property
    def retention(self) -> RetentionRepository:
        """Deletes what retention allows."""
        return RetentionRepository(self._connection)


class Store:
    """Access to the database for all stages; safe to share between threads. Counts what it accepts under its own writer name."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self._writer, self._writer_pid = new_id(clock()), os.getpid()
        self._done = 0

    def now(self) -> datetime:
        """The time by the clock the store was given."""
        return self.clock()

    @contextlib.contextmanager
    def transaction(self, *, priority: bool = False) -> Iterator[UnitOfWork]:
        """One write transaction: commits at the end, rolls back on any exception.

        `priority`: a client waits for it, so it gets the write lock first and gives up a silent server early.

        Raises StoreUnavailable (`full` when the disk is), TransientFailure for deadlocks and lost races, StoreConflict when the schema
        refuses a row. When the commit itself fails with ConnectionLost, whether it took effect is not known.
        """
        try:
            with translated(), self.database.write_lock(priority=priority), self.database.writing.begin() as connection:
                self.database.wait_at_most(connection, priority=priority)
                yield UnitOfWork(connection, self._writer_name(), self.clock)
        except ConnectionLost:
            self._writer = new_id(self.clock())  # a server process that hangs may hold the lock on the row of the old name
            raise
        self._done += 1
        if self._done % TEND_EVERY == 0:
            self.database.tend()

    @contextlib.contextmanager
    def reading(self, *, priority: bool = False) -> Iterator[UnitOfWork]:
        """One read-only transaction that sees one moment of the database throughout. Waits for no writer. A write in it fails."""
        with translated(), self.database.reading.connect() as connection:
            if not self.database.is_sqlite:
                self.database.wait_at_most(connection, priority=priority)
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():  # it ends by a commit of nothing: after a rollback psycopg gives up all prepared statements
                yield UnitOfWork(connection, self._writer_name(), self.clock)

    def at_once(self) -> contextlib.AbstractContextManager[UnitOfWork]:
        """For one statement that writes, and no other: PostgreSQL commits it by itself. On SQLite a transaction.

        Raises what `transaction` does. When the statement fails with ConnectionLost, whether it took effect is not known.
        """
        return self.transaction() if self.database.is_sqlite else self.asking()

    @contextlib.contextmanager
    def asking(self) -> Iterator[UnitOfWork]:
        """For one statement that reads, and no other: PostgreSQL is spared the begin and the end of a transaction."""
        with translated(), self.database.reading.connect() as connection:
            if not self.database.is_sqlite:
                self.database.wait_at_most(connection, priority=False)
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            yield UnitOfWork(connection, self._writer_name(), self.clock)

    def _writer_name(self) -> str:
        """One name per process: a forked child must not count on its parent's row."""
        if os.getpid() != self._writer_pid:
            self._writer, self._writer_pid = new_id(self.clock()), os.getpid()
        return self._writer
