"""Group commit: nobody is answered before the commit, one bad row fails alone, and no caller waits for a store that is away."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mailgate.clock import utc_now
from mailgate.errors import StoreUnavailable, TransientFailure
from mailgate.inbound.smtp import journal as journal_module
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.inbound.smtp.submission import Receipt, Submission
from mailgate.mail.model import Envelope
from mailgate.store.database import open_database
from mailgate.store.failures import ConnectionLost, StoreBroken, StoreConflict, failure
from mailgate.store.unit_of_work import Store, UnitOfWork
from tests.support.mails.entries import raw_mail

Before = Callable[[int], None]


class WatchedStore(Store):
    """A real store. `before(n)` runs before the n-th transaction, `at_commit(n)` at its end: to count, hold up and make fail."""

    def __init__(self, url: str) -> None:
        super().__init__(open_database(url), utc_now)
        self.count = 0
        self.before: Before = lambda number: None
        self.at_commit: Before = lambda number: None
        self.sizes: list[int] = []

    @contextlib.contextmanager
    def transaction(self, *, priority: bool = False) -> Iterator[UnitOfWork]:
        self.count += 1
        number = self.count
        self.before(number)
        with super().transaction(priority=priority) as uow:
            yield uow
            self.at_commit(number)


class Gate:
    """Holds the committing thread until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, number: int) -> None:
        if number == 1:
            self.reached.set()
            assert self.opened.wait(20)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[WatchedStore]:
    watched = WatchedStore(sqlite_url)
    yield watched
    watched.database.close()


@pytest.fixture
def notified() -> list[str]:
    return []


@pytest.fixture
def journal(store: WatchedStore, notified: list[str]) -> Iterator[GroupCommitJournal]:
    started = GroupCommitJournal(store, utc_now, lambda: notified.append("wakeup"))
    started.start()
    yield started
    started.close()


def mail(number: int, **more: Any) -> Submission:
    fields: dict[str, Any] = {"client_address": "192.0.2.1", "helo": "x", "protocol": "smtp", "tls": False, "smtp_utf8": False}
    return Submission(Envelope("kari@kunde.example", ("support@example.no",)), raw_mail(number), **(fields | more))


async def append(journal: GroupCommitJournal, submission: Submission) -> Receipt:
    """What became of one submission. Raises StoreUnavailable."""
    future: asyncio.Future[Receipt | StoreUnavailable] = asyncio.get_running_loop().create_future()
    journal.submit(submission, future.set_result)
    outcome = await future
    if isinstance(outcome, StoreUnavailable):
        raise outcome
    return outcome


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)


def accepted(store: Store) -> int:
    with store.reading() as uow:
        figures = uow.journal.ledger()
    assert figures["balanced"]
    return int(figures["accepted"])


def run(work: Callable[[], Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work(), 30))


def test_given_mails_that_come_during_a_commit_when_it_is_over_then_they_are_one_group_and_one_wakeup(
    journal: GroupCommitJournal, store: WatchedStore, notified: list[str]
) -> None:
    gate = store.before = Gate()

    async def work() -> list[Receipt]:
        first = asyncio.ensure_future(append(journal, mail(0)))
        await in_thread(gate.reached.wait)
        rest = [asyncio.ensure_future(append(journal, mail(n))) for n in range(1, 20)]
        await asyncio.sleep(0)
        gate.opened.set()
        return list(await asyncio.gather(first, *rest))

    receipts = run(work)
    assert store.count == 2
    assert len({receipt.journal_id for receipt in receipts}) == 20
    assert [receipt.journal_id for receipt in receipts] == sorted(receipt.journal_id for receipt in receipts)
    assert notified == ["wakeup", "wakeup"]
    assert accepted(store) == 20


def test_given_a_commit_under_way_when_a_caller_waits_then_it_is_not_answered_before_the_end(
    journal: GroupCommitJournal, store: WatchedStore
) -> None:
    gate = store.at_commit = Gate()

    async def work() -> None:
        waiting = asyncio.ensure_future(append(journal, mail(1)))
        await in_thread(gate.reached.wait)
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()
        assert accepted(store) == 0
        gate.opened.set()
        await waiting
        assert accepted(store) == 1

    run(work)


