"""Frozen mail on its way out: one row per mail and recipient, its bytes beside it, and one row per attempt.

In: frozen mails; claims and results from the sending worker. Out: mails under lease, each with whether its bytes are still those that were
frozen (SHA-256). A claim means that the attempt has begun: when its lease runs out without a result, nobody knows whether the mail went.
Then an automatic answer is `uncertain` for good (guarantee 5), and anything else is due again and marked `maybe_sent` (guarantee 6). A
result counts only under the lease it was made with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Connection, Integer, bindparam, case, delete, exists, func, or_, select, union_all, update

from mailgate.errors import NotAllowed, NotFound
from mailgate.store.repositories import id_beginnings
from mailgate.store.repositories.blobs import verified
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.outbox import recording
from mailgate.store.repositories.outbox.filters import OutboxFilter, conditions
from mailgate.store.repositories.outbox.lane import Lane, first
from mailgate.store.repositories.outbox.mapping import CLAIMED_COLUMNS, claimed_of, mail_of, outbox_row
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import execute_all, id_floor, limited, literal
from mailgate.store.rows import Attempt, ClaimedMail, Delivery, OutboxMail, OutboxRow, Queue, SendResult
from mailgate.store.schema import attempts, outbox, outbox_mails
from mailgate.store.schema.base import BY_SUPPRESSION

LOST_MAX = 3
LOST = "the attempt ended without a known answer"
WATCHED: frozenset[str] = frozenset({"deferred", "failed", "uncertain"})

_SENDING, _DUE = outbox.c.state == literal("sending"), outbox.c.due_at <= bindparam("now")
_GIVE_UP_LOST = Prepared(
    update(outbox)
    .where(_SENDING, _DUE)
    .where(outbox.c.at_most_once.is_(True) | (outbox.c.lost >= LOST_MAX - 1))
    .values(state="uncertain", due_at=None, lost=outbox.c.lost + 1, lease_token=outbox.c.lease_token + 1, error=LOST)
)
_LOST_HEADS = Prepared(
    select(outbox.c.id, outbox.c.lane, outbox.c.due_at).where(_SENDING, _DUE)
    .order_by(outbox.c.due_at, outbox.c.id).limit(bindparam("limit", type_=Integer)).with_for_update(skip_locked=True)
)  # fmt: skip

_WAITS_SINCE = case((outbox.c.attempts == case((_SENDING, 1), else_=0), outbox.c.created_at), else_=outbox.c.due_at)
"""Since when a mail waits for us: from the beginning for its first try, and then beyond the time of its next one (in the future: not).

