"""Accept stage: may this client begin a message now? In: client address, declared size, the time. Out: nothing, or `Rejected` with 4yz.

Everything asked here is known without waiting: counters, the journal's health, and free disk, looked at once a second at most.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from mailgate.errors import Rejected
from mailgate.inbound import smtp_replies as replies
from mailgate.inbound.accounting import Accounting, DataBudget
from mailgate.inbound.limits import Limits

DISK_LOOK_S = 1.0


class DiskSpace(NamedTuple):
    """Of the file system that the journal is on, in bytes, as a program without privileges sees it."""

    free_bytes: int
    total_bytes: int


def disk_space_of(folder: str) -> Callable[[], DiskSpace]:
    """Looks at the file system of `folder`. The look raises OSError when it cannot."""

    def look() -> DiskSpace:
        found = os.statvfs(folder)
        return DiskSpace(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)

    return look


class Admission:
    """Asked at MAIL. `disk_space` None: the database is on another host and says by itself when it is full."""

    def __init__(self, limits: Limits, healthy: Callable[[], bool], disk_space: Callable[[], DiskSpace] | None = None) -> None:
        self.accounting = Accounting(limits)
        self.budget = DataBudget(limits.data_budget_bytes)
        self._limits, self._healthy, self._disk_space = limits, healthy, disk_space
        self._space: DiskSpace | None = None
        self._looked_at_s = float("-inf")

    def mail(self, address: str, declared_bytes: int, now_s: float) -> None:
        """Raises Rejected: 421 over the address's rate, 451 without a healthy journal, 452 without disk or memory for it."""
        too_much = self.accounting.message(address, now_s)
        if too_much is not None:
            raise Rejected(too_much, "address_messages_minute", close=True)
        if not self._healthy():
            raise Rejected(replies.R451_FAULT, "journal_unhealthy")
        if self._disk_space is not None and self._disk_is_low(now_s):
            raise Rejected(replies.R452_FULL, "disk_low")
        if not self.budget.fits(declared_bytes):
            raise Rejected(replies.R452_BACK_PRESSURE, "data_budget")

    def _disk_is_low(self, now_s: float) -> bool:
        if now_s - self._looked_at_s >= DISK_LOOK_S:
            self._looked_at_s = now_s
            self._space = self._look()
        if self._space is None:
            return False
        limits = self._limits
        in_work_bytes = limits.disk_free_factor * limits.message_bytes * (self.budget.messages + 1)
        return self._space.free_bytes < max(in_work_bytes, limits.disk_free_share * self._space.total_bytes)

    def _look(self) -> DiskSpace | None:
        """A disk that cannot be looked at is not called full: the commit will say so if it is."""
        assert self._disk_space is not None
        try:
            return self._disk_space()
        except OSError:
            return None
