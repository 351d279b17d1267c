"""The statements by which workers take entries of the journal: claim due rows, lock them, set aside what was tried too often.

In: bound values. Out: prepared statements. The index conditions stand literally in them, so that PostgreSQL uses its partial indexes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, Text, and_, bindparam, exists, func, select, update

from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import literal
from mailgate.store.schema import journal

_ENVELOPE = (journal.c.reverse_path, journal.c.recipients)
_SUBMITTED = (journal.c.client_address, journal.c.helo, journal.c.protocol, journal.c.tls, journal.c.smtp_utf8, journal.c.notes)
_LEASE = (journal.c.attempts, journal.c.lease_token, journal.c.operator_decision)
_CLAIMED = (journal.c.id, *_ENVELOPE, journal.c.raw_sha256, journal.c.accepted_at, *_LEASE, *_SUBMITTED)


SMALL_BYTES = 64 * 1024
"""What is no larger is small: reading it takes hundredths of a second, whatever it holds."""


def _is_due(*more: Any) -> ColumnElement[bool]:
    return and_(journal.c.due_at <= bindparam("now"), journal.c.due_at.is_not(None), *more)


def _due(*more: Any) -> Select[Any]:
    """Due rows under lock, oldest first, those that another worker is taking left out. The index conditions stand literally."""
    return (
        select(journal.c.id, journal.c.due_at, journal.c.size_bytes)
        .where(_is_due(*more))
        .order_by(journal.c.due_at, journal.c.id)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True)
    )


def _fitting(due: Select[Any]) -> Select[Any]:
    """The first of `due` whose bytes fit together. A list of big mails must not fill the memory of a worker."""
    rows = due.cte("due")
    before = func.sum(rows.c.size_bytes).over(order_by=(rows.c.due_at, rows.c.id)) - rows.c.size_bytes
    sums = select(rows.c.id, before.label("before")).subquery("sums")
    return select(sums.c.id).where(sums.c.before < bindparam("max_bytes", type_=BigInteger))


def _claiming(*more: Any) -> Prepared:
    return Prepared(
        update(journal)
        .where(journal.c.id.in_(_fitting(_due(*more))))
        .values(attempts=journal.c.attempts + 1, lease_token=journal.c.lease_token + 1, due_at=bindparam("until"))
        .returning(*_CLAIMED)
    )


def _looking(*more: Any) -> Prepared:
    """The due rows that came last, newest first, not locked."""
    columns = (journal.c.id, journal.c.client_address, journal.c.reverse_path)
    newest = (journal.c.due_at.desc(), journal.c.id.desc())
    return Prepared(select(*columns).where(_is_due(*more)).order_by(*newest).limit(bindparam("most", type_=Integer)))


_FRESH = journal.c.attempts == literal(0)
CLAIM_TRIED, CLAIM_FRESH = _claiming(journal.c.attempts > literal(0)), _claiming(_FRESH)
CLAIM_CHOSEN = _claiming(_FRESH, journal.c.id.in_(listed("ids")))
_EASY = and_(journal.c.attempts == literal(0), journal.c.lease_token == literal(0), journal.c.size_bytes <= literal(SMALL_BYTES))
CLAIM_EASY, LOOK_FRESH, LOOK_EASY = _claiming(_EASY), _looking(_FRESH), _looking(_EASY)
_some = select(journal.c.id)
DUE = Prepared(
    select(
        exists(_some.where(_is_due(journal.c.attempts > literal(0)))).label("tried"), exists(_some.where(_is_due(_FRESH))).label("fresh")
    )
)
SHUNT_EXHAUSTED = Prepared(
    update(journal)
    .where(journal.c.due_at <= bindparam("now"), journal.c.attempts > literal(0), journal.c.attempts >= bindparam("max_attempts"))
    .values(
        state="shunted",
        due_at=None,
        lease_token=journal.c.lease_token + 1,
        error=func.coalesce(func.nullif(journal.c.error, ""), bindparam("why", type_=Text)),
    )
)
LOCK_LEASED = Prepared(
    select(journal.c.id, journal.c.lease_token)
    .where(journal.c.id.in_(listed("ids")), journal.c.state == literal("pending"))
    .order_by(journal.c.id)
    .with_for_update()
)
