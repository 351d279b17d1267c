"""Accept stage: may this client begin a message now? In: client address, declared size, the time. Out: nothing, or `Rejected` with 4yz.

It must never wait: it uses counters, the journal's health, and free disk space, which is read once a second at most.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from mailgate.errors import Rejected
from mailgate.inbound.smtp import replies as replies
from mailgate.inbound.smtp.accounting import Accounting, DataBudget
from mailgate.inbound.smtp.limits import SmtpLimits

DISK_CHECK_S = 1.0


class DiskSpace(NamedTuple):
    """Space of the journal's file system in bytes, as seen without privileges."""

    free_bytes: int
    total_bytes: int


def disk_space_of(folder: str) -> Callable[[], DiskSpace]:
    """A function that reads the space of `folder`'s file system. It raises OSError."""

    def look() -> DiskSpace:
        found = os.statvfs(folder)
        return DiskSpace(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)

    return look


class Admission:
    """Called at MAIL. `disk_space` None: the database is on another host, and reports a full disk itself."""

    def __init__(self, limits: SmtpLimits, healthy: Callable[[], bool], disk_space: Callable[[], DiskSpace] | None = None) -> None:
        self.accounting = Accounting(limits)
        self.budget = DataBudget(limits.data_budget_bytes, limits.message_bytes)
        self._limits, self._healthy, self._disk_space = limits, healthy, disk_space
        self._space: DiskSpace | None = None
        self._checked_at_s = float("-inf")

    def mail(self, address: str, declared_bytes: int, now_s: float) -> None:
        """Raises Rejected: 421 over the address's rate, 451 without a healthy journal, 452 without disk or memory for it."""
        over_limit = self.accounting.message(address, now_s)
        if over_limit is not None:
            raise Rejected(over_limit, "address_messages_minute", close=True)
        if not self._healthy():
            raise Rejected(replies.R451_FAULT, "journal_unhealthy")
        if self._disk_space is not None and self._disk_is_low(now_s):
            raise Rejected(replies.R452_FULL, "disk_low")
        if not self.budget.fits(self.accounting.client(address), declared_bytes):
            raise Rejected(replies.R452_BACK_PRESSURE, "data_budget")

    def _disk_is_low(self, now_s: float) -> bool:
        if now_s - self._checked_at_s >= DISK_CHECK_S:
            self._checked_at_s = now_s
            self._space = self._look()
        if self._space is None:
            return False
        limits = self._limits
        in_memory_bytes = min(limits.message_bytes * self.budget.messages, limits.data_budget_bytes)
        in_progress_bytes = limits.disk_free_factor * (in_memory_bytes + limits.message_bytes)
        return self._space.free_bytes < max(in_progress_bytes, limits.disk_free_share * self._space.total_bytes)

    def _look(self) -> DiskSpace | None:
        """None when the space cannot be read: then the disk is not treated as full; the commit fails if it is."""
        assert self._disk_space is not None
        try:
            return self._disk_space()
        except OSError:
            return None