def test_given_a_caller_that_is_cancelled_when_the_commit_ends_then_the_mail_is_kept_and_its_resend_is_given_the_same_id(
    journal: GroupCommitJournal, store: WatchedStore
) -> None:
    gate = store.before = Gate()

    async def work() -> Receipt:
        waiting = asyncio.ensure_future(append(journal, mail(1)))
        await in_thread(gate.reached.wait)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        gate.opened.set()
        return await append(journal, mail(1))

    receipt = run(work)
    assert receipt.duplicate
    assert accepted(store) == 1
    with store.reading() as uow:
        assert uow.journal.get(receipt.journal_id).state == "pending"


def test_given_one_row_that_cannot_be_written_when_its_group_fails_then_the_others_are_accepted(
    journal: GroupCommitJournal, store: WatchedStore
) -> None:
    gate = store.before = Gate()
    bad = mail(2, protocol=object())

    async def work() -> list[Any]:
        first = asyncio.ensure_future(append(journal, mail(0)))
        await in_thread(gate.reached.wait)
        rest = [asyncio.ensure_future(append(journal, one)) for one in (mail(1), bad, mail(3))]
        await asyncio.sleep(0)
        gate.opened.set()
        return list(await asyncio.gather(first, *rest, return_exceptions=True))

    outcomes = run(work)
    assert [type(outcome) for outcome in outcomes] == [Receipt, Receipt, StoreUnavailable, Receipt]
    assert journal.healthy
    assert accepted(store) == 3


@pytest.mark.parametrize("error", [TransientFailure("deadlock"), ConnectionLost("gone")], ids=repr)
def test_given_a_failure_that_asks_to_try_again_when_it_passes_then_the_caller_never_knows(
    journal: GroupCommitJournal, store: WatchedStore, error: Exception
) -> None:
    def fail_twice(number: int) -> None:
        if number <= 2:
            raise error

    store.before = fail_twice
    assert not run(lambda: append(journal, mail(1))).duplicate
    assert store.count == 3


def test_given_a_commit_that_took_effect_unseen_when_tried_again_then_the_mail_is_there_once(
    journal: GroupCommitJournal, store: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = Store.transaction

    @contextlib.contextmanager
    def lost_after_commit(self: Store, **how: bool) -> Iterator[UnitOfWork]:
        with inner(self, **how) as uow:
            yield uow
        monkeypatch.undo()
        raise ConnectionLost("the answer to the commit never came")

    monkeypatch.setattr(Store, "transaction", lost_after_commit)
    assert run(lambda: append(journal, mail(1))).duplicate
    assert accepted(store) == 1


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (TransientFailure("deadlock"), False),
        (ConnectionLost("gone"), False),
        (StoreUnavailable("no space", full=True), True),
        (StoreConflict("x"), False),
    ],
    ids=repr,
)
def test_given_a_failure_that_stays_when_appended_then_it_is_unavailable_and_the_journal_goes_on_after(
    journal: GroupCommitJournal, store: WatchedStore, notified: list[str], error: Exception, full: bool
) -> None:
    def fail(number: int) -> None:
        raise error

    store.before = fail
    with pytest.raises(StoreUnavailable) as caught:
        run(lambda: append(journal, mail(1)))
    assert caught.value.full is full
    assert notified == []
    store.before = lambda number: None
    assert journal.healthy
    assert not run(lambda: append(journal, mail(1))).duplicate


def test_given_a_store_that_is_away_when_many_wait_then_they_are_all_told_with_the_first(
    journal: GroupCommitJournal, store: WatchedStore
) -> None:
    gate = Gate()

    def away(number: int) -> None:
        gate(number)
        raise StoreUnavailable("away")

    store.before = away

    async def work() -> list[Any]:
        first = asyncio.ensure_future(append(journal, mail(0)))
        await in_thread(gate.reached.wait)
        rest = [asyncio.ensure_future(append(journal, mail(n))) for n in range(1, 300)]
        await asyncio.sleep(0)
        gate.opened.set()
        return list(await asyncio.gather(first, *rest, return_exceptions=True))

    assert all(isinstance(outcome, StoreUnavailable) for outcome in run(work))
    assert store.count == 1


