"""What libraries write by the standard `logging` becomes lines of our log. In: their records. Out: `library_said`, from warnings up.

Without this Python prints them as they are between the lines of JSON: a Redis that is away, once a second; an unexpected error with its
traceback.
"""

from __future__ import annotations

import logging
import threading

from mailgate import log
from mailgate.clock import monotonic_s

AGAIN_S = 300.0
"""The same is said once in this time."""
MAX_KEPT = 256


class LibraryLog(logging.Handler):
    """A handler for the root logger."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._told_at_s: dict[tuple[str, str], float] = {}
        self._lines = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, unless the same was written lately. A message that does not fit its values is shown as it is."""
        if not self._is_due((record.name, str(record.msg))):
            return
        error = record.exc_info[1] if record.exc_info else None
        more = {"error": f"{type(error).__name__}: {error}"} if error else {}
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):  # a library's mistake in its own message
            text = str(record.msg)
        log.get(record.name.partition(".")[0]).warning("library_said", said=text, **more)

    def _is_due(self, key: tuple[str, str]) -> bool:
        now = monotonic_s()
        with self._lines:
            if now - self._told_at_s.get(key, float("-inf")) < AGAIN_S:
                return False
            if len(self._told_at_s) >= MAX_KEPT:
                self._told_at_s.clear()
            self._told_at_s[key] = now
        return True


def take_in() -> None:
    """Let the libraries of this process write into our log. Asked for twice it does nothing more."""
    root = logging.getLogger()
    if not any(isinstance(one, LibraryLog) for one in root.handlers):
        root.addHandler(LibraryLog())
