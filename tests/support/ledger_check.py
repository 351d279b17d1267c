"""What must hold of the database and the smarthost after any run. Reads the tables, not through mailgate's own queries.

I1  every mail that the client saw 250 for is there exactly once, byte for byte
I2  every accepted mail is final or has a time for its next step
I3  the smarthost has no mail twice
I4  nothing hangs in the air: blobs, comments, decisions, notices
I5  the log tells no secrets and no bodies
I6  no fault of ours was answered with 5yz
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, and_, create_engine, func, select, update

from mailgate.store import schema as s
from tests.support.processes.sink import Taken
from tests.support.processes.smtp_client import ID, Delivery

FINAL = ("commented", "redirected", "noted", "created", "forwarded", "held", "discarded", "shunted")
COMMENTING = ("commented", "noted", "created")
POLICY = ("550 5.1.1", "552 5.3.4")
TO_TELL = ("pending", "rendering")
TO_SEND = ("pending", "sending", "deferred")


@dataclass(slots=True)
class Tables:
    """All rows of the tables that matter, read in one transaction."""

    url: str
    rows: dict[str, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted: tuple[Table, ...] = (
            s.journal, s.submissions, s.tallies, s.decisions, s.cases, s.comments, s.comment_files, s.events, s.notices, s.outbox,
            s.attempts, s.contacts, s.participants, s.suppressions,
        )  # fmt: skip
        engine = create_engine(self.url)
        with closing(engine.connect()) as connection:
            for table in wanted:
                self.rows[table.name] = list(connection.execute(select(table)))
            self.rows["blobs"] = [(sha, content) for sha, content in connection.execute(select(s.blobs.c.sha256, s.blobs.c.content))]
            self.rows["outbox_mails"] = list(connection.execute(select(s.outbox_mails.c.outbox_id, s.outbox_mails.c.raw)))
        engine.dispose()

    def __getattr__(self, name: str) -> list[Any]:
        try:
            return self.rows[name]
        except KeyError:
            raise AttributeError(name) from None

    def states(self, table: str = "journal") -> Counter[str]:
        """How many rows of the table are in each state."""
        return Counter(row.state for row in self.rows[table])


@contextmanager
def asked_again(url: str) -> Iterator[Engine]:
    """For who asks until something is so: one connection for all questions. One for each takes PostgreSQL ten times the question."""
    engine = create_engine(url, pool_pre_ping=True)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _connection(database: str | Engine) -> Iterator[Connection]:
    engine = create_engine(database) if isinstance(database, str) else database
    with closing(engine.connect()) as connection:
        yield connection
    if engine is not database:
        engine.dispose()


def unfinished(database: str | Engine) -> int:
    """Rows of all stages that a worker has yet to take: 0 means that everything is final."""
    waiting = [select(func.count()).where(table.c.due_at.is_not(None)).scalar_subquery() for table in (s.journal, s.notices, s.outbox)]
    with _connection(database) as connection:
        return sum(connection.execute(select(*waiting)).one())


def expire_leases(url: str) -> None:
    """Let every lease and every pause end now."""
    engine, now = create_engine(url), datetime.now(UTC)
    with engine.begin() as connection:
        for table in (s.journal, s.notices, s.outbox):
            connection.execute(update(table).where(table.c.due_at > now).values(due_at=now))
    engine.dispose()


def forget_submissions(url: str, age: timedelta) -> None:
    """Make everything accepted so far that much older, for those who ask whether they saw it before."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for row in connection.execute(select(s.submissions)).all():
            same = s.submissions.c.submission_key == row.submission_key
            connection.execute(update(s.submissions).where(same).values(accepted_at=row.accepted_at - age))
        for row in connection.execute(select(s.journal.c.id, s.journal.c.accepted_at)).all():
            connection.execute(update(s.journal).where(s.journal.c.id == row.id).values(accepted_at=row.accepted_at - age))
    engine.dispose()


def journal_count(database: str | Engine, *states: str) -> int:
    """Journal rows, of these states or of all."""
    condition = and_(True, s.journal.c.state.in_(states)) if states else and_(True)
    with _connection(database) as connection:
        count: int = connection.execute(select(func.count()).select_from(s.journal).where(condition)).scalar_one()
    return count


def broken(
    tables: Tables, deliveries: Sequence[Delivery] = (), taken: Sequence[Taken] = (), *, copies: int = 1, others: int = 0
) -> list[str]:
    """Every invariant that does not hold, in words. `others`: accepted mails that came from elsewhere than `deliveries`.

    `copies` is how often the smarthost may have one mail: 2 where a notice's answer was lost. An automatic answer never comes twice.
    """
    return [
        *_promised(tables, deliveries),
        *_counted(tables, deliveries, others),
        *_final(tables),
        *_sent(tables, taken, copies),
        *_whole(tables),
        *_connected(tables),
        *_refused(deliveries),
    ]


def _refused(deliveries: Sequence[Delivery]) -> Iterable[str]:
    """I6: only policy may refuse for good."""
    answers = (text for delivery in deliveries for text in delivery.refused)
    return (f"I6: refused for good: {text}" for text in answers if not text.startswith(POLICY))


def _promised(tables: Tables, deliveries: Sequence[Delivery]) -> Iterable[str]:
    """I1."""
    rows = {row.id: row for row in tables.journal}
    stored = dict(tables.blobs)
    for delivery in deliveries:
        named = {found.group(0) for text in delivery.accepted if (found := ID.search(text))}
        if delivery.accepted and len(named) != 1:
            yield f"I1: one mail was promised under {len(named)} ids: {delivery.accepted}"
        for journal_id in named:
            row = rows.get(journal_id)
            if row is None:
                yield f"I1: {journal_id} was promised and is not there"
            elif row.raw_sha256 != delivery.mail.sha256 or stored.get(row.raw_sha256) != delivery.mail.raw:
                yield f"I1: {journal_id} holds other bytes than were sent"


