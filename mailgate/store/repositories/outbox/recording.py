"""Writes how attempts ended. In: results of the sending worker. Out: the ids of those that were still under the lease of their result.

A server gets all results of a group with one statement: each answer that is waited for makes the time longer in which a crash sends a
notice twice. SQLite, which answers at once, cannot insert what another statement has changed, and is asked step by step.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Connection, Integer, Text, bindparam, cast, column, func, insert, select, update

from mailgate.store.columns import Moment, identifier, moment_text, storable
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.outbox.mapping import attempt_row
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import literal
from mailgate.store.rows import SendResult
from mailgate.store.schema import attempts, outbox

_TRIED = outbox.c.state == literal("sending")
_RECORD = Prepared(
    update(outbox)
    .where(outbox.c.id.in_(listed("ids")), outbox.c.lease_token == bindparam("token"), _TRIED)
    .values(
        state=bindparam("to"),
        due_at=bindparam("next"),
        error=bindparam("why"),
        lost=outbox.c.lost + bindparam("doubt"),
        lease_token=outbox.c.lease_token + 1,
    )
    .returning(outbox.c.id, outbox.c.attempts)
)


def _at_once() -> Prepared:
    """Both tables in one statement, from rows in JSON: the outbox, and an attempt for each of its rows that was still ours."""
    kept = [column_ for column_ in attempts.c if column_.name != "number"]
    more = (column("token", Integer), column("to", Text), column("next", Moment), column("why", Text), column("doubt", Integer))
    rows = func.json_to_recordset(cast(bindparam("results", type_=Text), JSON)).table_valued(
        *(column(one.name, identifier() if one.name.endswith("id") else one.type) for one in kept), *more, name="result"
    )
    given = select(rows.render_derived(with_types=True)).cte("given")
    recorded = (
        update(outbox)
        .where(outbox.c.id == given.c.outbox_id, outbox.c.lease_token == given.c.token, _TRIED)
        .values(
            state=given.c.to,
            due_at=given.c.next,
            error=given.c.why,
            lost=outbox.c.lost + given.c.doubt,
            lease_token=outbox.c.lease_token + 1,
        )
        .returning(outbox.c.id, outbox.c.attempts)
        .cte("recorded")
    )
    rows_of_attempts = select(recorded.c.attempts, *(given.c[one.name] for one in kept)).join(given, given.c.outbox_id == recorded.c.id)
    made = insert(attempts).from_select(["number", *(one.name for one in kept)], rows_of_attempts)
    return Prepared(made.returning(attempts.c.outbox_id))


_RECORD_AT_ONCE = _at_once()


def record(connection: Connection, results: Sequence[SendResult]) -> set[str]:
    """See the module. Results of other leases change nothing."""
    if not results:
        return set()
    return _step_by_step(connection, results) if connection.dialect.name == "sqlite" else _by_one_statement(connection, results)


def _by_one_statement(connection: Connection, results: Sequence[SendResult]) -> set[str]:
    rows = [attempt_row(r, 0) | _change(r) | {"token": r.lease_token, "text": storable(r.text)} for r in results]
    return {row.outbox_id for row in _RECORD_AT_ONCE.rows(connection, results=json.dumps(rows, default=moment_text))}


def _step_by_step(connection: Connection, results: Sequence[SendResult]) -> set[str]:
    alike: dict[tuple[tuple[str, Any], ...], list[str]] = {}  # most mails are just sent: one statement for all of them
    for result in results:
        values = {**_change(result), "token": result.lease_token}
        alike.setdefault(tuple(values.items()), []).append(result.outbox_id)
    numbers = {row.id: row.attempts for values, ids in alike.items() for row in _RECORD.rows(connection, ids=ids, **dict(values))}
    kept = [result for result in results if result.outbox_id in numbers]
    insert_all(connection, attempts, [attempt_row(result, numbers[result.outbox_id]) for result in kept])
    return set(numbers)


def _change(result: SendResult) -> dict[str, Any]:
    """What a result makes of its outbox row."""
    again = result.next_attempt_at is not None
    if again != (result.state == "deferred") and not (again and result.state == "uncertain"):
        raise ValueError("a deferred result has a time for the next attempt, an uncertain one may have, no other has")
    return {
        "to": "deferred" if again else result.state, "next": result.next_attempt_at, "why": storable(_why(result)),
        "doubt": int(result.state == "uncertain"),
    }  # fmt: skip


def _why(result: SendResult) -> str:
    if result.state in ("sent", "captured"):
        return ""
    return " ".join(part for part in (str(result.code or ""), result.enhanced, result.text) if part)
