"""Weeks of mail that was decided, in seconds, for backtests: two mails are taken in for real, and their rows are copied for all the others.

In: an installation and how many mails. Out: cases with two people and ten mails each, spread over four weeks; nine of ten mails are replies
of the mix, each with bytes of its own, one of ten is a stranger's question.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from bench.mails import Correspondent, Template, templates
from bench.seed import planted
from mailgate.cases import ids
from mailgate.clock import SteppedClock, utc_now
from mailgate.config import load
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.inbound.smtp.submission import Submission
from mailgate.mail.model import Envelope
from mailgate.runtime import bootstrap
from mailgate.store import schema
from tests.support.processes.gateway import DOMAIN, Gateway

SPAN = timedelta(days=28)
MAILS_PER_CASE = 10
BITE = 500
_Rows = dict[Table, list[dict[str, Any]]]


def write(gateway: Gateway, count: int) -> None:
    """Write it. Mail that is accepted later by the clock of the machine comes after all of it."""
    ids._start_afresh()  # ids of weeks ago, whatever this process has made before
    clock = SteppedClock(utc_now() - SPAN - timedelta(days=1))
    store = bootstrap.open_store(load(gateway.config, gateway.environment), clock)
    try:
        people = planted(gateway, max(2, count // MAILS_PER_CASE), clock)
        clock.step(timedelta(hours=1))
        reply, question = (_taken_in(gateway, store, clock, to) for to in (people[-1], _stranger(0)))
        clock.step(timedelta(hours=1))
        with store.database.writing.connect() as connection:
            for start in range(0, count, BITE):
                with connection.begin():
                    mails = [_mail(n, people) for n in range(start, min(count, start + BITE))]
                    _copy(connection, mails, (reply, question), clock, SPAN / count)
            with connection.begin():
                connection.execute(update(schema.cases).values(status="open"))
    finally:
        store.database.close()
        ids._start_afresh()


def _stranger(number: int) -> Correspondent:
    return Correspondent(f"ny{number % 5000}@ny{number % 300}.example", f"support@{DOMAIN}")


def _mail(number: int, people: Sequence[Correspondent]) -> tuple[int, Correspondent]:
    return (-1, _stranger(number)) if number % 10 == 9 else (number // len(people), people[number % len(people)])


def _taken_in(gateway: Gateway, store: Any, clock: SteppedClock, to: Correspondent) -> _Rows:
    """The rows that one mail makes."""
    mail = Submission(Envelope(to.author, (to.address,)), _MIX[0].content(to, "first"), "192.0.2.1", "mx", "smtp", True, False)
    id_ = GroupCommitJournal(store, clock, lambda: None).append_many([mail])[0].journal_id
    clock.step(timedelta(seconds=1))
    intake = bootstrap.make_intake(load(gateway.config, gateway.environment), store, lambda _: None, reads_aside=False)
    intake.run(lambda: False)
    intake.close()
    decisions, comments_, journal = schema.decisions, schema.comments, schema.journal
    mine = {journal: journal.c.id, decisions: decisions.c.journal_id, comments_: comments_.c.journal_id}
    with store.database.reading.connect() as connection:
        rows: _Rows = {table: _found(connection, table, column == id_) for table, column in mine.items()}
        if comments := rows[schema.comments]:
            made_at, case = comments[0]["created_at"], comments[0]["case_id"]
            rows[schema.events] = _found(connection, schema.events, (schema.events.c.case_id == case) & (schema.events.c.at == made_at))
    assert rows[schema.journal][0]["state"] in ("commented", "redirected"), rows[schema.journal]
    return rows


def _found(connection: Connection, table: Table, where: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(select(table).where(where).order_by(*table.primary_key))]


def _copy(
    connection: Connection, mails: Sequence[tuple[int, Correspondent]], examples: tuple[_Rows, _Rows], clock: SteppedClock, pause: timedelta
) -> None:
    keys = {to.key for turn, to in mails if turn >= 0}
    cases = dict(connection.execute(select(schema.cases.c.key, schema.cases.c.id).where(schema.cases.c.key.in_(keys))).tuples().all())
    written: _Rows = {table: [] for table in (schema.blobs, schema.journal, schema.decisions, schema.comments, schema.events)}
    for turn, to in mails:
        clock.step(pause)
        for table, row in _rows_of(examples[turn < 0], turn, to, cases.get(to.key, ""), clock()):
            written[table].append(row)
    for table, rows in written.items():
        if rows:
            connection.execute(insert(table), rows)


def _rows_of(example: _Rows, turn: int, to: Correspondent, case: str, at: datetime) -> Iterator[tuple[Table, dict[str, Any]]]:
    id_ = ids.new_id(at)
    raw = _MIX[int(id_[-6:], 16) % len(_MIX)].content(to, id_)
    digest, decided_at = sha256(raw).hexdigest(), at + timedelta(seconds=1)
    about = {"case_id": case} if case else {}
    entry, decision = example[schema.journal][0], example[schema.decisions][0]
    yield schema.blobs, {"sha256": digest, "content": raw, "kept_at": at}
    yield (
        schema.journal,
        {
            **entry, "id": id_, "accepted_at": at, "reverse_path": to.author, "recipients": json.dumps([to.address]), "raw_sha256": digest,
            "size_bytes": len(raw),
        },
    )  # fmt: skip
    yield schema.decisions, {**decision, "journal_id": id_, "decided_at": decided_at, "message_id": f"{id_}@kunde.example", **about}
    comment = ids.new_id(decided_at)
    for row in example[schema.comments]:
        yield schema.comments, {**row, **about, "id": comment, "journal_id": id_, "created_at": decided_at}
    for row in example.get(schema.events, ()):
        if turn == 0 or row["kind"] == "comment_added":
            facts = json.dumps({**json.loads(row["facts"]), **({"comment_id": comment} if row["kind"] == "comment_added" else {})})
            yield schema.events, {**row, **about, "id": ids.new_id(decided_at), "at": decided_at, "facts": facts}


_MIX: Sequence[Template] = templates()
