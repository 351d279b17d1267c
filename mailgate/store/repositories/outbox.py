"""Frozen mail on its way out: one row per mail and recipient, its bytes beside it, and one row per attempt.

In: frozen mails; claims and results from the sending worker. Out: mails under lease. A claim means that the attempt has begun: when its
lease runs out without a result, nobody knows whether the mail went. Then an automatic answer is `uncertain` for good (guarantee 5), and
anything else is due again and marked `maybe_sent` (guarantee 6). A result counts only under the lease it was made with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Connection, Integer, bindparam, case, func, select, update

from mailgate.cases.ids import new_id
from mailgate.errors import UsageError
from mailgate.store.repositories.bulk import UpdateAll, insert_all
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import execute_all, id_range, limited, literal
from mailgate.store.rows import Attempt, ClaimedMail, Delivery, OutboxMail, OutboxRow, OutboxState, Queue, SendResult
from mailgate.store.schema import attempts, outbox, outbox_mails

LOST_MAX = 3
LOST = "the attempt ended without a known answer"
WATCHED: frozenset[str] = frozenset({"deferred", "failed", "uncertain"})

_RECORD = UpdateAll(
    update(outbox)
    .where(outbox.c.id == bindparam("of_id"))
    .values(
        state=bindparam("to"),
        due_at=bindparam("next"),
        error=bindparam("why"),
        lost=outbox.c.lost + bindparam("doubt"),
        lease_token=outbox.c.lease_token + 1,
    )
)


def _claiming(due: Any) -> Prepared:
    """Takes the first of `due` under a lease and counts the attempt; a lost one is counted, too."""
    picked = (
        due.order_by(outbox.c.due_at, outbox.c.id).limit(bindparam("limit", type_=Integer)).with_for_update(skip_locked=True).cte("due")
    )
    was_lost = outbox.c.state == literal("sending")
    return Prepared(
        update(outbox)
        .where(outbox.c.id.in_(select(picked.c.id)))
        .values(
            state="sending",
            attempts=outbox.c.attempts + 1,
            lost=outbox.c.lost + case((was_lost, 1), else_=0),
            lease_token=outbox.c.lease_token + 1,
            due_at=bindparam("until"),
        )
        .returning(outbox)
    )


_SENDING, _DUE = outbox.c.state == literal("sending"), outbox.c.due_at <= bindparam("now")
_GIVE_UP_LOST = Prepared(
    update(outbox)
    .where(_SENDING, _DUE)
    .where(outbox.c.at_most_once.is_(True) | (outbox.c.lost >= LOST_MAX - 1))
    .values(state="uncertain", due_at=None, lost=outbox.c.lost + 1, lease_token=outbox.c.lease_token + 1, error=LOST)
)
_CLAIM_LOST = _claiming(select(outbox.c.id).where(_SENDING, _DUE))
_CLAIM_FREE = _claiming(select(outbox.c.id).where(_DUE, outbox.c.due_at.is_not(None), outbox.c.state != literal("sending")))
_CONTENTS = Prepared(select(outbox_mails.c.outbox_id, outbox_mails.c.raw).where(outbox_mails.c.outbox_id.in_(listed("ids"))))
_LOCK = Prepared(
    select(outbox.c.id, outbox.c.lease_token, outbox.c.attempts)
    .where(outbox.c.id.in_(listed("ids")), outbox.c.state == "sending")
    .order_by(outbox.c.id)
    .with_for_update()
)


class OutboxRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[OutboxRow]) -> None:
        """Freeze mails. Raises StoreConflict for a Message-ID that is there already."""
        insert_all(self._connection, outbox, [_row(row) for row in rows])
        insert_all(self._connection, outbox_mails, [{"outbox_id": row.id, "raw": row.raw} for row in rows])

    # Work --------------------------------------------------------------------------------------------------------------------------

    def claim(self, now: datetime, limit: int, lease: timedelta) -> list[ClaimedMail]:
        """Take due mails until `now + lease`, oldest first, and count the attempt. Commit at once.

        A mail whose last attempt was lost comes alone; after three lost attempts it is `uncertain` and waits for a person.
        """
        _GIVE_UP_LOST.run(self._connection, now=now)
        return self._claim(_CLAIM_LOST, now, 1, lease) or self._claim(_CLAIM_FREE, now, limit, lease)

    def _claim(self, which: Prepared, now: datetime, limit: int, lease: timedelta) -> list[ClaimedMail]:
        rows = which.rows(self._connection, now=now, limit=limit, until=now + lease)
        contents = {id_: bytes(raw) for id_, raw in _CONTENTS.rows(self._connection, ids=[row.id for row in rows])} if rows else {}
        return sorted((_claimed(row, contents[row.id]) for row in rows), key=lambda mail: mail.id)

    def still_ours(self, claims: Iterable[ClaimedMail], now: datetime | None = None) -> set[str]:
        """The ids of the claims whose lease nobody has taken over, and has not run out by `now` when that is given. Writes nothing."""
        tokens = {claim.id: claim.lease_token for claim in claims}
        if not tokens:
            return set()
        found = select(outbox.c.id, outbox.c.lease_token).where(outbox.c.id.in_(tokens), outbox.c.state == "sending")
        if now is not None:
            found = found.where(outbox.c.due_at > now)
        return {id_ for id_, token in self._connection.execute(found) if tokens[id_] == token}

    def extend(self, claims: Iterable[ClaimedMail], until: datetime) -> set[str]:
        """Prolong the leases that are still ours; their ids. A next hop may take ten minutes for its answer (RFC 5321 section 4.5.3.2)."""
        tokens = {claim.id: claim.lease_token for claim in claims}
        if not tokens:
            return set()
        found = select(outbox.c.id, outbox.c.lease_token).where(outbox.c.id.in_(tokens), outbox.c.state == "sending").order_by(outbox.c.id)
        ours = {id_ for id_, token in self._connection.execute(found.with_for_update()) if tokens[id_] == token}
        if ours:
            self._connection.execute(update(outbox).where(outbox.c.id.in_(ours)).values(due_at=until))
        return ours

    def record(self, results: Sequence[SendResult]) -> set[str]:
        """Write how attempts ended; the ids of those that were still under the lease of their result. The others are left as they are.

        An `uncertain` result with a next time is due again then, marked as maybe sent; without one it waits for a person.
        """
        if not results:
            return set()
        ours = self._lock(results)
        kept = [result for result in results if ours.get(result.outbox_id) is not None]
        rows = [
            {"of_id": r.outbox_id, "to": _state(r), "next": _next(r), "why": _why(r), "doubt": int(r.state == "uncertain")} for r in kept
        ]
        _RECORD.run(self._connection, rows)
        insert_all(self._connection, attempts, [_attempt_row(result, ours[result.outbox_id]) for result in kept])
        return {result.outbox_id for result in kept}

    def _lock(self, results: Sequence[SendResult]) -> dict[str, int]:
        """Outbox id -> number of the attempt, for the results whose lease still holds; the rows locked."""
        tokens = {result.outbox_id: result.lease_token for result in results}
        return {row.id: row.attempts for row in _LOCK.rows(self._connection, ids=tokens) if tokens[row.id] == row.lease_token}

    def release(self, claims: Iterable[ClaimedMail], now: datetime) -> None:
        """Give leases back of which no byte has gone to the next hop: due at once, and the attempt is not counted."""
        statement = (
            update(outbox)
            .where(outbox.c.id == bindparam("of_id"), outbox.c.lease_token == bindparam("token"), outbox.c.state == literal("sending"))
            .values(state="pending", due_at=now, attempts=outbox.c.attempts - 1, lease_token=outbox.c.lease_token + 1)
        )
        execute_all(self._connection, statement, [{"of_id": c.id, "token": c.lease_token} for c in claims])

    def record_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Write what reports say about mails that were sent. The newest one stands, but a delay never stands over what came of it."""
        statement = (
            update(outbox)
            .where(outbox.c.id == bindparam("of_id"), outbox.c.delivery.in_(("", "delayed")) | bindparam("final", type_=Boolean))
            .values(delivery=bindparam("to"), delivery_status=bindparam("status"), delivery_text=bindparam("words"))
        )
        rows = [
            {"of_id": d.outbox_id, "to": d.state, "status": d.status, "words": d.diagnostic, "final": d.state != "delayed"}
            for d in deliveries
        ]
        execute_all(self._connection, statement, rows)

    # People ------------------------------------------------------------------------------------------------------------------------

    def get(self, id_: str) -> OutboxMail:
        """One row with its attempts. Raises UsageError when there is none."""
        found = self.by_ids([id_])
        if id_ not in found:
            raise UsageError(f"there is no outbox row {id_}")
        return found[id_]

    def by_ids(self, ids: Collection[str]) -> dict[str, OutboxMail]:
        """Id -> row with its attempts, for those that exist."""
        rows = self._connection.execute(select(outbox).where(outbox.c.id.in_(ids))).all() if ids else []
        history = self._history([row.id for row in rows])
        return {row.id: _mail(row, history.get(row.id, ())) for row in rows}

    def lock(self, ids: Collection[str]) -> dict[str, OutboxMail]:
        """The same rows without attempts, locked until the transaction ends, in the order of their ids."""
        found = select(outbox).where(outbox.c.id.in_(ids)).order_by(outbox.c.id).with_for_update()
        return {row.id: _mail(row, ()) for row in self._connection.execute(found)} if ids else {}

    def by_message_ids(self, message_ids: Collection[str]) -> dict[str, OutboxMail]:
        """Message-ID (without angle brackets) -> row without attempts, for those that are ours."""
        found = select(outbox).where(outbox.c.message_id.in_(message_ids))
        return {row.message_id: _mail(row) for row in self._connection.execute(found)} if message_ids else {}

    def list(self, state: OutboxState | None = None, limit: int | None = 50, *, case_id: str | None = None) -> Sequence[OutboxMail]:
        """Newest first, of one state or case when given, without attempts."""
        statement = select(outbox).order_by(outbox.c.id.desc())
        if state is not None:
            statement = statement.where(outbox.c.state == state)
        if case_id is not None:
            statement = statement.where(outbox.c.case_id == case_id)
        return [_mail(row) for row in self._connection.execute(limited(statement, limit))]

    def raw(self, id_: str) -> bytes:
        """The frozen bytes. Raises UsageError when there is no such row or its bytes were purged."""
        raw = self._connection.execute(select(outbox_mails.c.raw).where(outbox_mails.c.outbox_id == id_)).scalar_one_or_none()
        if raw is None:
            self.get(id_)
            raise UsageError(f"the bytes of outbox row {id_} have been purged")
        return bytes(raw)

    def find(self, prefix: str) -> str:
        """The whole id of which `prefix` is the beginning. Raises UsageError when there is none or more than one."""
        low, high = id_range(prefix)
        ids = self._connection.execute(select(outbox.c.id).where(outbox.c.id.between(low, high)).limit(2)).scalars().all()
        if len(ids) != 1:
            raise UsageError(f"there is {'no' if not ids else 'more than one'} outbox row that begins with {prefix}")
        return str(ids[0])

    def retry(self, ids: Collection[str], now: datetime, expires_at: datetime) -> set[str]:
        """Make deferred, failed, uncertain or cancelled mails due now; the ids of those that were. Lost attempts are forgiven."""
        states = ("deferred", "failed", "uncertain", "cancelled")
        values = {"state": "pending", "due_at": now, "lost": 0, "error": "", "expires_at": expires_at}
        return self._move(ids, states, values)

    def cancel(self, ids: Collection[str], reason: str) -> set[str]:
        """Never send mails that are not under way or final; the ids of those that were not."""
        return self._move(ids, ("pending", "deferred"), {"state": "cancelled", "due_at": None, "error": reason})

    def _move(self, ids: Collection[str], states: Collection[str], values: dict[str, Any]) -> set[str]:
        statement = (
            update(outbox).where(outbox.c.id.in_(ids), outbox.c.state.in_(states)).values(**values, lease_token=outbox.c.lease_token + 1)
        )
        return set(self._connection.execute(statement.returning(outbox.c.id)).scalars()) if ids else set()

    def queue(self) -> Queue:
        """How many wait, the oldest due time, and the counts of the states that people must look at."""
        waiting, oldest = self._connection.execute(
            select(func.count(), func.min(outbox.c.due_at)).where(outbox.c.due_at.is_not(None))
        ).one()
        watched = select(outbox.c.state, func.count()).where(outbox.c.state.in_(WATCHED)).group_by(outbox.c.state)
        return Queue(waiting, oldest, dict(self._connection.execute(watched).all()))

    def _history(self, ids: Sequence[str]) -> dict[str, tuple[Attempt, ...]]:
        if not ids:
            return {}
        history: dict[str, tuple[Attempt, ...]] = {}
        for r in self._connection.execute(select(attempts).where(attempts.c.outbox_id.in_(ids)).order_by(attempts.c.id)):
            one = Attempt(r.id, r.outbox_id, r.number, r.state, r.started_at, r.ended_at, r.host, r.code, r.enhanced, r.text)
            history[r.outbox_id] = (*history.get(r.outbox_id, ()), one)
        return history


