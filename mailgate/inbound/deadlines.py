"""Accept stage: how long a session has been waiting for what, and whether that is too long. In: a monotonic time. Out: `Rejected`, or None.

There is no timer per session: the listener asks all of them a few times in the shortest limit. So limits that shrink under stress count
at once for sessions that are there already, and a command costs no timer. No I/O.
"""

from __future__ import annotations

import enum

from mailgate.errors import Rejected
from mailgate.inbound import smtp_replies as replies
from mailgate.inbound.limits import Timeouts


class Phase(enum.Enum):
    """What a session waits for. The value names the time it may take, in `Timeouts`."""

    PROXY = "proxy_s"
    HANDSHAKE = "handshake_s"
    COMMAND = "command_s"
    DATA = "data_s"
    WRITE = "write_s"
    APPEND = "append_s"
    LINGER = "linger_s"


SPEAKING = frozenset({Phase.COMMAND, Phase.DATA, Phase.APPEND})
"""In these a client waits for a reply, or will read one."""


class Deadline:
    """One session's waiting. `since_s` is when the phase began; set it when a command has come in whole."""

    __slots__ = ("_began_s", "_window_bytes", "_window_s", "phase", "since_s")

    def __init__(self, phase: Phase, now_s: float) -> None:
        self.phase, self.since_s, self._began_s = phase, now_s, now_s
        self._window_s, self._window_bytes = now_s, 0

    def enter(self, phase: Phase, now_s: float) -> None:
        """A new phase begins."""
        self.phase = phase
        self.since_s = self._window_s = now_s
        self._window_bytes = 0

    def linger(self, now_s: float) -> None:
        """The last word is said. Only the first call counts."""
        if self.phase is not Phase.LINGER:
            self.enter(Phase.LINGER, now_s)

    def received(self, size_bytes: int) -> None:
        """That much of a message has come in."""
        self._window_bytes += size_bytes

    def overdue(self, now_s: float, times: Timeouts, min_bytes_s: int) -> Rejected | None:
        """Why the session has to end now, or None."""
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
        """In each window the least rate has to be kept; a message that came fast at first earns no right to stall."""
        length_s = now_s - self._window_s
        if length_s < window_s:
            return False
        slow = self._window_bytes < min_bytes_s * length_s
        self._window_s, self._window_bytes = now_s, 0
        return slow
