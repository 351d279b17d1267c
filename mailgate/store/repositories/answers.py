"""What the answer gate and the caps count: in the database, in the transaction of the mail's other effects, before anything is sent.

A crash after the count means fewer answers, never more. `reserve` is exact under any concurrency: it is one upsert on the key. The two
breakers are approximate by design: transactions that run at the same time do not see each other, so a breaker may open later by one per
worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from mailgate.cases.ids import new_id
from mailgate.clock import Clock
from mailgate.store.columns import Moment
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.prepared import Prepared
from mailgate.store.repositories.statements import upsert_on
from mailgate.store.repositories.suppressions import SuppressionRepository
from mailgate.store.schema import answer_log, answers, seen_content

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_IN_TIME = (answer_log.c.answered_at > bindparam("since"), answer_log.c.answered_at <= bindparam("until"))
_ANSWERS = Prepared(select(func.count().label("number")).select_from(answer_log).where(*_IN_TIME))
_ANSWERS_TO_DOMAIN = Prepared(
    select(func.count().label("number")).select_from(answer_log).where(answer_log.c.domain == bindparam("of_domain"), *_IN_TIME)
)
_ANSWERS_TO_ADDRESS = Prepared(
    select(func.count().label("number")).select_from(answer_log).where(answer_log.c.address == bindparam("of_address"), *_IN_TIME)
)
_SEEN = Prepared(
    select(func.count().label("number"))
    .select_from(seen_content)
    .where(seen_content.c.fingerprint == bindparam("key"), seen_content.c.seen_at.between(bindparam("since"), bindparam("until")))
)


@cache
def _reserving(dialect: str) -> Prepared:
    """Sets the time of an answer unless one was counted after `free_since`; no row then."""
    now = bindparam("now", type_=Moment())
    made = upsert_on(dialect, answers).values(address=bindparam("of_address"), template=bindparam("of_template"), answered_at=now)
    free = answers.c.answered_at <= bindparam("free_since")
    made = made.on_conflict_do_update(index_elements=[answers.c.address, answers.c.template], set_={"answered_at": now}, where=free)
    return Prepared(made.returning(answers.c.address))


def _number(rows: Sequence[Any]) -> int:
    return int(rows[0].number)


class AnswerRepository:
    """See the module. Fits `AnswerCounters` of `inbound.guards.answer_gate` and `CapCounters` of `inbound.guards.caps`."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection, self._suppressions = connection, SuppressionRepository(connection, clock)

    def reserve(self, address: str, template: str, now: datetime, window: timedelta, domain: str = "") -> bool:
        """True when no answer of this template was counted for the address within the window; then it is counted, for `domain` ("": that of
        the address).

        Of two that ask at once, one waits for the other's transaction and then gets False. A clock that was set back by less than the
        window gives False.
        """
        key = address.lower()
        reserve = _reserving(self._connection.dialect.name)
        if not reserve.rows(self._connection, of_address=key, of_template=template, now=now, free_since=now - window):
            return False
        counted = {"id": new_id(now), "domain": domain or key.rpartition("@")[2], "address": key, "answered_at": now}
        insert_all(self._connection, answer_log, [counted])
        return True

    def answered_since(self, since: datetime, domain: str | None = None, *, now: datetime | None = None) -> int:
        """Answers counted since then, to one domain or to all.

        With `now`, not those that lie further ahead of it than `since` lies behind: a clock that once was wrong must not stop answers
        for days.
        """
        until = now + (now - since) if now is not None else _END_OF_TIME
        if domain is None:
            return _number(_ANSWERS.rows(self._connection, since=since, until=until))
        return _number(_ANSWERS_TO_DOMAIN.rows(self._connection, since=since, until=until, of_domain=domain.lower()))

    def answered_to(self, address: str, since: datetime) -> int:
        """Answers of any template to one address since then."""
        return _number(_ANSWERS_TO_ADDRESS.rows(self._connection, of_address=address.lower(), since=since, until=_END_OF_TIME))

    def content_seen(self, fingerprint: str, since: datetime, now: datetime) -> int:
        """How often this content has asked for an answer since then; counts this time."""
        seen = self.counted(fingerprint, since, now)
        self.count([fingerprint], now)
        return seen

    def counted(self, key: str, since: datetime, now: datetime) -> int:
        """How often this key was counted since then, and not further ahead of now than that lies behind (a clock that once was wrong)."""
        return _number(_SEEN.rows(self._connection, key=key, since=since, until=now + (now - since)))

    def count(self, keys: Sequence[str], now: datetime) -> None:
        """Count each of the keys once."""
        insert_all(self._connection, seen_content, [{"id": new_id(now), "fingerprint": key, "seen_at": now} for key in keys])

    def suppressed(self, address: str) -> str:
        """Why nothing may be sent to the address, "" when it may."""
        return self._suppressions.which([address]).get(address.lower(), "")