def _next(result: SendResult) -> datetime | None:
    again = result.next_attempt_at is not None
    if again != (result.state == "deferred") and not (again and result.state == "uncertain"):
        raise ValueError("a deferred result has a time for the next attempt, an uncertain one may have, no other has")
    return result.next_attempt_at


def _state(result: SendResult) -> str:
    return "deferred" if result.next_attempt_at is not None else result.state


def _why(result: SendResult) -> str:
    return (
        ""
        if result.state in ("sent", "captured")
        else " ".join(part for part in (str(result.code or ""), result.enhanced, result.text) if part)
    )


def _row(row: OutboxRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "template": row.template,
        "address": row.address,
        "reverse_path": row.reverse_path,
        "message_id": row.message_id,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "case_id": row.case_id,
        "contact_id": row.contact_id,
        "journal_id": row.journal_id,
        "at_most_once": row.at_most_once,
        "language": row.language,
        "subject": row.subject,
        "size_bytes": len(row.raw),
        "state": "pending",
        "due_at": row.next_attempt_at,
    }


def _attempt_row(result: SendResult, number: int) -> dict[str, Any]:
    return {
        "id": new_id(result.ended_at),
        "outbox_id": result.outbox_id,
        "number": number,
        "state": result.state,
        "started_at": result.started_at,
        "ended_at": result.ended_at,
        "host": result.host,
        "code": result.code,
        "enhanced": result.enhanced,
        "text": result.text,
    }


def _claimed(row: Any, raw: bytes) -> ClaimedMail:
    return ClaimedMail(
        id=row.id,
        template=row.template,
        address=row.address,
        reverse_path=row.reverse_path,
        message_id=row.message_id,
        raw=raw,
        created_at=row.created_at,
        expires_at=row.expires_at,
        attempts=row.attempts,
        lease_token=row.lease_token,
        maybe_sent=row.lost > 0,
        at_most_once=row.at_most_once,
        case_id=row.case_id,
        contact_id=row.contact_id,
    )


def _mail(row: Any, history: tuple[Attempt, ...] = ()) -> OutboxMail:
    return OutboxMail(
        id=row.id,
        template=row.template,
        address=row.address,
        reverse_path=row.reverse_path,
        message_id=row.message_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=row.state,
        attempts=row.attempts,
        due_at=row.due_at,
        error=row.error,
        maybe_sent=row.lost > 0,
        at_most_once=row.at_most_once,
        case_id=row.case_id,
        contact_id=row.contact_id,
        journal_id=row.journal_id,
        language=row.language,
        subject=row.subject,
        delivery=row.delivery,
        delivery_status=row.delivery_status,
        delivery_text=row.delivery_text,
        history=history,
    )
