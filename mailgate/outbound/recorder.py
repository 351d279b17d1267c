"""Records the results of tries in groups, while the next mails are sent. In: results. Out: rows, a few milliseconds later at most.

A crash between the smarthost's reply and our record is the only way to send a notice twice; grouping keeps that window short without a
commit per mail. It must never drop a result: while the store is away they wait here, and nothing new is sent.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mailgate import log, metrics
from mailgate.cases.changes import ChangeContext, report_failure
from mailgate.cases.model import Actor, Case, Change
from mailgate.errors import TransientFailure
from mailgate.killpoint import reached
from mailgate.outbound.render import ACCOUNT
from mailgate.rules.reachability import BounceLimits, DeliveryFailure, Suppression
from mailgate.store.rows import ClaimedMail, SendResult
from mailgate.store.unit_of_work import Store, UnitOfWork

LINGER_S = 0.005
GROUP_MAX = 100
RETRY_AFTER_S = 0.5

_log = log.get("send")


@dataclass(frozen=True, slots=True)
class RecordedResult:
    """One result with its mail. `report`: text of the case's event when the mail has failed; "" for no event.

    `failure` is set when the next hop refused the address itself, `suppressed` when the mail was not tried because of its address.
    """

    mail: ClaimedMail
    result: SendResult
    report: str = ""
    failure: DeliveryFailure | None = None
    suppressed: bool = False


class Recorder:
    """A thread that commits what others `put`. Runs as long as its process."""

    def __init__(self, store: Store, bounces: BounceLimits) -> None:
        self._store, self._bounces = store, bounces
        self._waiting: list[RecordedResult] = []
        self._changed = threading.Condition()
        self._writing = self._flushing = False
        self._trouble: TransientFailure | None = None
        self._thread: threading.Thread | None = None

    @property
    def troubled(self) -> bool:
        """True while the store cannot be written to."""
        return self._trouble is not None

    def put(self, record: RecordedResult) -> None:
        """Queue it for writing. Returns at once."""
        with self._changed:
            self._waiting.append(record)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
                self._thread.start()
            if len(self._waiting) == 1 or len(self._waiting) >= GROUP_MAX:
                self._changed.notify_all()

    def flush(self) -> None:
        """Wait until all is written. Raises TransientFailure when the store is away: what waits is kept."""
        with self._changed:
            self._flushing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._trouble is not None or not (self._waiting or self._writing))
            self._flushing = False
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

    def _next_group(self) -> list[RecordedResult]:
        """Wait for a first result, then a moment for more."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting))
            if self._trouble is not None:
                self._changed.wait(RETRY_AFTER_S)
            elif not self._flushing:
                self._changed.wait_for(lambda: self._flushing or len(self._waiting) >= GROUP_MAX, LINGER_S)
            group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
            self._writing = True
            return group

    def _settle(self, trouble: TransientFailure | None, unwritten: list[RecordedResult]) -> None:
        with self._changed:
            if trouble is not None and self._trouble is None:
                _log.warning("results_wait", error=str(trouble), count=len(unwritten))
            self._waiting[:0] = unwritten
            self._trouble, self._writing = trouble, False
            self._changed.notify_all()

    def _write(self, group: Sequence[RecordedResult]) -> None:
        more = any(record.report or record.failure or _is_spent(record) for record in group)
        recorded, stopped = self._record_with_more(group) if more else (self._record(group), [])
        reached("after_mark_sent")
        for state, count in Counter(record.result.state for record in group if record.mail.id in recorded).items():
            metrics.count(state, amount=count)
        for record in group:
            _log_result(record, record.mail.id in recorded)
        for suppression, outbox_id in stopped:
            metrics.count("suppressed", suppression.cause)
            _log.warning("address_suppressed", outbox_id=outbox_id, cause=suppression.cause)

    def _record(self, group: Sequence[RecordedResult]) -> set[str]:
        """Results from which nothing follows, as most are: one statement."""
        with self._store.at_once() as uow:
            reached("mid_mark_sent")
            return uow.outbox.record([record.result for record in group])

    def _record_with_more(self, group: Sequence[RecordedResult]) -> tuple[set[str], list[tuple[Suppression, str]]]:
        """One transaction. Cases are locked before outbox rows, in the same order as in intake."""
        reported = {r.mail.case_id: r for r in group if r.report and r.mail.case_id}
        with self._store.transaction() as uow:
            cases = uow.cases.lock(sorted(case_id for case_id in reported if case_id)) if reported else {}
            recorded = uow.outbox.record([record.result for record in group])
            uow.outbox.mark_suppressed([record.mail.id for record in group if record.mail.id in recorded and record.suppressed])
            uow.outbox.drop_content([record.mail.id for record in group if record.mail.id in recorded and _is_spent(record)])
            _report(uow, cases, [record for record in group if record.report and record.mail.id in recorded])
            stopped = self._learn(uow, [record for record in group if record.mail.id in recorded])
            reached("mid_mark_sent")
        return recorded, stopped

    def _learn(self, uow: UnitOfWork, group: Sequence[RecordedResult]) -> list[tuple[Suppression, str]]:
        """A refusal of an address by the next hop counts like a bounce."""
        failures = [record.failure for record in group if record.failure is not None]
        found = ((uow.suppressions.learn(failure, self._bounces), failure.outbox_id) for failure in failures)
        return [(suppression, outbox_id) for suppression, outbox_id in found if suppression is not None]


def _report(uow: UnitOfWork, cases: dict[str, Case], failed: Sequence[RecordedResult]) -> None:
    """Add a `delivery_failed` event to the case of each failed mail. It makes no notice, so it cannot loop."""
    changes: list[Change] = []
    for record in failed:
        case = cases.get(record.mail.case_id or "")
        if case is not None:
            context = ChangeContext(Actor("system", "mailgate"), record.result.ended_at)
            changes.append(report_failure(case, record.mail.address, record.report, context))
    if changes:
        uow.cases.write(changes)


def _is_spent(record: RecordedResult) -> bool:
    """Whether the mail is delivered and held a secret, such as a login link: its bytes are deleted then."""
    return record.result.state == "sent" and record.mail.template in ACCOUNT


def _log_result(record: RecordedResult, recorded: bool) -> None:
    mail, result = record.mail, record.result
    fields = {"outbox_id": mail.id, "message_id": mail.message_id, "code": result.code, "reply": result.text}
    if not recorded:
        _log.warning("lease_lost", when="recording", state=result.state, **fields)
        return
    if result.state == "sent":
        metrics.observe("made_to_sent_s", (result.ended_at - mail.created_at).total_seconds())
    level = _log.info if result.state in ("sent", "captured", "deferred") else _log.warning
    level(f"mail_{result.state}", host=result.host, attempts=mail.attempts, next_attempt_at=result.next_attempt_at, **fields)
