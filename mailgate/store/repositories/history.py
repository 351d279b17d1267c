"""What a backtest reads: decided mail, and the stored state at that time. In: a span. Out: rows. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from mailgate.cases.history import CaseRecord, MailComment
from mailgate.cases.model import Case, Contact
from mailgate.mail.model import Envelope
from mailgate.rules.operator_decision import from_json
from mailgate.rules.reachability import Suppression
from mailgate.store.history_rows import GivenAnswer, HistoryEntry
from mailgate.store.repositories.blobs import matches
from mailgate.store.repositories.cases import CaseRepository, event_of
from mailgate.store.repositories.contacts import ContactRepository
from mailgate.store.repositories.journal.rows import trail_of
from mailgate.store.repositories.statements import id_floor, limited, literal, words
from mailgate.store.rows import RelayId
from mailgate.store.schema import blobs, comments, decisions, events, journal, notices, relay_ids, seen_content, soft_bounces, suppressions

ANSWERS = ("redirect", "accepted", "case_closed", "choice")


class HistoryRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def entries(self, since: datetime | None, until: datetime, limit: int | None) -> Sequence[HistoryEntry]:
        """Entries accepted from `since` until `until`, the newest `limit`, in the order in which they were accepted."""
        kept = select(literal(1)).where(blobs.c.sha256 == journal.c.raw_sha256).correlate(journal).exists()
        columns = (
            journal.c.id, journal.c.accepted_at, journal.c.reverse_path, journal.c.recipients, journal.c.raw_sha256, journal.c.size_bytes,
            journal.c.state, journal.c.operator_decision, kept.label("kept"), decisions.c.decided_at, decisions.c.rule,
            decisions.c.policy_version,
        )  # fmt: skip
        statement = select(*columns).outerjoin(decisions, decisions.c.journal_id == journal.c.id).where(journal.c.id < id_floor(until))
        if since is not None:
            statement = statement.where(journal.c.id >= id_floor(since))
        rows = self._connection.execute(limited(statement.order_by(journal.c.id.desc()), limit)).all()
        return [_entry(row) for row in reversed(rows)]

    def count(self, since: datetime | None, until: datetime) -> int:
        """How many entries were accepted in that time."""
        statement = select(func.count()).select_from(journal).where(journal.c.id < id_floor(until))
        return self._connection.execute(statement if since is None else statement.where(journal.c.id >= id_floor(since))).scalar_one()

    def contents(self, hashes: Collection[str]) -> dict[str, bytes]:
        """SHA-256 -> raw bytes, for those that are stored and have not changed since."""
        found = select(blobs.c.sha256, blobs.c.content).where(blobs.c.sha256.in_(hashes))
        rows = self._connection.execute(found) if hashes else ()
        return {row.sha256: bytes(row.content) for row in rows if matches(row.sha256, row.content)}

    def trails(self, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        """Journal id -> the stored trail."""
        found = select(decisions.c.journal_id, decisions.c.trail).where(decisions.c.journal_id.in_(ids))
        return {row.journal_id: trail_of(row.trail) for row in self._connection.execute(found)} if ids else {}

    def cases(self, numbers: Collection[int], ids: Collection[str]) -> Sequence[CaseRecord]:
        """What is kept of these cases, each once."""
        repository = CaseRepository(self._connection)
        found = {case.id: case for case in (*repository.by_numbers(numbers).values(), *repository.by_ids(ids).values())}
        return self._records(found) if found else []

    def _records(self, cases: Mapping[str, Case]) -> Sequence[CaseRecord]:
        happened: dict[str, list[Any]] = {id_: [] for id_ in cases}
        for row in self._connection.execute(select(events).where(events.c.case_id.in_(cases)).order_by(events.c.id)):
            happened[row.case_id].append(event_of(row))
        by_mail: dict[str, list[MailComment]] = {id_: [] for id_ in cases}
        columns = (comments.c.id, comments.c.case_id, comments.c.journal_id, comments.c.kind, comments.c.created_at)
        mailed = select(*columns).where(comments.c.case_id.in_(cases), comments.c.journal_id.is_not(None)).order_by(comments.c.id)
        for row in self._connection.execute(mailed):
            by_mail[row.case_id].append(MailComment(row.id, row.journal_id, row.kind, row.created_at))
        people = self._people([event for listed in happened.values() for event in listed])
        return [CaseRecord(case, happened[id_], by_mail[id_], people) for id_, case in cases.items()]

    def _people(self, listed: Sequence[Any]) -> dict[str, Contact]:
        named = {event.facts.get("address", "").lower() for event in listed if event.kind in ("participant_added", "participant_removed")}
        return ContactRepository(self._connection).by_addresses(named)

    def answers(self, since: datetime, until: datetime) -> Sequence[GivenAnswer]:
        """Automatic answers that were given, in order."""
        found = (
            select(notices.c.journal_id, notices.c.kind, notices.c.address, notices.c.created_at)
            .where(notices.c.id >= id_floor(since), notices.c.id < id_floor(until), notices.c.kind.in_(ANSWERS))
            .order_by(notices.c.id)
        )
        return [GivenAnswer(row.journal_id or "", row.kind, row.address, row.created_at) for row in self._connection.execute(found)]

    def contents_seen(self, since: datetime, until: datetime) -> Sequence[tuple[str, datetime]]:
        """(fingerprint, when) of what asked for an answer, in order."""
        where = (seen_content.c.seen_at >= since, seen_content.c.seen_at < until)
        found = select(seen_content.c.fingerprint, seen_content.c.seen_at).where(*where).order_by(seen_content.c.seen_at)
        return [(row.fingerprint, row.seen_at) for row in self._connection.execute(found)]

    def suppressions(self) -> Sequence[Suppression]:
        """All that are kept, those whose time is over, too, in the order in which they were made."""
        found = select(suppressions).order_by(suppressions.c.created_at, suppressions.c.address)
        return [Suppression(row.address, row.reason, row.created_at, row.cause, row.until) for row in self._connection.execute(found)]

    def soft_bounces(self, since: datetime, until: datetime) -> Sequence[tuple[str, str, datetime]]:
        """(address, outbox id, when) of mail that came back softly."""
        where = (soft_bounces.c.bounced_at >= since, soft_bounces.c.bounced_at < until)
        return [(row.address, row.outbox_id, row.bounced_at) for row in self._connection.execute(select(soft_bounces).where(*where))]

    def relay_ids(self, hashes: Collection[str]) -> Sequence[RelayId]:
        """What is known of these ids (SHA-256)."""
        found = select(relay_ids).where(relay_ids.c.sha256.in_(hashes))
        rows = self._connection.execute(found) if hashes else ()
        return [RelayId(row.sha256, row.contact_id, row.case_id, row.journal_id, row.learned_at, row.valid_until) for row in rows]


def _entry(row: Any) -> HistoryEntry:
    return HistoryEntry(
        id=row.id,
        accepted_at=row.accepted_at,
        envelope=Envelope(row.reverse_path, words(row.recipients)),
        raw_sha256=row.raw_sha256,
        size_bytes=row.size_bytes,
        state=row.state,
        operator_decision=from_json(row.operator_decision),
        raw_kept=bool(row.kept),
        decided_at=row.decided_at,
        rule=row.rule or "",
        policy_version=row.policy_version or "",
    )