A mail that its own domain defers waits for that domain. What is given back untried counts no try, so it waits from the beginning.
"""


def _head(lane: Lane) -> Any:
    """The first due mails of one lane, locked."""
    of_lane = outbox.c.lane == literal(lane), _DUE, outbox.c.due_at.is_not(None), outbox.c.state != literal("sending")
    found = select(outbox.c.id, outbox.c.lane, outbox.c.due_at).where(*of_lane).order_by(outbox.c.due_at, outbox.c.id)
    return select(found.limit(bindparam("limit", type_=Integer)).with_for_update(skip_locked=True).subquery())


_FREE_HEADS = Prepared(union_all(*map(_head, Lane)))
_CLAIM = Prepared(  # takes them under a lease and counts the attempt; a lost one is counted, too
    update(outbox)
    .where(outbox.c.id.in_(listed("ids")))
    .values(
        state="sending",
        attempts=outbox.c.attempts + 1,
        lost=outbox.c.lost + case((_SENDING, 1), else_=0),
        lease_token=outbox.c.lease_token + 1,
        due_at=bindparam("until"),
    )
    .returning(*(outbox.c[name] for name in CLAIMED_COLUMNS))
)
_CONTENTS = Prepared(select(outbox_mails.c.outbox_id, outbox_mails.c.raw).where(outbox_mails.c.outbox_id.in_(listed("ids"))))


_UNCLEAR = or_(  # whether it may have been sent
    outbox.c.state == "uncertain",
    outbox.c.lost > 0,
    exists().where(attempts.c.outbox_id == outbox.c.id, attempts.c.state.in_(("uncertain", "sent"))),
)


class OutboxRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[OutboxRow]) -> None:
        """Freeze mails. Raises StoreConflict for a Message-ID that is there already."""
        insert_all(self._connection, outbox, [outbox_row(row) for row in rows])
        insert_all(self._connection, outbox_mails, [{"outbox_id": row.id, "raw": row.raw} for row in rows])

    # Work --------------------------------------------------------------------------------------------------------------------------

    def claim(self, now: datetime, limit: int, lease: timedelta) -> list[ClaimedMail]:
        """Take due mails until `now + lease`, those that go first (`lane`) first, and count the attempt. Commit at once.

        A mail whose last attempt was lost comes alone; after three lost attempts it is `uncertain` and waits for a person.
        """
        ids = self._heads(_LOST_HEADS, now, 1)
        if ids and _GIVE_UP_LOST.run(self._connection, now=now):
            ids = self._heads(_LOST_HEADS, now, 1)
        if not ids:
            ids = self._heads(_FREE_HEADS, now, limit)
        if not ids:
            return []
        rows = {row.id: row for row in _CLAIM.rows(self._connection, ids=ids, until=now + lease)}
        contents = {id_: bytes(raw) for id_, raw in _CONTENTS.rows(self._connection, ids=ids)}
        return [claimed_of(rows[id_], contents.get(id_)) for id_ in ids]

    def _heads(self, heads: Prepared, now: datetime, limit: int) -> list[str]:
        return first(heads.rows(self._connection, now=now, limit=limit), limit)

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
        return recording.record(self._connection, results)

    def drop_content(self, ids: Collection[str]) -> None:
        """Take away the bytes of mails that were sent and hold a secret."""
        if ids:
            self._connection.execute(delete(outbox_mails).where(outbox_mails.c.outbox_id.in_(ids)))

    def release(self, claims: Iterable[ClaimedMail], now: datetime) -> None:
        """Give back leases of mails of which no byte has gone to the next hop: due at once, and the attempt is not counted."""
        statement = (
            update(outbox)
            .where(outbox.c.id == bindparam("of_id"), outbox.c.lease_token == bindparam("token"), outbox.c.state == literal("sending"))
            .values(state="pending", due_at=now, attempts=outbox.c.attempts - 1, lease_token=outbox.c.lease_token + 1)
        )
        execute_all(self._connection, statement, [{"of_id": c.id, "token": c.lease_token} for c in claims])

    def record_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Write what reports say about mails that were sent. The newest one stands, but a delay never replaces the final result."""
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
        """One row with its attempts. Raises NotFound."""
        found = self.by_ids([id_])
        if id_ not in found:
            raise NotFound("outbox row", id_)
        return found[id_]

    def by_ids(self, ids: Collection[str]) -> dict[str, OutboxMail]:
        """Id -> row with its attempts, for those that exist."""
        rows = self._connection.execute(select(outbox).where(outbox.c.id.in_(ids))).all() if ids else []
        history = self._history([row.id for row in rows])
        return {row.id: mail_of(row, history.get(row.id, ())) for row in rows}

    def lock(self, ids: Collection[str]) -> dict[str, OutboxMail]:
        """The same rows without attempts, locked until the transaction ends, in the order of their ids."""
        found = select(outbox).where(outbox.c.id.in_(ids)).order_by(outbox.c.id).with_for_update()
        return {row.id: mail_of(row, ()) for row in self._connection.execute(found)} if ids else {}

    def by_message_ids(self, message_ids: Collection[str]) -> dict[str, OutboxMail]:
        """Message-ID (without angle brackets) -> row without attempts, for those that are ours."""
        found = select(outbox).where(outbox.c.message_id.in_(message_ids))
        return {row.message_id: mail_of(row) for row in self._connection.execute(found)} if message_ids else {}

    def list(
        self,
        state: str | None = None,
        limit: int | None = 50,
        *,
        case_id: str | None = None,
        before: str | None = None,
        where: OutboxFilter | None = None,
    ) -> Sequence[OutboxMail]:
        """Newest first, of one state or case and of those that the filter means when given, without attempts; only those older than the id
        `before`.
        """
        statement = select(outbox).order_by(outbox.c.id.desc())
        if where is not None:
            statement = statement.where(*conditions(where))
        if state is not None:
            statement = statement.where(outbox.c.state == state)
        if case_id is not None:
            statement = statement.where(outbox.c.case_id == case_id)
        if before is not None:
            statement = statement.where(outbox.c.id < before)
        return [mail_of(row) for row in self._connection.execute(limited(statement, limit))]

    def ids(self, where: OutboxFilter) -> Sequence[str]:
        """The ids alone of the mails that the filter means, oldest first."""
        return list(self._connection.execute(select(outbox.c.id).where(*conditions(where)).order_by(outbox.c.id)).scalars())

    def raw(self, id_: str) -> bytes:
        """The frozen bytes. Raises NotFound when there is no such row or its bytes were purged, CorruptContent when they have changed."""
        found = select(outbox_mails.c.raw, outbox.c.raw_sha256).join(outbox, outbox.c.id == outbox_mails.c.outbox_id)
        row = self._connection.execute(found.where(outbox_mails.c.outbox_id == id_)).one_or_none()
        if row is None:
            self.get(id_)
            raise NotFound("content", id_, f"the bytes of outbox row {id_} have been purged")
        return bytes(row.raw) if row.raw_sha256 is None else verified(row.raw_sha256, row.raw)

    def find(self, beginning: str) -> str:
        """The whole id that begins so. Raises NotFound, Invalid, or Ambiguous, which names those that do."""
        return id_beginnings.find(self._connection, outbox.c.id, beginning, "outbox row")

    def short_ids(self, ids: Sequence[str]) -> dict[str, str]:
        """Id -> the beginning that a person may type in its place."""
        return id_beginnings.shortest(self._connection, outbox.c.id, ids)

    def retry(self, ids: Collection[str], now: datetime, expires_at: datetime) -> set[str]:
        """Make deferred, failed, uncertain or cancelled mails due now; the ids of those that were. Lost attempts no longer count.

        Raises NotAllowed, and moves none, when one is an automatic answer that may have been sent: those go out at most once (guarantee 5),
        whoever asks. Whether it may have been is what its attempts say, not only its state: one that became uncertain and was then
        cancelled may have been sent anyway.
        """
        if answers := self._maybe_sent_answers(ids):
            raise NotAllowed(f"{answers[0]} is an automatic answer that may have been sent; those go out at most once")
        states = ("deferred", "failed", "uncertain", "cancelled")
        values = {"state": "pending", "due_at": now, "lost": 0, "error": "", "stopped_by": "", "expires_at": expires_at}
        return self._move(ids, states, values)

    def mark_suppressed(self, ids: Collection[str]) -> None:
        """These failed because their address is suppressed; see `send_stopped`."""
        if ids:
            self._connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(stopped_by=BY_SUPPRESSION))

    def send_stopped(self, address: str, since: datetime, now: datetime, expires_at: datetime) -> int:
        """Make due again the mails to this address (lower case) that its suppression stopped since then; how many.

        Automatic answers stay as they are: nobody waits for one any more.
        """
        stopped = update(outbox).where(
            outbox.c.state == "failed", outbox.c.id >= id_floor(since), func.lower(outbox.c.address) == address,
            outbox.c.stopped_by == BY_SUPPRESSION, outbox.c.at_most_once.is_(False),
        )  # fmt: skip
        values = {
            "state": "pending", "due_at": now, "error": "", "stopped_by": "", "expires_at": expires_at,
            "lease_token": outbox.c.lease_token + 1,
        }  # fmt: skip
        return self._connection.execute(stopped.values(values)).rowcount

    def _maybe_sent_answers(self, ids: Collection[str]) -> Sequence[str]:
        """Those of these mails that go out at most once and have an attempt without a known answer, locked."""
        found = select(outbox.c.id).where(outbox.c.id.in_(ids), outbox.c.at_most_once, _UNCLEAR).order_by(outbox.c.id).with_for_update()
        return self._connection.execute(found).scalars().all() if ids else ()

    def cancel_unsent(self, ids: Collection[str], reason: str) -> set[str]:
        """Never send those of these mails that wait and cannot have been sent; their ids."""
        if not ids:
            return set()
        found = select(outbox.c.id).where(outbox.c.id.in_(ids), ~_UNCLEAR).order_by(outbox.c.id).with_for_update()
        return self.cancel(self._connection.execute(found).scalars().all(), reason)

    def cancel(self, ids: Collection[str], reason: str) -> set[str]:
        """Never send mails that are not in progress or final; the ids of those that were not."""
        return self._move(ids, ("pending", "deferred"), {"state": "cancelled", "due_at": None, "error": reason})

    def _move(self, ids: Collection[str], states: Collection[str], values: dict[str, Any]) -> set[str]:
        statement = (
            update(outbox).where(outbox.c.id.in_(ids), outbox.c.state.in_(states)).values(**values, lease_token=outbox.c.lease_token + 1)
        )
        return set(self._connection.execute(statement.returning(outbox.c.id)).scalars()) if ids else set()

    def queue(self) -> Queue:
        """How many wait, since when the oldest waits for us, and the counts of the states that people must look at."""
        waiting, oldest = self._connection.execute(select(func.count(), func.min(_WAITS_SINCE)).where(outbox.c.due_at.is_not(None))).one()
        watched = select(outbox.c.state, func.count()).where(outbox.c.state.in_(WATCHED)).group_by(outbox.c.state)
        return Queue(waiting, oldest, dict(self._connection.execute(watched).all()))

    def oldest_urgent(self) -> datetime | None:
        """Since when the oldest mail waits for us for which somebody waits."""
        urgent = outbox.c.lane.in_((Lane.SECURITY, Lane.URGENT))
        oldest: datetime | None = self._connection.execute(
            select(func.min(_WAITS_SINCE)).where(outbox.c.due_at.is_not(None), urgent)
        ).scalar_one()
        return oldest

    def _history(self, ids: Sequence[str]) -> dict[str, tuple[Attempt, ...]]:
        if not ids:
            return {}
        history: dict[str, tuple[Attempt, ...]] = {}
        for r in self._connection.execute(select(attempts).where(attempts.c.outbox_id.in_(ids)).order_by(attempts.c.id)):
            one = Attempt(r.id, r.outbox_id, r.number, r.state, r.started_at, r.ended_at, r.host, r.code, r.enhanced, r.text)
            history[r.outbox_id] = (*history.get(r.outbox_id, ()), one)
        return history
