"""The two shapes of an installation that fault tests run on.

Embedded: one process on SQLite. Apart: listener and worker on PostgreSQL and Redis.
"""

from __future__ import annotations

import signal
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.support.ledger_check import Tables, broken
from tests.support.processes.gateway import Gateway, Part
from tests.support.processes.sink import Sink
from tests.support.processes.smtp_client import Delivery, MailServer, SampleMail
from tests.support.seed import Seed
from tests.support.waiting import until

DEATH_S = 30.0


@dataclass
class Platform:
    """An installation with a smarthost, people and cases; not started."""

    gateway: Gateway
    sink: Sink
    embedded: bool
    seed: Seed = field(default_factory=Seed)
    server: MailServer = field(init=False)

    def __post_init__(self) -> None:
        self.seed = Seed.planted(self.gateway)
        self.server = MailServer(self.gateway.port)
        self._pool = ThreadPoolExecutor(8)

    def start(self, role: str = "", kill: str = "") -> Part:
        """Start all parts; the one that has `role` (`smtp` or `worker`) is armed with `kill` and returned."""
        if self.embedded:
            return self.gateway.start("run", kill=kill)
        parts = {name: self.gateway.start(name, kill=kill if name == role else "", wait=False) for name in ("smtp", "worker")}
        for part in parts.values():
            until(lambda part=part: part.process.poll() is not None or part.ready(), 30, f"mailgate {part.name} is ready", detail=part.log)
        return parts[role or "smtp"]

    def revive(self, dead: Part) -> Part:
        """Start a part again that has died, as a service manager does; this time it is not armed."""
        return self.gateway.start(dead.name)

    def sending(self, mail: SampleMail, timeout_s: float = 60.0) -> Future[Delivery]:
        """Send in the background, as a mail server that tries until it gets an answer."""
        return self._pool.submit(self.server.send, mail, timeout_s)

    def died(self, part: Part, *, leases_over: bool = True) -> None:
        """Wait until the armed part has killed itself. Unless told otherwise, what it had under lease is due at once."""
        code = part.wait_dead(DEATH_S)
        assert code == -signal.SIGKILL, f"the kill point was not what ended it: {code}\n{part.log()[-3000:]}"
        if leases_over and part.name != "smtp":
            self.gateway.leases_over()

    def finish(self, *, copies: int = 1, others: int = 0) -> Tables:
        """Let all work be done, and check every invariant."""
        self.gateway.drained()
        return self.checked(copies=copies, others=others)

    def checked(self, *, copies: int = 1, others: int = 0) -> Tables:
        """The tables, after every invariant was found to hold."""
        tables = Tables(self.gateway.database_url)
        found = broken(tables, self.server.deliveries, self.sink.mails, copies=copies, others=others)
        assert not found, "\n".join(found)
        ledger = self.gateway.ledger()
        assert ledger["balanced"], ledger
        return tables
