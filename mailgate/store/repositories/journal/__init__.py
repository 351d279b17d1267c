"""The journal: accepted mail, who works on it, and what was decided.

In: entries from the accept stage; claims and outcomes from intake. Out: rows under lease. A row is pending until exactly one outcome is
written under its lease; work that lost its lease finds out in `lock_leased` before it has any effect. Rows are never deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, update

from mailgate.clock import Clock
from mailgate.errors import NotFound
from mailgate.mail.submission_key import content_key
from mailgate.rules.operator_decision import OperatorDecision, to_json
from mailgate.store.history_rows import EarlierDelivery
from mailgate.store.large_values import carried
from mailgate.store.queue_rows import DueKinds, WaitingEntry
from mailgate.store.repositories import accept, id_beginnings
from mailgate.store.repositories.blobs import CONTENTS, matches, verified
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.journal import claiming, following
from mailgate.store.repositories.journal.rows import claimed_entry, conditions, decision_values, journal_entry, shown_entries
from mailgate.store.repositories.ledger import LedgerRepository
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import execute_all, limited, literal
from mailgate.store.rows import Appended, ClaimedEntry, EntryFilter, JournalEntry, JournalState, NewEntry, Outcome, Queue
from mailgate.store.schema import blobs, decisions, entry_tags, journal

BATCH_BYTES = 16 * 1024 * 1024
EARLIER_MAX = 200
REOPENABLE: frozenset[str] = frozenset({"held", "shunted"})

_DECIDED = tuple(column.name for column in decisions.columns if column.name != "journal_id")
_FINISH = Prepared(update(journal).where(journal.c.id.in_(listed("ids"))).values(state=bindparam("to"), due_at=None, error=""))
_NAMED = Prepared(
    select(decisions.c.journal_id, decisions.c.message_id, decisions.c.case_id)
    .where(decisions.c.message_id.in_(listed("message_ids")), decisions.c.case_id.is_not(None))
    .limit(literal(EARLIER_MAX))
)

CORRUPT = "corrupt: the stored bytes are missing or do not match their SHA-256"
"""The error of entries that were set aside for it. Operators see it; `mailgate ledger --deep` finds all of them."""


class JournalRepository:
    """See the module."""

    def __init__(self, connection: Connection, writer: str, clock: Clock) -> None:
        self._connection, self._writer, self._clock = connection, writer, clock

    def append(self, entries: Sequence[NewEntry]) -> list[Appended]:
        """Write one group of entries; for each, in order, its id or the id of the same submission of the last 7 days."""
        return accept.append(self._connection, self._writer, entries) if entries else []

    # Work --------------------------------------------------------------------------------------------------------------------------

    def newest_due(self, now: datetime, most: int, *, easy: bool = False) -> list[WaitingEntry]:
        """The due rows that came last and were not tried, newest first; `easy`: of those that `claim_easy` takes."""
        rows = (claiming.LOOK_EASY if easy else claiming.LOOK_FRESH).rows(self._connection, now=now, most=most)
        return list(map(WaitingEntry._make, rows))

    def due(self, now: datetime) -> DueKinds:
        """What is due at all. One cheap statement, which spares those that would find nothing; others may take the rows meanwhile."""
        return DueKinds._make(map(bool, claiming.DUE.rows(self._connection, now=now)[0]))

    def claim(
        self,
        now: datetime,
        limit: int,
        lease: timedelta,
        *,
        max_bytes: int = BATCH_BYTES,
        chosen: Collection[str] = (),
        tried: bool = True,
    ) -> list[ClaimedEntry]:
        """Take due rows until `now + lease`, oldest first, and count the attempt. Commit at once: attempts count before work begins.

        A row that was tried before comes alone, so that a mail that kills its worker never counts against its neighbours. Fresh rows come
        up to `limit` and up to `max_bytes` of raw bytes together (at least one); `chosen` of them by their ids, as far as they are due and
        were not tried, and none beside a chosen one that is so large itself. [] when nothing is due. Without `tried`, fresh rows alone.
        """
        if tried and (one := self._claim(claiming.CLAIM_TRIED, now, 1, lease, max_bytes)):
            return one
        return self._with_chosen(claiming.CLAIM_FRESH, now, limit, lease, max_bytes, chosen)

    def claim_easy(self, now: datetime, limit: int, lease: timedelta, *, chosen: Collection[str] = ()) -> list[ClaimedEntry]:
        """The same of rows that nobody has claimed before and that are at most SMALL_BYTES large.

        A queue of large mail, or of mail that was put back, must not hold up what people write.
        """
        return self._with_chosen(claiming.CLAIM_EASY, now, limit, lease, BATCH_BYTES, chosen)

    def _with_chosen(
        self, which: Prepared, now: datetime, limit: int, lease: timedelta, max_bytes: int, chosen: Collection[str]
    ) -> list[ClaimedEntry]:
        if not chosen:
            return self._claim(which, now, limit, lease, max_bytes)
        by_id = self._claim(claiming.CLAIM_CHOSEN, now, len(chosen), lease, max_bytes // 2, ids=sorted(chosen))
        if sum(len(entry.raw) for entry in by_id) >= max_bytes:
            return by_id
        return sorted(by_id + self._claim(which, now, limit - len(by_id), lease, max_bytes // 2), key=lambda entry: entry.id)

    def _claim(self, which: Prepared, now: datetime, limit: int, lease: timedelta, max_bytes: int, **more: Any) -> list[ClaimedEntry]:
        rows = which.rows(self._connection, now=now, limit=limit, max_bytes=max_bytes, until=now + lease, **more)
        found = CONTENTS.rows(self._connection, hashes={row.raw_sha256 for row in rows}) if rows else ()
        contents = {sha256: bytes(content) for sha256, content in found}
        carried(self._connection, max(map(len, contents.values()), default=0))
        return sorted((claimed_entry(row, contents.get(row.raw_sha256, b"")) for row in rows), key=lambda entry: entry.id)

    def shunt_exhausted(self, now: datetime, max_attempts: int) -> int:
        """Set aside the due rows that were tried `max_attempts` times without an outcome. Returns how many."""
        error = f"tried {max_attempts} times without an outcome"
        return claiming.SHUNT_EXHAUSTED.run(self._connection, now=now, max_attempts=max_attempts, why=error)

    def shunt_corrupt(self, claims: Iterable[ClaimedEntry]) -> set[str]:
        """Set aside the claimed rows whose bytes are missing or do not match their SHA-256; the ids of these rows."""
        corrupt = [claim for claim in claims if not matches(claim.raw_sha256, claim.raw)]
        if corrupt:
            statement = self._ours().values(state="shunted", due_at=None, error=CORRUPT, lease_token=journal.c.lease_token + 1)
            execute_all(self._connection, statement, [{"of_id": claim.id, "token": claim.lease_token} for claim in corrupt])
        return {claim.id for claim in corrupt}

    def lock_leased(self, claims: Iterable[ClaimedEntry]) -> set[str]:
        """Lock the rows of the claims; the ids of those that are still ours. First call of the transaction that writes effects."""
        tokens = {claim.id: claim.lease_token for claim in claims}
        if not tokens:
            return set()
        return {id_ for id_, token in claiming.LOCK_LEASED.rows(self._connection, ids=tokens) if tokens[id_] == token}

    def finish(self, outcomes: Sequence[Outcome]) -> None:
        """Write the outcomes of rows that `lock_leased` returned. Each row is final after it."""
        now = self._clock()
        for state in sorted({outcome.state for outcome in outcomes}):
            _FINISH.run(self._connection, ids=[outcome.journal_id for outcome in outcomes if outcome.state == state], to=state)
        self._decide(outcomes, now, _DECIDED)
        tagged = [{"journal_id": outcome.journal_id, "tag": tag} for outcome in outcomes for tag in outcome.tags]
        insert_all(self._connection, entry_tags, tagged, key=("journal_id", "tag"))

    def release(self, claims: Iterable[ClaimedEntry], due_at: datetime | None = None) -> None:
        """Give leases back unused: due at once, or at `due_at`, and the attempt is not counted."""
        statement = self._ours().values(
            due_at=due_at or self._clock(), attempts=journal.c.attempts - 1, lease_token=journal.c.lease_token + 1
        )
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
        statement = shown_entries().where(journal.c.id.in_(ids)).order_by(journal.c.id).with_for_update(of=journal)
        found = self._entries(statement) if ids else ()
        return {entry.id: entry for entry in found}

    def reopen(
        self,
        ids: Collection[str],
        now: datetime,
        *,
        from_states: Collection[str] = REOPENABLE,
        operator_decision: OperatorDecision | None = None,
    ) -> set[str]:
        """Make rows pending again, with all their attempts; the ids of those that were in one of `from_states`.

        Without an `operator_decision` the policy decides again.
        The bytes must be there: they count as kept until the row is settled.
        """
        statement = (
            update(journal)
            .where(journal.c.id.in_(ids), journal.c.state.in_(from_states))
            .values(
                state="pending",
                due_at=now,
                attempts=0,
                lease_token=journal.c.lease_token + 1,
                error="",
                stopped_by="",
                operator_decision=to_json(operator_decision),
                raw_expired=False,
            )
            .returning(journal.c.id)
        )
        return set(self._connection.execute(statement).scalars())

    def take_back(self, ids: Collection[str]) -> set[str]:
        """Released rows are held again, as far as no worker has taken them; the ids of these."""
        unworked = (journal.c.state == "pending", journal.c.attempts == 0, journal.c.operator_decision != "")
        back = update(journal).where(journal.c.id.in_(ids), *unworked).values(state="held", due_at=None, operator_decision="")
        return set(self._connection.execute(back.returning(journal.c.id)).scalars()) if ids else set()

    def discard(self, ids: Collection[str], reason: str, now: datetime) -> set[str]:
        """A person decides that held or shunted rows need no work; the ids of those that were held or shunted."""
        where = (journal.c.id.in_(ids), journal.c.state.in_(REOPENABLE))
        statement = update(journal).where(*where).values(state="discarded", due_at=None, stopped_by="").returning(journal.c.id)
        done = set(self._connection.execute(statement).scalars())
        outcomes = [Outcome(journal_id=id_, state="discarded", rule="operator", reason=reason) for id_ in sorted(done)]
        self._decide(outcomes, now, ("decided_at", "rule", "reason"))
        return done

    def _decide(self, outcomes: Sequence[Outcome], now: datetime, renew: tuple[str, ...]) -> None:
        """Write decisions; of an entry that was decided before, the `renew` columns are replaced."""
        insert_all(self._connection, decisions, [decision_values(outcome, now) for outcome in outcomes], key=("journal_id",), renew=renew)

    def get(self, id_: str) -> JournalEntry:
        """One row. Raises NotFound."""
        found = self._entries(shown_entries().where(journal.c.id == id_))
        if not found:
            raise NotFound("journal entry", id_)
        return found[0]

    def raw(self, id_: str) -> bytes:
        """The accepted bytes (CRLF line ends). Raises NotFound for an unknown entry or purged bytes, CorruptContent for changed ones."""
        found = select(blobs.c.content, blobs.c.sha256).join(journal, journal.c.raw_sha256 == blobs.c.sha256).where(journal.c.id == id_)
        row = self._connection.execute(found).one_or_none()
        if row is None:
            self.get(id_)
            raise NotFound("content", id_, f"the bytes of journal entry {id_} have been purged")
        return verified(row.sha256, row.content)

    def list(
        self, state: JournalState | None = None, limit: int | None = 50, *, before: str | None = None, where: EntryFilter | None = None
    ) -> Sequence[JournalEntry]:
        """Newest first, of one state and of those that the filter means when given; `before` an id goes on from there."""
        statement = shown_entries().order_by(journal.c.id.desc())
        if state is not None:
            statement = statement.where(journal.c.state == state)
        if before is not None:
            statement = statement.where(journal.c.id < before)
        if where is not None:
            statement = statement.where(*conditions(where))
        return self._entries(limited(statement, limit))

    def ids_of_content(self, hashes: Collection[str]) -> Sequence[str]:
        """The ids of the entries with these raw bytes, oldest first."""
        return list(self._connection.execute(select(journal.c.id).where(journal.c.raw_sha256.in_(hashes)).order_by(journal.c.id)).scalars())

    def ids(self, where: EntryFilter, *, limit: int | None = None) -> Sequence[str]:
        """The ids alone of the entries that the filter means, newest first."""
        statement = (
            select(journal.c.id)
            .outerjoin(decisions, decisions.c.journal_id == journal.c.id)
            .where(*conditions(where))
            .order_by(journal.c.id.desc())
        )
        return list(self._connection.execute(limited(statement, limit)).scalars())

    def by_ids(self, ids: Collection[str], *, where: EntryFilter | None = None) -> dict[str, JournalEntry]:
        """Id -> row, for those that exist, and that the filter means when given."""
        wanted = shown_entries().where(journal.c.id.in_(ids), *(conditions(where) if where else ()))
        return {entry.id: entry for entry in self._entries(wanted)} if ids else {}

    def phases(self, since: datetime, seen: Collection[str]) -> dict[str, following.ChangePhase]:
        """How far all entries are that may change; see `following`."""
        return following.phases(self._connection, since, seen)

    def _entries(self, statement: Select[Any]) -> Sequence[JournalEntry]:
        rows = self._connection.execute(statement).all()
        tags: dict[str, tuple[str, ...]] = {}
        if rows:
            found = select(entry_tags).where(entry_tags.c.journal_id.in_([row.id for row in rows])).order_by(entry_tags.c.tag)
            for row in self._connection.execute(found):
                tags[row.journal_id] = (*tags.get(row.journal_id, ()), row.tag)
        return [journal_entry(row, tags.get(row.id, ())) for row in rows]

    def find(self, beginning: str) -> str:
        """The whole id that begins so. Raises NotFound, Invalid, or Ambiguous, which names those that do."""
        return id_beginnings.find(self._connection, journal.c.id, beginning, "journal entry")

    def short_ids(self, ids: Sequence[str]) -> dict[str, str]:
        """Id -> the beginning that a person may type in its place."""
        return id_beginnings.shortest(self._connection, journal.c.id, ids)

    def acted_with(self, message_ids: Collection[str], since: datetime, until: datetime | None = None) -> Sequence[EarlierDelivery]:
        """The entries accepted in that time that have acted on a case and carry one of these Message-IDs, oldest first.

        The ids first, by their index: in one statement SQLite walks the journal, which is slower with every mail.
        """
        decided = {row.journal_id: row for row in _NAMED.rows(self._connection, message_ids=sorted(message_ids))}
        if not decided:
            return []
        found = (
            select(journal.c.id, blobs.c.content)
            .join(blobs, blobs.c.sha256 == journal.c.raw_sha256)
            .where(journal.c.id.in_(sorted(decided)), journal.c.state.in_(("commented", "created")), journal.c.accepted_at >= since)
        )
        rows = self._connection.execute(found if until is None else found.where(journal.c.accepted_at <= until))
        contents = {row.id: content_key(bytes(row.content)) for row in rows}
        return [EarlierDelivery(id_, decided[id_].message_id, decided[id_].case_id, contents[id_]) for id_ in sorted(contents)]

    def queue(self) -> Queue:
        """How many wait, when the oldest was accepted, and the counts per state that people must look at."""
        waiting, oldest = self._connection.execute(
            select(func.count(), func.min(journal.c.accepted_at)).where(journal.c.state == literal("pending"))
        ).one()
        watched = select(journal.c.state, func.count()).where(journal.c.state.in_(REOPENABLE)).group_by(journal.c.state)
        return Queue(waiting, oldest, dict(self._connection.execute(watched).all()))

    def ledger(self) -> dict[str, int | bool]:
        """The figures of guarantee 9; see `LedgerRepository`."""
        return LedgerRepository(self._connection).figures()
