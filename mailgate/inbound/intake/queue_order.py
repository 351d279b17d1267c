"""Which due mail a batch takes: the oldest, but never so that a queue holds up what people write now.

In: a transaction. Out: claimed entries. It remembers how the last batches were: a queue whose oldest mail has waited is worked on from both
ends, and of what came last each client has its turn (`fair_share`), in batches that take a second at most; while large mail waits, or mail
that was put back (slow DNS, expensive to read), small mail that comes for the first time goes first, and the rest has a turn of few bytes
now and then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailgate.inbound.intake.fair_share import fair_share
from mailgate.mail.auth.received import Network
from mailgate.store.queue_rows import DueKinds
from mailgate.store.rows import ClaimedEntry
from mailgate.store.unit_of_work import UnitOfWork

BEHIND_AFTER = timedelta(seconds=3)
"""A queue whose oldest mail has waited longer: from then on half of a batch is mail that came last."""
LOOKED_AT = 1_000
"""Among this many of the newest mails the clients take turns."""
BATCH_S, BATCH_LEAST = 1.0, 5
"""A batch is no larger than what was lately done in this time, so that nobody waits long for the current one."""
BATCH_BYTES, CROWDED_BYTES = 16 * 1024 * 1024, 4 * 1024 * 1024
EASY_BATCHES = 4
"""While the queue is crowded, easy mail has up to so many batches in a row, then the oldest mail has one of CROWDED_BYTES."""


@dataclass
class QueueOrder:
    """The order of one worker."""

    relays: Sequence[Network] = ()
    _is_behind: bool = False
    _each_s: float = 0.0
    _is_crowded: bool = False
    _easy_batches: int = 0
    _is_turn_of_oldest: bool = False

    def claim(self, uow: UnitOfWork, now: datetime, batch: int, lease: timedelta, due: DueKinds) -> list[ClaimedEntry]:
        """Take at most `batch` of the entries that are `due`, for the time of `lease`. Commit at once."""
        size = self._size(batch)
        entries = self._next(uow, now, size, lease, tried=due.tried) if any(due) else self._nothing()
        oldest_at = min((entry.accepted_at for entry in entries), default=now)
        self._is_behind = len(entries) == size and now - oldest_at > BEHIND_AFTER
        return entries

    def took(self, entries: int, seconds: float) -> None:
        """Record how long a batch took."""
        self._each_s = (self._each_s + seconds / entries) / 2 if self._each_s else seconds / entries

    def _size(self, batch: int) -> int:
        if not self._each_s:
            return batch
        return max(min(batch, int(BATCH_S / self._each_s)), min(batch, BATCH_LEAST))

    def was_late(self) -> None:
        """A batch has put mail back that took too long."""
        self._is_crowded = True

    def _nothing(self) -> list[ClaimedEntry]:
        self._is_crowded, self._easy_batches = False, 0
        return []

    def _next(self, uow: UnitOfWork, now: datetime, batch: int, lease: timedelta, *, tried: bool) -> list[ClaimedEntry]:
        if self._is_crowded and self._easy_batches < EASY_BATCHES:
            self._easy_batches += 1
            if easy := uow.journal.claim_easy(now, batch, lease, chosen=self._chosen(uow, now, batch, easy=True)):
                return easy
        self._easy_batches = 0
        most = CROWDED_BYTES if self._is_crowded else BATCH_BYTES
        chosen = [] if self._is_turn_of_oldest else self._chosen(uow, now, batch)
        entries = uow.journal.claim(now, batch, lease, max_bytes=most, chosen=chosen, tried=tried)
        # With `chosen` the oldest mail has half of the bytes: it may be cut while what came last is small.
        self._is_crowded = sum(len(entry.raw) for entry in entries) >= (most // 2 if chosen else most)
        self._is_turn_of_oldest = bool(chosen) and all(entry.id in chosen for entry in entries)  # a large mail left no room for it
        return entries

    def _chosen(self, uow: UnitOfWork, now: datetime, batch: int, *, easy: bool = False) -> list[str]:
        """Half of a batch of what came last, or was put back last, when the queue is behind or crowded."""
        if not (self._is_behind or self._is_crowded):
            return []
        return fair_share(uow.journal.newest_due(now, LOOKED_AT, easy=easy), batch // 2, self.relays)
