"""Notices, until they are one frozen mail in the outbox.

In: `Notice` values of a change; claims from the outbound worker. Out: groups under lease. A group is what goes into one mail: the notices
to one recipient about one case. It is taken whole: when its first notice is due, those that came within the window go with it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Text,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
    union_all,
    update,
)

from mailgate.cases.model import Notice
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import execute_all, id_floor, literal, to_json
from mailgate.store.rows import CaseNotice, ClaimedNotice, Queue
from mailgate.store.schema import notices
from mailgate.store.schema.base import BY_SUPPRESSION

NOTICES_PER_GROUP = 2  # most groups have two: a reply's comment and its status
CLAIM_LOCK = 0x6D67_6E6F_7469_6365  # "mgnotice": whole groups can only be taken by one at a time; a claim is short

_DUE = notices.c.due_at <= bindparam("now")
# Free, or under a lease that has run out. Of rows that are not over; `state = 'pending'` would make SQLite walk through all that wait.
_TAKEABLE = or_(notices.c.state != literal("rendering"), _DUE)


def _first(tried: bool, limit: int | BindParameter[int]) -> Any:
    """The groups of the oldest due notices, a group once for each of them, and whether they were tried before."""
    which = notices.c.attempts > literal(0) if tried else notices.c.attempts == literal(0)
    found = select(notices.c.group_key, literal(int(tried)).label("tried")).where(_DUE, notices.c.due_at.is_not(None), which)
    return select(found.order_by(notices.c.due_at, notices.c.id).limit(limit).subquery())


_FIRST = Prepared(union_all(_first(True, 1), _first(False, bindparam("limit", type_=Integer))))
_LOCK_CLAIMS = Prepared(select(func.pg_advisory_xact_lock(literal(CLAIM_LOCK))))
_CLAIMED = (
    "id", "group_key", "kind", "address", "created_at", "case_id", "contact_id", "event_id", "journal_id", "language", "facts",
    "attempts", "lease_token",
)  # fmt: skip
"""The columns of a `ClaimedNotice`, in the order of its fields."""
_FACTS_AT = _CLAIMED.index("facts")
_CLAIM = Prepared(
    update(notices)
    .where(notices.c.group_key.in_(listed("groups")), notices.c.due_at.is_not(None), _TAKEABLE)
    .values(state="rendering", attempts=notices.c.attempts + 1, lease_token=notices.c.lease_token + 1, due_at=bindparam("until"))
    .returning(*(notices.c[name] for name in _CLAIMED))
)
_HOLD = Prepared(
    select(notices.c.id, notices.c.lease_token)
    .where(notices.c.id.in_(listed("ids")), notices.c.state == "rendering")
    .order_by(notices.c.id)
    .with_for_update()
)
_FAIL_EXHAUSTED = Prepared(
    update(notices)
    .where(_DUE, notices.c.attempts > literal(0), notices.c.attempts >= bindparam("max_attempts"))
    .values(
        state="failed",
        due_at=None,
        lease_token=notices.c.lease_token + 1,
        error=func.coalesce(func.nullif(notices.c.error, ""), bindparam("why", type_=Text)),
    )
)
_CAUSED = Prepared(
    select(notices.c.journal_id, notices.c.kind, notices.c.address).where(
        notices.c.journal_id.in_(listed("mails")), notices.c.state != literal("withheld")
    )
)


def _rendered(each: Any) -> Prepared:
    """`each`: notice ids (key) and the ids of their mails (value), as rows."""
    made, id_type = each.table_valued("key", "value"), notices.c.id.type
    values = {"state": "rendered", "due_at": None, "outbox_id": cast(made.c.value, id_type), "error": ""}
    # By the list, too: PostgreSQL does not know how few rows the object has, and would read the whole table.
    which = notices.c.id.in_(listed("ids")), notices.c.id == cast(made.c.key, id_type)
    return Prepared(update(notices).where(*which).values(values))


_MADE = bindparam("made", type_=Text)  # a JSON object: one statement for a batch of any size
_RENDERED, _RENDERED_ON_SQLITE = _rendered(func.json_each_text(cast(_MADE, JSON))), _rendered(func.json_each(_MADE))


class NoticeRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Sequence[Notice]) -> None:
        """Write notices that belong to no change of a case, such as a redirect."""
        insert_all(self._connection, notices, [notice_row(notice) for notice in new])

    def withhold(self, new: Sequence[Notice], reason: str) -> None:
        """Write notices that are withheld until an operator releases them. They are final: no worker claims them."""
        kept = {"state": "withheld", "due_at": None, "error": reason}
        insert_all(self._connection, notices, [{**notice_row(notice), **kept} for notice in new])

    def let_out(self, journal_ids: Collection[str], now: datetime) -> set[str]:
        """Make the withheld notices of these mails due; the ids of those mails that had any."""
        statement = update(notices).where(*_withheld(journal_ids)).values(state="pending", due_at=now, error="", stopped_by="")
        return set(self._connection.execute(statement.returning(notices.c.journal_id)).scalars()) if journal_ids else set()

    def forget_withheld(self, journal_ids: Collection[str]) -> None:
        """Delete the withheld notices of these mails, which will be decided again."""
        if journal_ids:
            self._connection.execute(delete(notices).where(*_withheld(journal_ids)))

    def caused(self, journal_ids: Collection[str]) -> set[tuple[str, str, str]]:
        """(journal id, kind, address) of the notices that these mails caused, without withheld ones."""
        return {tuple(row) for row in _CAUSED.rows(self._connection, mails=journal_ids)} if journal_ids else set()

    def of_case(self, case_id: str, limit: int) -> Sequence[CaseNotice]:
        """The notices of a case, the newest first."""
        columns = [notices.c[name] for name in ("event_id", "address", "kind", "state", "error", "created_at", "outbox_id")]
        found = select(*columns).where(notices.c.case_id == case_id).order_by(notices.c.id.desc()).limit(limit)
        return [CaseNotice(*row) for row in self._connection.execute(found)]

    def withdraw(self, event_ids: Collection[str], reason: str) -> int:
        """Cancel the notices of these events that are in no mail yet; returns how many. A worker that is composing one loses its lease."""
        if not event_ids:
            return 0
        waiting = update(notices).where(notices.c.event_id.in_(event_ids), notices.c.state.in_(("pending", "rendering")))
        gone = {"state": "suppressed", "due_at": None, "error": reason, "lease_token": notices.c.lease_token + 1}
        return self._connection.execute(waiting.values(gone)).rowcount

    def mails_of(self, event_ids: Collection[str]) -> list[str]:
        """Ids of the frozen mails that tell of these events."""
        found = select(notices.c.outbox_id).where(notices.c.event_id.in_(event_ids), notices.c.state == "rendered")
        return sorted({*self._connection.execute(found.where(notices.c.outbox_id.is_not(None))).scalars()}) if event_ids else []

    def make_again(self, outbox_ids: Collection[str], now: datetime) -> None:
        """Make the notices of mails that will never be sent due again."""
        if outbox_ids:
            again = update(notices).where(notices.c.outbox_id.in_(outbox_ids), notices.c.state == "rendered")
            self._connection.execute(again.values(state="pending", due_at=now, attempts=0, outbox_id=None, error=""))

    def notified_of(self, event_ids: Collection[str]) -> set[str]:
        """The addresses for which a mail about these events was made. Asked after `withdraw`, it is the last word."""
        found = select(notices.c.address).where(notices.c.event_id.in_(event_ids), notices.c.state == "rendered")
        return set(self._connection.execute(found).scalars()) if event_ids else set()

    def claim(self, now: datetime, limit: int, lease: timedelta) -> list[ClaimedNotice]:
        """Take groups whose oldest notice is due, up to `limit` groups, until `now + lease`, in the order of their ids. Commit at once.

        A group that was tried before comes alone, so that one that cannot be rendered never counts against the others.
        """
        if self._connection.dialect.name != "sqlite":
            _LOCK_CLAIMS.run(self._connection)
        first = _FIRST.rows(self._connection, now=now, limit=limit * NOTICES_PER_GROUP)
        tried = [row.group_key for row in first if row.tried]
        groups = tried or list(dict.fromkeys(row.group_key for row in first))[:limit]
        rows = _CLAIM.rows(self._connection, groups=groups, now=now, until=now + lease) if groups else []
        return sorted(map(_claimed, rows), key=lambda claim: claim.id)

    def lock_leased(self, claims: Iterable[ClaimedNotice]) -> set[str]:
        """Lock the rows of the claims; the ids of those that are still ours. First call of the transaction that freezes mails."""
        tokens = {claim.id: claim.lease_token for claim in claims}
        if not tokens:
            return set()
        return {id_ for id_, token in _HOLD.rows(self._connection, ids=tokens) if tokens[id_] == token}

    def mark_rendered(self, outbox_ids: Mapping[str, str]) -> None:
        """Notice id -> id of the frozen mail that it is in, for a whole batch with one statement. Their rows must be locked."""
        if outbox_ids:
            statement = _RENDERED_ON_SQLITE if self._connection.dialect.name == "sqlite" else _RENDERED
            statement.run(self._connection, ids=outbox_ids, made=to_json(dict(outbox_ids)))

    def suppress(self, ids: Collection[str], reason: str, *, by_address: bool = False) -> None:
        """Mark these notices as suppressed, with the reason. Their rows must be locked (`lock_leased`).

        `by_address`: because their address is suppressed; see `send_stopped`.
        """
        self._close(ids, "suppressed", reason, BY_SUPPRESSION if by_address else "")

    def fail(self, ids: Collection[str], error: str) -> None:
        """They cannot be rendered; they stay visible until an operator retries them. Their rows must be locked."""
        self._close(ids, "failed", error)

    def _close(self, ids: Collection[str], state: str, reason: str, stopped_by: str = "") -> None:
        if ids:
            closed = update(notices).where(notices.c.id.in_(ids))
            self._connection.execute(closed.values(state=state, due_at=None, error=reason, stopped_by=stopped_by))

    def fail_exhausted(self, now: datetime, max_attempts: int) -> int:
        """Set the due notices that were tried `max_attempts` times to failed. Returns how many."""
        error = f"tried {max_attempts} times without an outcome"
        return _FAIL_EXHAUSTED.run(self._connection, now=now, max_attempts=max_attempts, why=error)

    def defer(self, claims: Iterable[ClaimedNotice], error: str, next_attempt_at: datetime) -> None:
        """The attempt failed for now: due again at `next_attempt_at`."""
        statement = self._ours().values(state="pending", due_at=next_attempt_at, error=error, lease_token=notices.c.lease_token + 1)
        execute_all(self._connection, statement, [{"of_id": c.id, "token": c.lease_token} for c in claims])

    def forget_facts(self, ids: Collection[str]) -> None:
        """What these notices say is in their mail now, and is secret: a link or a code."""
        if ids:
            self._connection.execute(update(notices).where(notices.c.id.in_(ids)).values(facts="{}"))

    def release(self, claims: Iterable[ClaimedNotice], due_at: datetime) -> None:
        """Give leases back unused: due at that time, and the attempt is not counted."""
        values = {"state": "pending", "due_at": due_at, "attempts": notices.c.attempts - 1, "lease_token": notices.c.lease_token + 1}
        execute_all(self._connection, self._ours().values(values), [{"of_id": c.id, "token": c.lease_token} for c in claims])

    def _ours(self) -> Any:
        return update(notices).where(
            notices.c.id == bindparam("of_id"), notices.c.lease_token == bindparam("token"), notices.c.state == literal("rendering")
        )

    def send_stopped(self, address: str, since: datetime, now: datetime) -> int:
        """Make due again the notices to this address (lower case) that its suppression stopped since then; how many."""
        stopped = update(notices).where(
            notices.c.state == "suppressed", notices.c.id >= id_floor(since), func.lower(notices.c.address) == address,
            notices.c.stopped_by == BY_SUPPRESSION,
        )  # fmt: skip
        return self._connection.execute(stopped.values(state="pending", due_at=now, attempts=0, error="", stopped_by="")).rowcount

    def retry(self, ids: Collection[str], now: datetime) -> set[str]:
        """Make failed notices due again; the ids of those that were failed."""
        again = (
            update(notices)
            .where(notices.c.id.in_(ids), notices.c.state == "failed")
            .values(state="pending", due_at=now, attempts=0, error="")
        )
        return set(self._connection.execute(again.returning(notices.c.id)).scalars()) if ids else set()

    def queue(self) -> Queue:
        """How many wait, when the oldest was made, and how many failed."""
        waiting, oldest = self._connection.execute(
            select(func.count(), func.min(notices.c.created_at)).where(notices.c.due_at.is_not(None))
        ).one()
        failed = self._connection.execute(select(func.count()).select_from(notices).where(notices.c.state == "failed")).scalar_one()
        return Queue(waiting, oldest, {"failed": failed})


def notice_row(notice: Notice) -> dict[str, Any]:
    """The row of a new notice. Without a case it is a separate group: two answers to one address are two mails."""
    return {
        "id": notice.id,
        "group_key": f"{notice.case_id} {notice.address.lower()}" if notice.case_id else notice.id,
        "kind": notice.kind,
        "address": notice.address,
        "created_at": notice.created_at,
        "case_id": notice.case_id,
        "contact_id": notice.contact_id,
        "event_id": notice.event_id,
        "journal_id": notice.journal_id,
        "language": notice.language,
        "facts": to_json(dict(notice.facts)),
        "state": "pending",
        "due_at": notice.due_at,
    }


def _withheld(journal_ids: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return notices.c.journal_id.in_(journal_ids), notices.c.state == "withheld"


def _claimed(row: Any) -> ClaimedNotice:
    values = list(row)
    values[_FACTS_AT] = json.loads(values[_FACTS_AT])
    return ClaimedNotice(*values)
