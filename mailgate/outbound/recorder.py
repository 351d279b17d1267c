"""Writes down how tries ended, in groups, while the next mails are being sent. In: results. Out: rows, at most a few milliseconds later.

Between the smarthost's answer and our record of it lies the only window in which a notice can be doubled; it stays short without a commit
for each mail. Results are never dropped: while the store is away they wait here, and nothing new is sent meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from mailgate import log, metrics
from mailgate.cases.changes import Stamp, report_failure
from mailgate.cases.model import Actor, Case, Change
from mailgate.errors import TransientFailure
from mailgate.killpoint import reached
from mailgate.rules.reachability import BounceLimits, Failure, Suppression
from mailgate.store.rows import ClaimedMail, SendResult
from mailgate.store.unit_of_work import Store, UnitOfWork

LINGER_S = 0.005
GROUP_MAX = 100
RETRY_AFTER_S = 0.5

_log = log.get("send")


@dataclass(frozen=True, slots=True)
class Record:
    """One result with its mail. `report` is what the case is told when the mail is given up; "" tells it nothing.

    `failure` is set when the next hop spoke of the address itself.
    """

    mail: ClaimedMail
    result: SendResult
    report: str = ""
    failure: Failure | None = None


class Recorder:
    """One thread that commits what others put in. Lives as long as its process."""

    def __init__(self, store: Store, bounces: BounceLimits) -> None:
        self._store, self._bounces = store, bounces
        self._waiting: list[Record] = []
        self._changed = threading.Condition()
        self._writing = self._hurried = False
        self._trouble: TransientFailure | None = None
        self._thread: threading.Thread | None = None

    @property
    def troubled(self) -> bool:
        """True while the store cannot be written to."""
        return self._trouble is not None

    def put(self, record: Record) -> None:
        """Have it written soon. Returns at once."""
        with self._changed:
            self._waiting.append(record)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
                self._thread.start()
            if len(self._waiting) == 1 or len(self._waiting) >= GROUP_MAX:
                self._changed.notify_all()

    def flush(self) -> None:
        """Wait until all is written. Raises TransientFailure when the store is away: what waits is kept for later."""
        with self._changed:
            self._hurried = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._trouble is not None or not (self._waiting or self._writing))
            self._hurried = False
            if self._trouble is not None:
                raise self._trouble

    def _work(self) -> None:
        while True:
            group = self._next_group()
            try:
                self._write(group)
            except TransientFailure as error:
                self._settle(error, group)
            else:
                self._settle(None, [])

    def _next_group(self) -> list[Record]:
        """Wait for a first result, then a moment for its company."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting))
            if self._trouble is not None:
                self._changed.wait(RETRY_AFTER_S)
            elif not self._hurried:
                self._changed.wait_for(lambda: self._hurried or len(self._waiting) >= GROUP_MAX, LINGER_S)
            group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
            self._writing = True
            return group

    def _settle(self, trouble: TransientFailure | None, unwritten: list[Record]) -> None:
        with self._changed:
            if trouble is not None and self._trouble is None:
                _log.warning("results_wait", error=str(trouble), count=len(unwritten))
            self._waiting[:0] = unwritten
            self._trouble, self._writing = trouble, False
            self._changed.notify_all()

    def _write(self, group: Sequence[Record]) -> None:
        """One transaction. Cases are locked before outbox rows, in the order of intake."""
        reported = {r.mail.case_id: r for r in group if r.report and r.mail.case_id}
        with self._store.transaction() as uow:
            cases = uow.cases.lock(sorted(case_id for case_id in reported if case_id)) if reported else {}
            recorded = uow.outbox.record([record.result for record in group])
            _report(uow, cases, [record for record in group if record.report and record.mail.id in recorded])
            stopped = self._learn(uow, [record for record in group if record.mail.id in recorded])
            reached("mid_mark_sent")
        reached("after_mark_sent")
        for record in group:
            _tell(record, record.mail.id in recorded)
        for suppression, outbox_id in stopped:
            metrics.count("suppressed", suppression.cause)
            _log.warning("address_suppressed", outbox_id=outbox_id, cause=suppression.cause)

    def _learn(self, uow: UnitOfWork, group: Sequence[Record]) -> list[tuple[Suppression, str]]:
        """A next hop that refuses an address says the same as a bounce of it."""
        failures = [record.failure for record in group if record.failure is not None]
        found = ((uow.suppressions.learn(failure, self._bounces), failure.outbox_id) for failure in failures)
        return [(suppression, outbox_id) for suppression, outbox_id in found if suppression is not None]


def _report(uow: UnitOfWork, cases: dict[str, Case], failed: Sequence[Record]) -> None:
    """Put a `delivery_failed` event on the case of each mail given up. It makes no notice, so no mail can loop."""
    changes: list[Change] = []
    for record in failed:
        case = cases.get(record.mail.case_id or "")
        if case is not None:
            stamp = Stamp(Actor("system", "mailgate"), record.result.ended_at)
            changes.append(report_failure(case, record.mail.address, record.report, stamp))
    if changes:
        uow.cases.write(changes)


def _tell(record: Record, recorded: bool) -> None:
    mail, result = record.mail, record.result
    fields = {"outbox_id": mail.id, "message_id": mail.message_id, "code": result.code, "reply": result.text}
    if not recorded:
        _log.warning("lease_lost", when="recording", state=result.state, **fields)
        return
    metrics.count(result.state)
    level = _log.info if result.state in ("sent", "captured", "deferred") else _log.warning
    level(f"mail_{result.state}", host=result.host, attempts=mail.attempts, next_attempt_at=result.next_attempt_at, **fields)
