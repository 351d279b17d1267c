"""The journal: accepted mail, who works on it, and what was decided.

In: entries from the accept stage; claims and outcomes from intake. Out: rows under lease. A row is pending until exactly one outcome is
written under its lease; work that lost its lease finds out in `hold_ground` before it has any effect. Rows are never deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, Select, Text, bindparam, func, select, update

from mailgate.clock import Clock
from mailgate.errors import UsageError
from mailgate.mail.model import Envelope
from mailgate.store.repositories import accept
from mailgate.store.repositories.bulk import UpdateAll, insert_all
from mailgate.store.repositories.ledger import LedgerRepository
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import array, execute_all, id_range, limited, literal, words
from mailgate.store.rows import Appended, ClaimedEntry, EntryFilter, JournalEntry, JournalState, NewEntry, Outcome, Queue
from mailgate.store.schema import blobs, decisions, entry_tags, journal

BATCH_BYTES = 16 * 1024 * 1024
REOPENABLE: frozenset[str] = frozenset({"held", "shunted"})

_ENVELOPE = (journal.c.reverse_path, journal.c.recipients)
_SUBMITTED = (journal.c.client_address, journal.c.helo, journal.c.protocol, journal.c.tls, journal.c.smtp_utf8, journal.c.notes)
_DECIDED = tuple(column.name for column in decisions.columns if column.name != "journal_id")
_FINISH = UpdateAll(update(journal).where(journal.c.id == bindparam("of_id")).values(state=bindparam("to"), due_at=None, error=""))
_LEASE = (journal.c.attempts, journal.c.lease_token, journal.c.release)
_CLAIMED = (journal.c.id, *_ENVELOPE, journal.c.raw_sha256, journal.c.accepted_at, *_LEASE, *_SUBMITTED)


def _due(attempts: Any) -> Select[Any]:
    """Due rows under lock, those that another worker is taking left out. The index conditions stand literally."""
    return (
        select(journal.c.id, journal.c.due_at, journal.c.size_bytes)
        .where(journal.c.due_at <= bindparam("now"), journal.c.due_at.is_not(None), attempts)
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


def _claiming(attempts: Any) -> Prepared:
    return Prepared(
        update(journal)
        .where(journal.c.id.in_(_fitting(_due(attempts))))
        .values(attempts=journal.c.attempts + 1, lease_token=journal.c.lease_token + 1, due_at=bindparam("until"))
        .returning(*_CLAIMED)
    )


_CLAIM_TRIED, _CLAIM_FRESH = _claiming(journal.c.attempts > literal(0)), _claiming(journal.c.attempts == literal(0))
_CONTENTS = Prepared(select(blobs.c.sha256, blobs.c.content).where(blobs.c.sha256.in_(listed("hashes"))))
_SHUNT_EXHAUSTED = Prepared(
    update(journal)
    .where(journal.c.due_at <= bindparam("now"), journal.c.attempts > literal(0), journal.c.attempts >= bindparam("max_attempts"))
    .values(
        state="shunted",
        due_at=None,
        lease_token=journal.c.lease_token + 1,
        error=func.coalesce(func.nullif(journal.c.error, ""), bindparam("why", type_=Text)),
    )
)
_HOLD = Prepared(
    select(journal.c.id, journal.c.lease_token)
    .where(journal.c.id.in_(listed("ids")), journal.c.state == literal("pending"))
    .order_by(journal.c.id)
    .with_for_update()
)


class JournalRepository:
    """See the module."""

    def __init__(self, connection: Connection, writer: str, clock: Clock) -> None:
        self._connection, self._writer, self._clock = connection, writer, clock

    def append(self, entries: Sequence[NewEntry]) -> list[Appended]:
        """Write one group of entries; for each, in order, its id or the id of the same submission of the last 7 days."""
        return accept.append(self._connection, self._writer, entries) if entries else []

    # Work --------------------------------------------------------------------------------------------------------------------------

    def claim(self, now: datetime, limit: int, lease: timedelta, *, max_bytes: int = BATCH_BYTES) -> list[ClaimedEntry]:
        """Take due rows until `now + lease`, oldest first, and count the attempt. Commit at once: attempts count before work begins.

        A row that was tried before comes alone, so that a mail that kills its worker never counts against its neighbours. Fresh rows come
        up to `limit` and up to `max_bytes` of raw bytes together (at least one). [] when nothing is due.
        """
        return self._claim(now, 1, lease, max_bytes, tried=True) or self._claim(now, limit, lease, max_bytes, tried=False)

    def _claim(self, now: datetime, limit: int, lease: timedelta, max_bytes: int, *, tried: bool) -> list[ClaimedEntry]:
        which = _CLAIM_TRIED if tried else _CLAIM_FRESH
        rows = which.rows(self._connection, now=now, limit=limit, max_bytes=max_bytes, until=now + lease)
        found = _CONTENTS.rows(self._connection, hashes={row.raw_sha256 for row in rows}) if rows else ()
        contents = {sha256: bytes(content) for sha256, content in found}
        return sorted((_claimed(row, contents[row.raw_sha256]) for row in rows), key=lambda entry: entry.id)

    def shunt_exhausted(self, now: datetime, max_attempts: int) -> int:
        """Set aside the due rows that were tried `max_attempts` times without an outcome. Returns how many."""
        error = f"tried {max_attempts} times without an outcome"
        return _SHUNT_EXHAUSTED.run(self._connection, now=now, max_attempts=max_attempts, why=error)

    def hold_ground(self, claims: Iterable[ClaimedEntry]) -> set[str]:
        """Lock the rows of the claims; the ids of those that are still ours. First call of the transaction that writes effects."""
        tokens = {claim.id: claim.lease_token for claim in claims}
        if not tokens:
            return set()
        return {id_ for id_, token in _HOLD.rows(self._connection, ids=tokens) if tokens[id_] == token}

    def finish(self, outcomes: Sequence[Outcome]) -> None:
        """Write the outcomes of rows whose ground is held. Each row is final after it."""
        now = self._clock()
        _FINISH.run(self._connection, [{"of_id": outcome.journal_id, "to": outcome.state} for outcome in outcomes])
        self._decide(outcomes, now, _DECIDED)
        tagged = [{"journal_id": outcome.journal_id, "tag": tag} for outcome in outcomes for tag in outcome.tags]
        insert_all(self._connection, entry_tags, tagged, key=("journal_id", "tag"))

    def release(self, claims: Iterable[ClaimedEntry]) -> None:
        """Give leases back unused (a graceful stop): due at once, and the attempt is not counted."""
        statement = self._ours().values(due_at=self._clock(), attempts=journal.c.attempts - 1, lease_token=journal.c.lease_token + 1)
        execute_all(self._connection, statement, [{"of_id": c.id, "token": c.lease_token} for c in claims])

    def defer(self, claims: Iterable[ClaimedEntry], error: str, next_attempt_at: datetime) -> None:
        """The attempt failed for now: due again at `next_attempt_at`, with the reason shown meanwhile."""
        statement = self._ours().values(due_at=next_attempt_at, error=error, lease_token=journal.c.lease_token + 1)
        execute_all(self._connection, statement, [{"of_id": c.id, "token": c.lease_token} for c in claims])

    def _ours(self) -> Any:
        return update(journal).where(
            journal.c.id == bindparam("of_id"), journal.c.lease_token == bindparam("token"), journal.c.state == literal("pending")
        )

    # People ------------------------------------------------------------------------------------------------------------------------

    def lock(self, ids: Collection[str]) -> dict[str, JournalEntry]:
        """The entries, locked until the transaction ends, in the order of their ids. First call of what a person does to them."""
        found = self._entries(_shown().where(journal.c.id.in_(ids)).order_by(journal.c.id).with_for_update(of=journal)) if ids else ()
        return {entry.id: entry for entry in found}

    def reopen(self, ids: Collection[str], now: datetime, *, from_states: Collection[str] = REOPENABLE, release: str = "") -> set[str]:
        """Make rows pending again, with all their attempts; the ids of those that were in one of `from_states`.

        `release` is what a person orders, as JSON (`rules.release`); "" lets the policy decide again. The bytes must be there: they count
        as kept until the row is settled.
        """
        statement = (
            update(journal)
            .where(journal.c.id.in_(ids), journal.c.state.in_(from_states))
            .values(
                state="pending", due_at=now, attempts=0, lease_token=journal.c.lease_token + 1, error="", release=release, raw_expired=False
            )
            .returning(journal.c.id)
        )
        return set(self._connection.execute(statement).scalars())

    def discard(self, ids: Collection[str], reason: str, now: datetime) -> set[str]:
        """A person decides that held or shunted rows need no work; the ids of those that were held or shunted."""
        where = (journal.c.id.in_(ids), journal.c.state.in_(REOPENABLE))
        statement = update(journal).where(*where).values(state="discarded", due_at=None).returning(journal.c.id)
        done = set(self._connection.execute(statement).scalars())
        outcomes = [Outcome(journal_id=id_, state="discarded", rule="operator", reason=reason) for id_ in sorted(done)]
        self._decide(outcomes, now, ("decided_at", "rule", "reason"))
        return done

    def _decide(self, outcomes: Sequence[Outcome], now: datetime, renew: tuple[str, ...]) -> None:
        """Write decisions; of an entry that was decided before, the `renew` columns are replaced."""
        insert_all(self._connection, decisions, [_decision(outcome, now) for outcome in outcomes], key=("journal_id",), renew=renew)

    def get(self, id_: str) -> JournalEntry:
        """One row. Raises UsageError when there is none."""
        found = self._entries(_shown().where(journal.c.id == id_))
        if not found:
            raise UsageError(f"there is no journal entry {id_}")
        return found[0]

    def raw(self, id_: str) -> bytes:
        """The accepted bytes (CRLF line ends). Raises UsageError when there is no such entry or its bytes were purged."""
        found = select(blobs.c.content).join(journal, journal.c.raw_sha256 == blobs.c.sha256).where(journal.c.id == id_)
        content = self._connection.execute(found).scalar_one_or_none()
        if content is None:
            self.get(id_)
            raise UsageError(f"the bytes of journal entry {id_} have been purged")
        return bytes(content)

    def list(
        self, state: JournalState | None = None, limit: int | None = 50, *, before: str | None = None, where: EntryFilter | None = None
    ) -> Sequence[JournalEntry]:
        """Newest first, of one state and of those that the filter means when given; `before` an id goes on from there."""
        statement = _shown().order_by(journal.c.id.desc())
        if state is not None:
            statement = statement.where(journal.c.state == state)
        if before is not None:
            statement = statement.where(journal.c.id < before)
        if where is not None:
            statement = statement.where(*_conditions(where))
        return self._entries(limited(statement, limit))

    def _entries(self, statement: Select[Any]) -> Sequence[JournalEntry]:
        rows = self._connection.execute(statement).all()
        tags: dict[str, tuple[str, ...]] = {}
        if rows:
            found = select(entry_tags).where(entry_tags.c.journal_id.in_([row.id for row in rows])).order_by(entry_tags.c.tag)
            for row in self._connection.execute(found):
                tags[row.journal_id] = (*tags.get(row.journal_id, ()), row.tag)
        return [_entry(row, tags.get(row.id, ())) for row in rows]

    def find(self, prefix: str) -> str:
        """The whole id of which `prefix` is the beginning. Raises UsageError when there is none or more than one."""
        low, high = id_range(prefix)
        ids = self._connection.execute(select(journal.c.id).where(journal.c.id.between(low, high)).limit(2)).scalars().all()
        if len(ids) != 1:
            raise UsageError(f"there is {'no' if not ids else 'more than one'} journal entry that begins with {prefix}")
        return str(ids[0])

    def message_ids_known(self, message_ids: Collection[str]) -> set[str]:
        """Which of these Message-IDs decided entries carry already: the same id on other content is a new mail that deserves a flag."""
        found = select(decisions.c.message_id).where(decisions.c.message_id.in_(message_ids))
        return set(self._connection.execute(found).scalars()) if message_ids else set()

    def queue(self) -> Queue:
        """How many wait, the oldest due time, and the counts per state that people must look at."""
        waiting, oldest = self._connection.execute(
            select(func.count(), func.min(journal.c.due_at)).where(journal.c.state == literal("pending"))
        ).one()
        watched = select(journal.c.state, func.count()).where(journal.c.state.in_(REOPENABLE)).group_by(journal.c.state)
        return Queue(waiting, oldest, dict(self._connection.execute(watched).all()))

    def ledger(self) -> dict[str, int | bool]:
        """The figures of guarantee 9; see `LedgerRepository`."""
        return LedgerRepository(self._connection).figures()


def _claimed(row: Any, raw: bytes) -> ClaimedEntry:
    return ClaimedEntry(
        id=row.id,
        envelope=Envelope(row.reverse_path, words(row.recipients)),
        raw=raw,
        raw_sha256=row.raw_sha256,
        accepted_at=row.accepted_at,
        attempts=row.attempts,
        lease_token=row.lease_token,
        client_address=row.client_address,
        helo=row.helo,
        protocol=row.protocol,
        tls=row.tls,
        smtp_utf8=row.smtp_utf8,
        notes=words(row.notes),
        release=row.release,
    )


def _decision(outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {
        "journal_id": outcome.journal_id,
        "decided_at": now,
        "rule": outcome.rule,
        "reason": outcome.reason,
        "kind": outcome.kind,
        "trust": outcome.trust,
        "case_id": outcome.case_id,
        "policy_version": outcome.policy_version,
        "trail": outcome.trail,
        "message_id": outcome.message_id,
        "author": outcome.author,
        "subject": outcome.subject,
        "defects": array(outcome.defects),
    }


def _conditions(where: EntryFilter) -> Iterator[ColumnElement[bool]]:
    if where.states is not None:
        yield journal.c.state.in_(sorted(where.states))
    if where.rule is not None:
        yield decisions.c.rule == where.rule
    if where.author is not None:
        author, wanted = func.lower(decisions.c.author), where.author.lower().removeprefix("@")
        yield author == wanted if "@" in wanted else author.endswith(f"@{wanted}", autoescape=True)
    if where.tag is not None:
        yield journal.c.id.in_(select(entry_tags.c.journal_id).where(entry_tags.c.tag == where.tag))
    if where.since is not None:
        yield journal.c.accepted_at >= where.since
    if where.until is not None:
        yield journal.c.accepted_at < where.until


def _shown() -> Select[Any]:
    kept = select(literal(1)).where(blobs.c.sha256 == journal.c.raw_sha256).correlate(journal).exists()
    of_decision = [column.label(f"d_{column.name}") for column in decisions.columns]
    return select(journal, kept.label("raw_kept"), *of_decision).outerjoin(decisions, decisions.c.journal_id == journal.c.id)


def _entry(row: Any, tags: tuple[str, ...]) -> JournalEntry:
    return JournalEntry(
        id=row.id,
        accepted_at=row.accepted_at,
        envelope=Envelope(row.reverse_path, words(row.recipients)),
        raw_sha256=row.raw_sha256,
        size_bytes=row.size_bytes,
        client_address=row.client_address,
        helo=row.helo,
        protocol=row.protocol,
        tls=row.tls,
        smtp_utf8=row.smtp_utf8,
        notes=words(row.notes),
        state=row.state,
        attempts=row.attempts,
        due_at=row.due_at,
        error=row.error,
        raw_kept=bool(row.raw_kept),
        decision=_outcome(row, tags) if row.d_journal_id else None,
        decided_at=row.d_decided_at,
    )


def _outcome(row: Any, tags: tuple[str, ...]) -> Outcome:
    return Outcome(
        journal_id=row.id,
        state=row.state,
        rule=row.d_rule,
        reason=row.d_reason,
        kind=row.d_kind,
        trust=row.d_trust,
        case_id=row.d_case_id,
        policy_version=row.d_policy_version,
        trail=row.d_trail,
        message_id=row.d_message_id,
        author=row.d_author,
        subject=row.d_subject,
        defects=words(row.d_defects),
        tags=tags,
    )
