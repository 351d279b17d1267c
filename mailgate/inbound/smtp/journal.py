"""Accept stage, last step before 250: group commit. The messages of many sessions go into one commit.

In: `Submission` values from the listener's event loops or from `inject`. Out: a `Receipt` per message, durable when it is handed out; one
`notify` per group. One thread commits: it takes all waiting messages, writes them in one transaction and answers their sessions; meanwhile
the next group gathers, so the cost of a flush is shared. It must never answer before the commit, lose what was committed, or leave a
message without an answer.

Kill points: `before_journal_write` before the transaction begins; `after_journal_write_before_fsync` when all rows are written but not
committed; `after_fsync_before_commit` right after the commit (both databases flush and commit in one call) and before any session knows;
`after_250_before_enqueue` when the sessions have answered and before `notify`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mailgate import killpoint, log
from mailgate.cases.ids import new_id
from mailgate.clock import Clock, monotonic_s
from mailgate.errors import StoreUnavailable, TransientFailure
from mailgate.inbound.smtp.submission import Receipt, Settled, Submission
from mailgate.mail.submission_key import submission_key
from mailgate.store.failures import ConnectionLost, StoreBroken, StoreConflict
from mailgate.store.rows import Appended, NewEntry
from mailgate.store.unit_of_work import Store, UnitOfWork

GROUP_MAX = 256
GROUP_BYTES = 32 * 1024 * 1024
GATHER_S = 0.001  # at most, and only under load: a group of ten costs half as much work per mail as ten groups
NEVER = 1 << 30
TRIES = 3
COMMIT_LIMIT_S = 20.0  # after that the sessions get 451; if the commit succeeds later, a resend is recognised as a duplicate
STALL_S = 3.0  # a commit that takes longer means: not ready
WATCH_S = 1.0
# Errors that one row alone can cause. A group that fails with one of them is written row by row.
ROW_ERRORS = (StoreConflict, ValueError, TypeError, LookupError, AttributeError, OverflowError, MemoryError)

BROKEN = "the disk failed under the database; nothing is accepted until a restart"
STOPPED = "the journal is closed"
SLOW = "the database does not answer in time"

_log = log.get("journal")


Outcome = Receipt | StoreUnavailable


@dataclass(slots=True)
class _Waiting:
    submission: Submission
    settled: Settled
    loop: asyncio.AbstractEventLoop
    answered: bool = False


class _Away(StoreUnavailable):
    """Neither the message nor the group is the cause: the store accepts nothing now."""


Beside = Callable[[UnitOfWork, Sequence[NewEntry], Sequence[Appended]], None]
"""What is written in the transaction of a group: asked with its entries and what became of each, in order."""


class GroupCommitJournal:
    """Group commit; see the module. `notify` is called after each group and must neither block nor raise."""

    def __init__(self, store: Store, clock: Clock, notify: Callable[[], None], *, beside: Beside | None = None) -> None:
        self._store, self._clock, self._notify, self._beside = store, clock, notify, beside
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._refusal = STOPPED
        self._group: list[_Waiting] = []
        self._began_s = 0.0
        self._store_away = False
        self._last_size, self._wanted = 1, NEVER
        self._enough: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._committer = threading.Thread(target=self._run, name="journal", daemon=True)
        self._watch = threading.Thread(target=self._watch_commits, name="journal-watch", daemon=True)

    @property
    def healthy(self) -> bool:
        """False before `start`, after `close`, and from the first failed flush until a restart."""
        return not self._refusal

    @property
    def ready(self) -> bool:
        """False also while the database does not answer: a commit runs for too long, or the last one failed because of it."""
        stalled = bool(self._group) and monotonic_s() - self._began_s >= STALL_S
        return self.healthy and not stalled and not self._store_away

    def start(self) -> None:
        """Begin to commit. Call once."""
        self._refusal = ""
        self._committer.start()
        self._watch.start()

    def close(self, timeout_s: float = 30.0) -> None:
        """Commit waiting messages, then stop. Later ones are refused."""
        self._refuse(STOPPED)
        self._closing.set()
        self._queue.put(None)
        self._committer.join(timeout_s)
        self._watch.join(timeout_s)
        self._fail_waiting(StoreUnavailable(STOPPED))

    def submit(self, submission: Submission, settled: Settled) -> None:
        """See `Accepting`. A duplicate gets the id of the first submission."""
        if self._refusal:
            raise StoreUnavailable(self._refusal)
        self._queue.put(_Waiting(submission, settled, asyncio.get_running_loop()))
        if self._queue.qsize() >= self._wanted:
            self._enough.put(None)
        if self._refusal and not self._committer.is_alive():  # closed after the check above
            self._fail_waiting(StoreUnavailable(STOPPED))

    def append_many(self, submissions: Iterable[Submission]) -> list[Receipt]:
        """`submit` for a caller without an event loop, in groups, in the caller's thread. Needs no `start`. Raises StoreUnavailable."""
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
        self._notify()
        return receipts

    # The committing thread ---------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while group := self._gather():
                self._group, self._began_s = group, monotonic_s()
                outcomes = self._outcomes([waiting.submission for waiting in group])
                self._group = []
                self._store_away = isinstance(outcomes[0], _Away) and not outcomes[0].full
                if isinstance(outcomes[0], _Away) and self._store_away:
                    # Before the group is answered: whatever comes later is a new try.
                    self._fail_waiting(outcomes[0])
                self._answer(group, outcomes)
        finally:
            # Also after an unexpected error: no caller may wait for a thread that has ended.
            self._refuse(STOPPED)
            self._fail_waiting(StoreUnavailable(STOPPED))

    def _gather(self) -> list[_Waiting]:
        """Wait for a message, then take all that wait, up to the limits of a group. [] when the journal is closed and nothing waits."""
        first = self._queue.get()
        if first is None:
            return []
        if self._last_size > 1:
            self._await_more()
        group, size_bytes = [first], len(first.submission.raw)
        with contextlib.suppress(queue.Empty):
            while len(group) < GROUP_MAX and size_bytes < GROUP_BYTES:
                waiting = self._queue.get_nowait()
                if waiting is None:
                    self._queue.put(None)
                    break
                group.append(waiting)
                size_bytes += len(waiting.submission.raw)
        self._last_size = len(group)
        return group

    def _await_more(self) -> None:
        """Clients answered last time are likely to send again at once: wait briefly for as many."""
        self._wanted = self._last_size - 1
        if self._queue.qsize() < self._wanted:
            with contextlib.suppress(queue.Empty):
                self._enough.get(timeout=GATHER_S)
        self._wanted = NEVER
        while not self._enough.empty():
            self._enough.get()

    def _outcomes(self, group: Sequence[Submission]) -> Sequence[Outcome]:
        """One outcome per message, in order. A bad row fails alone; an unavailable store fails the group."""
        try:
            return self._write_with_retry(group)
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

    def _write_with_retry(self, group: Sequence[Submission]) -> list[Receipt]:
        """Write the group; retry after a conflict or a lost connection. If the lost commit took effect, the retry finds duplicates."""
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
        with self._store.transaction(priority=True) as uow:
            appended = uow.journal.append(entries)
            if self._beside is not None:
                self._beside(uow, entries, appended)
            killpoint.reached("after_journal_write_before_fsync")
        killpoint.reached("after_fsync_before_commit")
        return [Receipt(one.journal_id, one.duplicate) for one in appended]

    # Answering ---------------------------------------------------------------------------------------------------------------------

    def _answer(self, group: Sequence[_Waiting], outcomes: Sequence[Outcome]) -> None:
        """One call per event loop."""
        pairs = list(zip(group, outcomes, strict=True))
        for loop in {waiting.loop for waiting in group}:
            _call(loop, self._settle, [pair for pair in pairs if pair[0].loop is loop])

    def _settle(self, pairs: Sequence[tuple[_Waiting, Outcome]]) -> None:
        """Runs in the event loop. A message that was answered because its commit took too long is not answered again."""
        for waiting, outcome in pairs:
            if not waiting.answered:
                waiting.answered = True
                waiting.settled(outcome)
        if any(isinstance(outcome, Receipt) for _, outcome in pairs):
            killpoint.reached("after_250_before_enqueue")
            self._notify()

    def _fail_waiting(self, failure: StoreUnavailable) -> None:
        """Fail all messages that wait now, instead of one by one."""
        waiting: list[_Waiting | None] = []
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.append(self._queue.get_nowait())
        for one in waiting:
            if one is not None:
                _call(one.loop, self._settle, [(one, failure)])
        if None in waiting:
            self._queue.put(None)

    def _refuse(self, why: str) -> None:
        if self._refusal != BROKEN:
            self._refusal = why

    def _watch_commits(self) -> None:
        """Answer the sessions when a commit takes too long. The store gives up a silent connection by itself (`store.postgres`)."""
        while not self._closing.wait(WATCH_S):
            group, began_s = self._group, self._began_s
            if not group or monotonic_s() - began_s < COMMIT_LIMIT_S:
                continue
            for waiting in group:
                _call(waiting.loop, self._settle, [(waiting, StoreUnavailable(SLOW))])
            self._fail_waiting(StoreUnavailable(SLOW))


def _unavailable(text: str, cause: BaseException, kind: type[StoreUnavailable] = StoreUnavailable, full: bool = False) -> StoreUnavailable:
    failure = kind(text, full=full)
    failure.__cause__ = cause
    return failure


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], argument: object) -> None:
    """Call in the loop's thread, unless the loop is closed."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(function, argument)
