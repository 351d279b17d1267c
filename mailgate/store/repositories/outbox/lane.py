"""In which order due mail goes out. In: a few due rows of each lane. Out: those that go first. Pure.

A lane has a head start over the next one, and no more: mail that waits longer than that goes before fresh mail of a better lane, so that a
flood in one lane never stops another for good.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import IntEnum


class Lane(IntEnum):
    """How urgent a mail is. Values are stored."""

    SECURITY = 0
    """Mail about accounts, and automatic answers: somebody waits in front of the screen."""
    URGENT = 1
    """Something is asked of the reader, such as to accept a solution."""
    NORMAL = 2
    DIGEST = 3
    """For readers who want one mail a day, and reminders."""


HEAD_START: dict[int, timedelta] = {
    Lane.SECURITY: timedelta(hours=6), Lane.URGENT: timedelta(hours=2), Lane.NORMAL: timedelta(hours=1), Lane.DIGEST: timedelta(0),
}  # fmt: skip


def first(heads: Iterable[tuple[str, int, datetime]], limit: int) -> list[str]:
    """The ids of those that go first, in order. `heads`: id, lane and due time."""
    ranked = sorted(heads, key=lambda head: (head[2] - HEAD_START[head[1]], head[0]))
    return [id_ for id_, _, _ in ranked[:limit]]
