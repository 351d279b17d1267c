"""The pages as a child process of `mailgate run`: `mailgate web`, restarted when it dies, stopped when we stop.

Pages that cannot be served (a port that is taken) never stop the mail. The web's libraries are loaded in the child alone.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from mailgate import config as reader
from mailgate import log
from mailgate.config import Settings
from mailgate.runtime.reloading import wait_to_reload

RESTART_S = 2.0
STOP_S = 15.0
REFUSED = 2
NOT_FOR_THE_CHILD = frozenset({"MAILGATE_KILL", "NOTIFY_SOCKET", "WATCHDOG_USEC"})
"""Variables that are about this process: it alone tells systemd that it is alive."""

_log = log.get("web")


@contextlib.contextmanager
def pages_beside(settings: Settings, config: Path | None) -> Iterator[Callable[[], None]]:
    """Keep `mailgate web` running as a child while the block runs; nothing when web.listen is empty. Yields what makes it reload."""
    child = _Child(config) if settings.web.listen else None
    if child:
        child.start()
    try:
        yield child.reload if child else lambda: None
    finally:
        if child:
            child.stop()


class _Child:
    """One process, started again when it dies; not when its settings are refused."""

    def __init__(self, config: Path | None) -> None:
        self._command = [sys.executable, "-m", "mailgate", "web", "--with-parent", *(["--config", str(config)] if config else [])]
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="pages", daemon=True)

    def start(self) -> None:
        """Begin to keep it running."""
        self._thread.start()

    def reload(self) -> None:
        """Make it take in its certificate and log level; one that starts does so when it listens."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End it and wait for its end."""
        self._stopping.set()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._thread.join(STOP_S)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _keep(self) -> None:
        environment = {name: value for name, value in reader.process_environment().items() if name not in NOT_FOR_THE_CHILD}
        wait_to_reload()  # this thread, and with it the child while it starts
        while not self._stopping.is_set():
            self._process = subprocess.Popen(self._command, env=environment, stdin=subprocess.PIPE)
            if self._stopping.is_set():
                self._process.send_signal(signal.SIGTERM)
            code = self._process.wait()
            if self._stopping.is_set():
                return
            _log.error("pages_not_served", code=code)
            if code == REFUSED:
                return
            self._stopping.wait(RESTART_S)
