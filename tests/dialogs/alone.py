"""A listener in a process of its own, so that its memory and file descriptors can be measured and its limits set.

Run as a program it takes one JSON object: `database`, `limits`, `timeouts`, `stressed`; it prints its port and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from mailgate import log
from mailgate.clock import utc_now
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.inbound.smtp.limits import ClientTimeouts, SmtpLimits
from mailgate.inbound.smtp.listener import ListenAddress, Listener, ListenerOptions
from mailgate.inbound.smtp.recipients import own_recipients
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from tests.dialogs.server import OWN
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]


class Alone:
    """The process. `log` is all it wrote."""

    def __init__(self, folder: Path, database: Path, prepare: Callable[[], None] | None = None, **settings: Any) -> None:
        self._log_file = (folder / "alone.log").open("wb")
        self._path = folder / "alone.log"
        given = json.dumps({"database": str(database), **settings})
        command = [sys.executable, "-m", "tests.dialogs.alone", given]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=self._log_file, preexec_fn=prepare)
        self.port = int((self._process.stdout or sys.stdin.buffer).readline() or 0)
        assert self.port, self.log
        self._seen = psutil.Process(self._process.pid)

    @property
    def log(self) -> str:
        return self._path.read_text("utf-8", "replace")

    @property
    def memory_bytes(self) -> int:
        return int(self._seen.memory_info().rss)

    @property
    def descriptors(self) -> int:
        return int(self._seen.num_fds())

    def calm(self, descriptors: int) -> None:
        """Wait until no more descriptors are open than these."""
        until(lambda: self.descriptors <= descriptors, 10, f"back to {descriptors} descriptors", detail=lambda: self.descriptors)

    def stop(self) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        code = self._process.wait(20)
        self._process.stdout.close()
        self._log_file.close()
        return code


async def _serve(given: dict[str, Any]) -> None:
    timeouts = ClientTimeouts(**given.get("timeouts", {}))
    limits = SmtpLimits(timeouts=timeouts, stressed=replace(timeouts, **given.get("stressed", {})), **given.get("limits", {}))
    journal = GroupCommitJournal(Store(open_database(f"sqlite:///{given['database']}"), utc_now), utc_now, lambda: None)
    journal.start()
    listener = Listener(
        ListenerOptions("mx.firma.test", (ListenAddress(port=0),)), limits, own_recipients(OWN), journal, lambda event, reason: None
    )
    await listener.start()
    print(listener.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await listener.stop()
    journal.close()


if __name__ == "__main__":
    log.configure("info", "json")
    asyncio.run(_serve(json.loads(sys.argv[1])))
