"""Accept stage, last step before 250: many sessions' messages into one commit, and nobody is answered before it.

In: `Submission` values from the listener's event loops or from `inject`. Out: a `Receipt` per message, durable when it is given; one ring
per group. One thread commits: it takes all that waits, writes it in one transaction and wakes all of it; meanwhile the next group
gathers. So the price of a flush is shared by as many as came during the last one. It must never answer before the commit, drop what was
committed, or hang the caller.

Kill points: `before_journal_write` before the transaction begins; `after_journal_write_before_fsync` when all is written but not
committed; `after_fsync_before_commit` right after the commit (both databases flush and commit in one call, there is no instant between)
and before any waiter knows; `after_250_before_enqueue` when the waiters have run and before the ring.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from mailgate import killpoint, log
from mailgate.cases.ids import new_id
from mailgate.clock import Clock, monotonic_s
from mailgate.errors import StoreUnavailable, TransientFailure
from mailgate.inbound.submission import Receipt, Submission
from mailgate.mail.submission_key import submission_key
from mailgate.store.failures import ConnectionLost, StoreBroken, StoreConflict
from mailgate.store.rows import NewEntry
from mailgate.store.unit_of_work import Store

GROUP_MAX = 256
GROUP_BYTES = 32 * 1024 * 1024
GATHER_S = 0.001  # at most, and only while mails come together: a group of ten costs half as much work per mail as ten groups
NEVER = 1 << 30
TRIES = 3
COMMIT_LIMIT_S = 20.0  # a commit that takes longer is given up for those who wait; what it does later is found by deduplication
WATCH_S = 1.0
# What can be wrong with one row alone. A group that fails so is written row by row.
ROW_ERRORS = (StoreConflict, ValueError, TypeError, LookupError, AttributeError, OverflowError, MemoryError)

BROKEN = "the disk failed under the database; nothing is accepted until a restart"
STOPPED = "the journal is closed"
SLOW = "the database does not answer in time"

_log = log.get("journal")


class _Waiting(NamedTuple):
    submission: Submission
    future: asyncio.Future[Receipt]
    loop: asyncio.AbstractEventLoop


class _Away(StoreUnavailable):
    """Not the message's fault, nor the group's: the store takes nothing now."""


class Journal:
    """Group commit; see the module. `ring` is called after each group and must neither block nor raise."""

    def __init__(self, store: Store, clock: Clock, ring: Callable[[], None]) -> None:
        self._store, self._clock, self._ring = store, clock, ring
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._refusal = STOPPED
        self._group: list[_Waiting] = []
        self._began_s = 0.0
        self._company, self._wanted = 1, NEVER
        self._enough: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._committer = threading.Thread(target=self._run, name="journal", daemon=True)
        self._watch = threading.Thread(target=self._watch_commits, name="journal-watch", daemon=True)

    @property
    def healthy(self) -> bool:
        """False before `start`, after `close`, and from the first failed flush until a restart."""
        return not self._refusal

    def start(self) -> None:
        """Begin to commit. Call once."""
        self._refusal = ""
        self._committer.start()
        self._watch.start()

    def close(self, timeout_s: float = 30.0) -> None:
        """Commit what waits, then stop. What comes later is refused."""
        self._refuse(STOPPED)
        self._closing.set()
        self._queue.put(None)
        self._committer.join(timeout_s)
        self._watch.join(timeout_s)
        self._give_up(StoreUnavailable(STOPPED))

    async def append(self, submission: Submission) -> Receipt:
        """Return when the message is durable, with the id of the same submission when it was there already.

        Raises StoreUnavailable. A cancelled caller changes nothing: the message is committed, and its resend is given the same id.
        """
        if self._refusal:
            raise StoreUnavailable(self._refusal)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Receipt] = loop.create_future()
        self._queue.put(_Waiting(submission, future, loop))
        if self._queue.qsize() >= self._wanted:
            self._enough.put(None)
        if not self._committer.is_alive():  # closed between the question above and now
            self._give_up(StoreUnavailable(STOPPED))
        return await future

    def append_many(self, submissions: Iterable[Submission]) -> list[Receipt]:
        """The same for a caller without an event loop, in groups, in the caller's thread. Needs no `start`. Raises StoreUnavailable."""
        receipts: list[Receipt] = []
        group: list[Submission] = []
        for submission in submissions:
            group.append(submission)
            if len(group) >= GROUP_MAX or sum(len(one.raw) for one in group) >= GROUP_BYTES:
                receipts += self._append_now(group)
                group = []
        return receipts + (self._append_now(group) if group else [])

    def _append_now(self, group: Sequence[Submission]) -> list[Receipt]:
        receipts = []
        for outcome in self._outcomes(group):
            if isinstance(outcome, StoreUnavailable):
                raise outcome
            receipts.append(outcome)
        killpoint.reached("after_250_before_enqueue")
        self._ring()
        return receipts

    # The committing thread ---------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while group := self._gather():
                self._group, self._began_s = group, monotonic_s()
                outcomes = self._outcomes([waiting.submission for waiting in group])
                self._group = []
                if isinstance(outcomes[0], _Away) and not outcomes[0].full:
                    # Before the group is told: what comes after that is a new try and deserves one.
                    self._give_up(outcomes[0])
                self._wake(group, outcomes)
        finally:
            # Also the way out of an error nobody foresaw: no caller may wait for a thread that is gone.
            self._refuse(STOPPED)
            self._give_up(StoreUnavailable(STOPPED))

    def _gather(self) -> list[_Waiting]:
        """All that waits, up to the bounds of a group; waits for the first. [] when the journal is closed and nothing waits."""
        first = self._queue.get()
        if first is None:
            return []
        if self._company > 1:
            self._await_company()
        group, size_bytes = [first], len(first.submission.raw)
        with contextlib.suppress(queue.Empty):
            while len(group) < GROUP_MAX and size_bytes < GROUP_BYTES:
                waiting = self._queue.get_nowait()
                if waiting is None:
                    self._queue.put(None)
                    break
                group.append(waiting)
                size_bytes += len(waiting.submission.raw)
        self._company = len(group)
        return group

    def _await_company(self) -> None:
        """Those who were answered last are likely to be back at once: wait for as many, but not long."""
        self._wanted = self._company - 1
        if self._queue.qsize() < self._wanted:
            with contextlib.suppress(queue.Empty):
                self._enough.get(timeout=GATHER_S)
        self._wanted = NEVER
        while not self._enough.empty():
            self._enough.get()

    def _outcomes(self, group: Sequence[Submission]) -> Sequence[Receipt | StoreUnavailable]:
        """One outcome per message, in order. A row that cannot be written fails alone; a store that is away fails the group."""
        try:
            return self._tried(group)
        except ROW_ERRORS as error:
            if len(group) > 1:
                return [outcome for submission in group for outcome in self._outcomes([submission])]
            return [_unavailable("the message cannot be written", error)]
        except StoreUnavailable as error:
            if isinstance(error, StoreBroken):
                self._refuse(BROKEN)
                _log.error("journal_unhealthy", error=str(error))
            return [_unavailable(str(error), error, _Away, error.full)] * len(group)
        except TransientFailure as error:
            return [_unavailable(str(error), error)] * len(group)

    def _tried(self, group: Sequence[Submission]) -> list[Receipt]:
        """Write the group, again when the database asks for it or was lost: a commit that took effect unseen is found as a duplicate."""
        for _ in range(TRIES - 1):
            try:
                return self._write(group)
            except TransientFailure as error:
                if isinstance(error, StoreUnavailable) and not isinstance(error, ConnectionLost):
                    raise
        return self._write(group)

    def _write(self, group: Sequence[Submission]) -> list[Receipt]:
        now = self._clock()
        entries = [
            NewEntry(
                new_id(now),
                now,
                one.envelope,
                one.raw,
                hashlib.sha256(one.raw).hexdigest(),
                submission_key(one.envelope, one.raw),
                one.client_address,
                one.helo,
                one.protocol,
                one.tls,
                one.smtp_utf8,
                one.notes,
            )
            for one in group
        ]
        killpoint.reached("before_journal_write")
        with self._store.transaction(urgent=True) as unit:
            appended = unit.journal.append(entries)
            killpoint.reached("after_journal_write_before_fsync")
        killpoint.reached("after_fsync_before_commit")
        return [Receipt(one.journal_id, one.duplicate) for one in appended]

    # Waking ------------------------------------------------------------------------------------------------------------------------

    def _wake(self, group: Sequence[_Waiting], outcomes: Sequence[Receipt | StoreUnavailable]) -> None:
        """Tell each event loop once."""
        pairs = list(zip(group, outcomes, strict=True))
        for loop in {waiting.loop for waiting in group}:
            _call(loop, self._settle, [(waiting.future, outcome) for waiting, outcome in pairs if waiting.loop is loop])

    def _settle(self, settled: Sequence[tuple[asyncio.Future[Receipt], Receipt | StoreUnavailable]]) -> None:
        """In the event loop. The ring comes after the waiters have run, so that it is after their 250."""
        for future, outcome in settled:
            if future.done():
                continue
            if isinstance(outcome, StoreUnavailable):
                # An exception of its own for each: a traceback that many tasks write into is nobody's.
                future.set_exception(_unavailable(str(outcome), outcome, StoreUnavailable, outcome.full))
            else:
                future.set_result(outcome)
        if any(isinstance(outcome, Receipt) for _, outcome in settled):
            asyncio.get_running_loop().call_soon(self._after_250)

    def _after_250(self) -> None:
        killpoint.reached("after_250_before_enqueue")
        self._ring()

    def _give_up(self, failure: StoreUnavailable) -> None:
        """Fail what waits now: those who came while the store was away need not find out one by one."""
        waiting: list[_Waiting | None] = []
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.append(self._queue.get_nowait())
        for one in waiting:
            if one is not None:
                _call(one.loop, self._settle, [(one.future, failure)])
        if None in waiting:
            self._queue.put(None)

    def _refuse(self, why: str) -> None:
        if self._refusal != BROKEN:
            self._refusal = why

    def _watch_commits(self) -> None:
        """A database that hangs must not hang the sessions: those who wait too long are told to try again."""
        while not self._closing.wait(WATCH_S):
            group, began_s = self._group, self._began_s
            if not group or monotonic_s() - began_s < COMMIT_LIMIT_S:
                continue
            for waiting in group:
                _call(waiting.loop, self._settle, [(waiting.future, StoreUnavailable(SLOW))])
            self._give_up(StoreUnavailable(SLOW))


def _unavailable(text: str, cause: BaseException, kind: type[StoreUnavailable] = StoreUnavailable, full: bool = False) -> StoreUnavailable:
    failure = kind(text, full=full)
    failure.__cause__ = cause
    return failure


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], argument: object) -> None:
    """Call in the loop's thread. A loop that was closed has nobody left to tell."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(function, argument)