def test_given_a_flush_that_fails_when_the_disk_is_well_again_then_nothing_is_accepted_until_a_restart(
    journal: GroupCommitJournal, store: WatchedStore, notified: list[str]
) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_FSYNC"

    def fail(number: int) -> None:
        raise failure(error)

    store.at_commit = fail
    with pytest.raises(StoreBroken.__base__):
        run(lambda: append(journal, mail(1)))
    store.at_commit = lambda number: None
    assert not journal.healthy
    with pytest.raises(StoreUnavailable, match="until a restart"):
        run(lambda: append(journal, mail(2)))
    assert accepted(store) == 0
    again = GroupCommitJournal(store, utc_now, lambda: notified.append("wakeup"))
    again.start()
    assert not run(lambda: append(again, mail(1))).duplicate
    again.close()


def test_given_a_commit_that_hangs_when_the_limit_is_over_then_the_callers_are_told_and_the_resend_is_the_same_mail(
    store: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "COMMIT_LIMIT_S", 0.1)
    monkeypatch.setattr(journal_module, "WATCH_S", 0.02)
    gate = store.before = Gate()
    journal = GroupCommitJournal(store, utc_now, lambda: None)
    journal.start()

    async def work() -> Receipt:
        with pytest.raises(StoreUnavailable, match="in time"):
            await append(journal, mail(1))
        monkeypatch.setattr(journal_module, "COMMIT_LIMIT_S", 20.0)
        gate.opened.set()
        while True:  # a client tries again; the watcher may have looked once more before the hanging commit was over
            with contextlib.suppress(StoreUnavailable):
                return await append(journal, mail(1))

    assert run(work).duplicate
    journal.close()


def test_given_a_journal_that_is_not_started_or_closed_when_appended_then_it_refuses(store: WatchedStore) -> None:
    journal = GroupCommitJournal(store, utc_now, lambda: None)
    assert not journal.healthy
    with pytest.raises(StoreUnavailable, match="closed"):
        run(lambda: append(journal, mail(1)))
    journal.start()
    assert journal.healthy
    journal.close()
    assert not journal.healthy
    with pytest.raises(StoreUnavailable, match="closed"):
        run(lambda: append(journal, mail(1)))


def test_given_mails_that_wait_when_closed_then_they_are_committed_first(store: WatchedStore) -> None:
    gate = store.before = Gate()
    journal = GroupCommitJournal(store, utc_now, lambda: None)
    journal.start()

    async def work() -> list[Any]:
        first = asyncio.ensure_future(append(journal, mail(0)))
        await in_thread(gate.reached.wait)
        rest = [asyncio.ensure_future(append(journal, mail(n))) for n in range(1, 9)]
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(in_thread(journal.close))
        gate.opened.set()
        outcomes = await asyncio.gather(first, *rest, return_exceptions=True)
        await closing
        return list(outcomes)

    assert {type(outcome) for outcome in run(work)} == {Receipt}
    assert accepted(store) == 9


def test_given_a_loop_that_is_gone_when_its_mail_is_committed_then_the_journal_goes_on(
    journal: GroupCommitJournal, store: WatchedStore
) -> None:
    gate = store.before = Gate()

    async def leave() -> None:
        asyncio.ensure_future(append(journal, mail(1)))  # noqa: RUF006  nobody waits for it, that is the point
        await in_thread(gate.reached.wait)

    asyncio.run(leave())
    gate.opened.set()
    assert not run(lambda: append(journal, mail(2))).duplicate
    assert accepted(store) == 2


def test_given_mails_from_a_command_when_appended_then_in_groups_with_a_wakeup_for_each(
    store: WatchedStore, notified: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "GROUP_MAX", 10)
    journal = GroupCommitJournal(store, utc_now, lambda: notified.append("wakeup"))
    receipts = journal.append_many(mail(n % 24, protocol="inject") for n in range(25))
    assert [receipt.duplicate for receipt in receipts] == [False] * 24 + [True]
    assert (store.count, len(notified)) == (3, 3)
    assert journal.append_many([]) == []

    def away(number: int) -> None:
        raise StoreUnavailable("away")

    store.before = away
    with pytest.raises(StoreUnavailable):
        journal.append_many([mail(99)])


def test_given_two_event_loops_when_both_append_then_both_are_answered(journal: GroupCommitJournal, store: WatchedStore) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(run, lambda n=n: append(journal, mail(n))) for n in (1, 2)]
        assert [future.result().duplicate for future in both] == [False, False]
    assert accepted(store) == 2
