"""How much waits in each stage. In: nothing. Out: counts. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.use_case import Act, query


@dataclass(frozen=True, slots=True)
class Queues:
    """Rows that are not final: accepted mail, notices, outgoing mail."""

    journal: int
    notices: int
    outbox: int

    @property
    def waiting(self) -> int:
        """All together."""
        return self.journal + self.notices + self.outbox


@query(Action.REPORT_READ)
def read_queues(act: Act, _: None = None) -> Queues:
    """Count what waits in each stage."""
    uow = act.uow
    return Queues(uow.journal.queue().waiting, uow.notices.queue().waiting, uow.outbox.queue().waiting)
