"""Deletes what retention allows. Accepted mail that is not final keeps its bytes; rows that record what happened stay.

In: now, and how long bytes are kept. Out: how much went. Each call deletes a bounded number of rows, so that no transaction gets long.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, select, text, update

from mailgate.store.repositories.accept import WINDOW
from mailgate.store.repositories.blobs import WAITING, drop
from mailgate.store.repositories.statements import id_floor, literal
from mailgate.store.rows import Purged
from mailgate.store.schema import (
    answer_log,
    answers,
    journal,
    outbox,
    outbox_mails,
    relay_ids,
    seen_content,
    soft_bounces,
    submissions,
    suppressions,
)

BITE = 500
COUNTED_FOR = timedelta(days=60)  # longer than any window that the answer gate may have
FOR_A_PERSON = [literal(state) for state in ("failed", "uncertain")]


class RetentionRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def purge(self, now: datetime, keep: timedelta | None, limit: int = BITE) -> Purged:
        """Delete up to `limit` rows of each kind. Call again until nothing is deleted.

        Raw bytes of settled entries accepted before `now - keep`, frozen mails that are final and as old, and what deduplication, the
        answer gate, the matcher and the counting of bounces no longer look at. `keep` None keeps all bytes. Bytes that a waiting entry or a
        comment needs stay.
        """
        counted = (
            (answers, answers.c.answered_at),
            (answer_log, answer_log.c.answered_at),
            (seen_content, seen_content.c.seen_at),
            (soft_bounces, soft_bounces.c.bounced_at),
            (suppressions, suppressions.c.until),
        )
        return Purged(
            blobs=self._raw(now - keep, limit) if keep is not None else 0,
            submissions=self._aged(submissions, submissions.c.accepted_at, now - WINDOW, limit),
            frozen_mails=self._frozen(now - keep, limit) if keep is not None else 0,
            counters=sum(self._aged(table, column, now - COUNTED_FOR, limit) for table, column in counted)
            + self._aged(relay_ids, relay_ids.c.valid_until, now, limit),
        )

    def _raw(self, oldest: datetime, limit: int) -> int:
        """Mark settled entries as expired, then delete their bytes unless something else needs them.

        The same bytes that come in meanwhile renew `kept_at`, and stay.
        """
        expired = (
            select(journal.c.id)
            .where(text("NOT raw_expired"), journal.c.accepted_at < oldest, journal.c.state.not_in(WAITING))
            .order_by(journal.c.accepted_at)
            .limit(limit)
        )
        marked = update(journal).where(journal.c.id.in_(expired.scalar_subquery())).values(raw_expired=True).returning(journal.c.raw_sha256)
        hashes = set(self._connection.execute(marked).scalars())
        drop(self._connection, hashes, kept_before=oldest)
        return len(hashes)

    def _frozen(self, oldest: datetime, limit: int) -> int:
        final = (
            select(outbox_mails.c.outbox_id)
            .join(outbox, outbox.c.id == outbox_mails.c.outbox_id)
            .where(outbox_mails.c.outbox_id < id_floor(oldest), outbox.c.due_at.is_(None), outbox.c.state.not_in(FOR_A_PERSON))
            .order_by(outbox_mails.c.outbox_id)
            .limit(limit)
        )
        return self._connection.execute(delete(outbox_mails).where(outbox_mails.c.outbox_id.in_(final.scalar_subquery()))).rowcount

    def _aged(self, table: Table, moment: Column[Any], oldest: datetime, limit: int) -> int:
        # Several columns can be the key; of those that are too old, the oldest go first, up to the limit.
        last = select(moment).where(moment < oldest).order_by(moment).offset(limit - 1).limit(1)
        bound = self._connection.execute(last).scalar_one_or_none()
        condition = moment < oldest if bound is None else moment <= bound
        return self._connection.execute(delete(table).where(condition)).rowcount
