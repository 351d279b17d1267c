"""Kill points: named steps at which a process can be made to SIGKILL itself, to prove what survives. Inert unless armed.

`MAILGATE_KILL=<step>[:n]` (read by `config`, armed by the entry point) kills at the n-th time (default first) that `reached(step)` runs.
"""

from __future__ import annotations

import os
import signal
import threading

STEPS: frozenset[str] = frozenset(
    {
        # accept
        "before_journal_write", "after_journal_write_before_fsync", "after_fsync_before_commit", "after_commit_before_250",
        "after_250_before_enqueue",
        # intake
        "intake_claimed", "parse", "rules", "case_insert", "outbox_insert", "before_intake_commit", "after_intake_commit",
        # notify
        "notices_claimed", "before_freeze_commit", "after_freeze_commit",
        # send
        "send_claimed", "before_smtp_connect", "after_MAIL", "after_RCPT", "mid_DATA", "after_final_dot_before_reply",
        "after_250_before_mark_sent", "mid_mark_sent", "after_mark_sent",
    }
)  # fmt: skip

_armed: str | None = None
_left = 0
_lock = threading.Lock()


def arm(spec: str | None) -> None:
    """Arm one point from `<step>[:n]`; None or "" disarms. Raises ValueError for an unknown step or a bad count."""
    global _armed, _left
    if not spec:
        _armed = None
        return
    step, _, count = spec.partition(":")
    if step not in STEPS:
        raise ValueError(f"unknown kill point {step!r}")
    _armed, _left = step, int(count or 1)


def reached(step: str) -> None:
    """Say that `step` is reached. Costs one comparison when nothing is armed."""
    global _left
    if _armed is None or step != _armed:
        return
    with _lock:
        _left -= 1
        if _left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
