"""Accept stage: the deadline of each phase of a session. In: a monotonic time. Out: `Rejected` when it has passed, or None.

There is no timer per session: the listener checks all of them several times within the shortest limit. So shorter limits under stress apply
to existing sessions at once, and a command needs no timer. No I/O.
"""

from __future__ import annotations

import enum

from mailgate.errors import Rejected
from mailgate.inbound.smtp import replies as replies
from mailgate.inbound.smtp.limits import ClientTimeouts


class Phase(enum.Enum):
    """What a session waits for. The value names its limit in `ClientTimeouts`."""

    PROXY = "proxy_s"
    HANDSHAKE = "handshake_s"
    COMMAND = "command_s"
    DATA = "data_s"
    WRITE = "write_s"
    APPEND = "append_s"
    LINGER = "linger_s"


REPLY_PHASES = frozenset({Phase.COMMAND, Phase.DATA, Phase.APPEND})
"""Phases in which the client waits for a reply or will read one."""


class Deadline:
    """One session's deadline. `since_s`: start of the phase; set it when a complete command has arrived."""

    __slots__ = ("_began_s", "_window_bytes", "_window_s", "phase", "since_s")

    def __init__(self, phase: Phase, now_s: float) -> None:
        self.phase, self.since_s, self._began_s = phase, now_s, now_s
        self._window_s, self._window_bytes = now_s, 0

    def enter(self, phase: Phase, now_s: float) -> None:
        """Begin a new phase."""
        self.phase = phase
        self.since_s = self._window_s = now_s
        self._window_bytes = 0

    def linger(self, now_s: float) -> None:
        """The last reply is sent. Only the first call counts."""
        if self.phase is not Phase.LINGER:
            self.enter(Phase.LINGER, now_s)

    def received(self, size_bytes: int) -> None:
        """Count received bytes of a message."""
        self._window_bytes += size_bytes

    def overdue(self, now_s: float, times: ClientTimeouts, min_bytes_s: int) -> Rejected | None:
        """The refusal that ends the session now, or None."""
        phase = self.phase
        if phase is Phase.DATA and self._too_slow(now_s, times.data_window_s, min_bytes_s):
            return Rejected(replies.R421_TOO_SLOW, "too_slow", close=True)
        if now_s - self.since_s > getattr(times, phase.value):
            reply = replies.R451_FAULT if phase is Phase.APPEND else replies.R421_TIMEOUT
            return Rejected(reply, f"timeout_{phase.name.lower()}", close=True)
        if phase is Phase.COMMAND and now_s - self._began_s > times.session_s:
            return Rejected(replies.R421_SESSION_OVER, "session_too_long", close=True)
        return None

    def _too_slow(self, now_s: float, window_s: float, min_bytes_s: int) -> bool:
        """Whether the minimum rate was missed in the current window. A fast start does not make up for a stall later."""
        length_s = now_s - self._window_s
        if length_s < window_s:
            return False
        slow = self._window_bytes < min_bytes_s * length_s
        self._window_s, self._window_bytes = now_s, 0
        return slow
