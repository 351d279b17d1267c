"""One transaction and the repositories that share it.

In: a `Database` and a clock. Out: units of work. `transaction()` commits at the end of its block or rolls all of it back; nothing else
commits. It must never be held open across anything that waits for the world: DNS, SMTP, a person. SQLite has one writer.
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
from mailgate.store.failures import translated
from mailgate.store.repositories.answers import AnswerRepository
from mailgate.store.repositories.blobs import BlobRepository
from mailgate.store.repositories.cases import CaseRepository
from mailgate.store.repositories.contacts import ContactRepository
from mailgate.store.repositories.customers import CustomerRepository
from mailgate.store.repositories.interventions import InterventionRepository
from mailgate.store.repositories.journal import JournalRepository
from mailgate.store.repositories.ledger import LedgerRepository
from mailgate.store.repositories.legacy import LegacyRepository
from mailgate.store.repositories.notices import NoticeRepository
from mailgate.store.repositories.outbox import OutboxRepository
from mailgate.store.repositories.past import PastRepository
from mailgate.store.repositories.policies import PolicyRepository
from mailgate.store.repositories.relay_ids import RelayIdRepository
from mailgate.store.repositories.retention import RetentionRepository
from mailgate.store.repositories.suppressions import SuppressionRepository

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
        """Who is to be told what."""
        return NoticeRepository(self._connection)

    @cached_property
    def outbox(self) -> OutboxRepository:
        """Frozen mail on its way out."""
        return OutboxRepository(self._connection)

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
    def interventions(self) -> InterventionRepository:
        """What people did by hand."""
        return InterventionRepository(self._connection)

    @cached_property
    def past(self) -> PastRepository:
        """What backtests read."""
        return PastRepository(self._connection)

    @cached_property
    def ledger(self) -> LedgerRepository:
        """The proof that nothing accepted is missing."""
        return LedgerRepository(self._connection)

    @cached_property
    def retention(self) -> RetentionRepository:
        """What may be taken away after its time."""
        return RetentionRepository(self._connection)

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo only the block's own writes when it raises; the transaction goes on. Raises what the block raised."""
        with translated(), self._connection.begin_nested():
            yield


class Store:
    """The way to the database for all stages; safe to share between threads. Counts what it accepts under a writer's name of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self._writer, self._writer_pid = new_id(clock()), os.getpid()
        self._done = 0

    def now(self) -> datetime:
        """The time by the clock the store was given."""
        return self.clock()

    @contextlib.contextmanager
    def transaction(self, *, urgent: bool = False) -> Iterator[UnitOfWork]:
        """One write transaction: commits at the end, rolls back on any exception. `urgent`: a client waits for it (see `turns`).

        Raises StoreUnavailable (`full` when the disk is), TransientFailure for deadlocks and lost races, StoreConflict when the schema
        refuses a row. When the commit itself fails with ConnectionLost, whether it took effect is not known.
        """
        with translated(), self.database.turn(urgent=urgent), self.database.writing.begin() as connection:
            yield UnitOfWork(connection, self._writer_name(), self.clock)
        self._done += 1
        if self._done % TEND_EVERY == 0:
            self.database.tend()

    @contextlib.contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """One read-only transaction that sees one moment of the database throughout. Waits for no writer. A write in it fails."""
        with translated(), self.database.reading.connect() as connection:
            if not self.database.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin() as transaction:
                yield UnitOfWork(connection, self._writer_name(), self.clock)
                transaction.rollback()

    def _writer_name(self) -> str:
        """One name per process: a forked child must not count on its parent's row."""
        if os.getpid() != self._writer_pid:
            self._writer, self._writer_pid = new_id(self.clock()), os.getpid()
        return self._writer