def _counted(tables: Tables, deliveries: Sequence[Delivery], others: int) -> Iterable[str]:
    """I1: nothing twice, and nothing that nobody sent."""
    mails = {delivery.mail for delivery in deliveries if delivery.accepted}
    begun = {delivery.mail for delivery in deliveries if not delivery.refused}
    if deliveries and not len(mails) + others <= len(tables.journal) <= len(begun) + others:
        yield f"I1: {len(mails)} mails were promised, the journal has {len(tables.journal)} (and {others} others were expected)"
    tallied = sum(row.accepted for row in tables.tallies)
    if tallied != len(tables.journal):
        yield f"I1: {tallied} were tallied as accepted, the journal has {len(tables.journal)}"


def _final(tables: Tables) -> Iterable[str]:
    """I2."""
    for row in tables.journal:
        if row.state not in FINAL and row.due_at is None:
            yield f"I2: journal {row.id} is {row.state} and nobody will take it"
    for name, waiting in (("notices", TO_TELL), ("outbox", TO_SEND)):
        stuck = (row for row in tables.rows[name] if row.state in waiting and row.due_at is None)
        yield from (f"I2: {name} {row.id} is {row.state} and nobody will take it" for row in stuck)


def _sent(tables: Tables, taken: Sequence[Taken], copies: int) -> Iterable[str]:
    """I3."""
    once = {row.message_id for row in tables.outbox if row.at_most_once}
    known = {row.message_id: row for row in tables.outbox}
    for message_id, count in Counter(message_id_of(mail.raw) for mail in taken).items():
        if message_id not in known:
            yield f"I3: the smarthost has {message_id}, the outbox does not"
        elif count > (1 if message_id in once else copies):
            yield f"I3: the smarthost has {message_id} ({known[message_id].template}) {count} times"
    answered = Counter((row.address.lower(), row.template) for row in tables.outbox if row.at_most_once)
    yield from (f"I3: {count} automatic answers {template} to {address}" for (address, template), count in answered.items() if count > 1)


def _whole(tables: Tables) -> Iterable[str]:
    """I4: what hangs together is there together; effects of a mail exactly once."""
    decided = {row.journal_id for row in tables.decisions}
    by_mail = Counter(row.journal_id for row in tables.comments if row.journal_id)
    for row in tables.journal:
        if (row.state in FINAL and row.state != "shunted") != (row.id in decided):
            yield f"I4: journal {row.id} is {row.state}, {'with' if row.id in decided else 'without'} a decision"
        if row.state == "commented" and by_mail[row.id] != 1:
            yield f"I4: journal {row.id} is commented and has {by_mail[row.id]} comments"
        if row.state not in COMMENTING and by_mail[row.id]:
            yield f"I4: journal {row.id} is {row.state} and has {by_mail[row.id]} comments"
    notified = Counter((row.event_id, row.address.lower()) for row in tables.notices if row.event_id)
    yield from (f"I4: {address} is notified {count} times of event {event}" for (event, address), count in notified.items() if count > 1)
    answers = Counter(row.journal_id for row in tables.notices if row.kind == "redirect")
    yield from (f"I4: {count} redirects for journal {journal_id}" for journal_id, count in answers.items() if count > 1)
    dispatched = Counter((row.outbox_id) for row in tables.notices if row.state == "rendered")
    yield from (f"I4: outbox {row.id} was made of no notice" for row in tables.outbox if row.id not in dispatched)


def _connected(tables: Tables) -> Iterable[str]:
    """I4: no orphans, and bytes that are what their hash says."""
    blobs = dict(tables.blobs)
    used = {row.raw_sha256 for row in tables.journal} | {row.sha256 for row in tables.comment_files}
    yield from (f"I4: blob {sha} belongs to nothing" for sha in blobs.keys() - used)
    yield from (f"I4: blob {sha} is missing" for sha in used - blobs.keys())
    yield from (f"I4: blob {sha} is damaged" for sha, content in blobs.items() if hashlib.sha256(content).hexdigest() != sha)
    outbox, journal = {row.id for row in tables.outbox}, {row.id for row in tables.journal}
    yield from (f"I4: frozen mail {row.outbox_id} without a row" for row in tables.outbox_mails if row.outbox_id not in outbox)
    yield from (f"I4: outbox {missing} has no frozen mail" for missing in outbox - {row.outbox_id for row in tables.outbox_mails})
    lost = (row.id for row in tables.notices if row.state == "rendered" and row.outbox_id not in outbox)
    yield from (f"I4: notice {notice_id} rendered into nothing" for notice_id in lost)
    yield from (f"I4: comment {row.id} of no mail" for row in tables.comments if row.journal_id and row.journal_id not in journal)


def leaks(log: str, secrets: Iterable[str]) -> list[str]:
    """I5: which of these the log tells."""
    return [f"I5: the log tells {secret!r}" for secret in secrets if secret and secret in log]


def message_id_of(raw: bytes) -> str:
    """The Message-ID of one of our own mails, without brackets."""
    head = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").lower()
    line = next(line for line in head.split(b"\r\n") if line.startswith(b"message-id:"))
    start = head.index(line)
    original = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")[start : start + len(line)]
    return original.partition(b"<")[2].partition(b">")[0].decode("ascii")
