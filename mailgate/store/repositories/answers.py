"""What the answer gate and the caps count: in the database, in the transaction of the mail's other effects, before anything is sent.

A crash after the count means fewer answers, never more. `reserve` is exact under any concurrency: it is one upsert on the key. The two
breakers are approximate by design: transactions that run at the same time do not see each other, so a breaker may open later by one per
worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select

from mailgate.cases.ids import new_id
from mailgate.clock import Clock
from mailgate.store.repositories.statements import upsert
from mailgate.store.repositories.suppressions import SuppressionRepository
from mailgate.store.schema import answer_log, answers, seen_content


class AnswerRepository:
    """See the module. Fits `Counters` of `inbound.guards.answer_gate` and of `inbound.guards.caps`."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection, self._suppressions = connection, SuppressionRepository(connection, clock)

    def reserve(self, address: str, template: str, now: datetime, window: timedelta, domain: str = "") -> bool:
        """True when no answer of this template was counted for the address within the window; it is counted by that, for `domain`
        ("": that of the address).

        Of two that ask at once, one waits for the other's transaction and then gets False. A clock that was set back by less than the
        window gives False.
        """
        key = address.lower()
        statement = upsert(self._connection, answers).values(address=key, template=template, answered_at=now)
        statement = statement.on_conflict_do_update(
            index_elements=[answers.c.address, answers.c.template], set_={"answered_at": now}, where=answers.c.answered_at <= now - window
        ).returning(answers.c.address)
        if self._connection.execute(statement).scalar_one_or_none() is None:
            return False
        counted = {"id": new_id(now), "domain": domain or key.rpartition("@")[2], "address": key, "answered_at": now}
        self._connection.execute(insert(answer_log).values(counted))
        return True

    def answered_since(self, since: datetime, domain: str | None = None, *, now: datetime | None = None) -> int:
        """Answers counted since then, to one domain or to all.

        With `now`, not those that lie further ahead of it than `since` lies behind: a clock that once was wrong must not stop answers
        for days.
        """
        statement = select(func.count()).select_from(answer_log).where(answer_log.c.answered_at > since)
        if now is not None:
            statement = statement.where(answer_log.c.answered_at <= now + (now - since))
        if domain is not None:
            statement = statement.where(answer_log.c.domain == domain.lower())
        return self._connection.execute(statement).scalar_one()

    def answered_to(self, address: str, since: datetime) -> int:
        """Answers of any template to one address since then."""
        statement = select(func.count()).select_from(answer_log)
        found = statement.where(answer_log.c.address == address.lower(), answer_log.c.answered_at > since)
        return self._connection.execute(found).scalar_one()

    def content_seen(self, fingerprint: str, since: datetime, now: datetime) -> int:
        """How often this content has asked for an answer since then; counts this time."""
        seen = self.counted(fingerprint, since, now)
        self.count([fingerprint], now)
        return seen

    def counted(self, key: str, since: datetime, now: datetime) -> int:
        """How often this key was counted since then, and not further ahead of now than that lies behind (a clock that once was wrong)."""
        statement = select(func.count()).select_from(seen_content).where(seen_content.c.fingerprint == key)
        return self._connection.execute(statement.where(seen_content.c.seen_at.between(since, now + (now - since)))).scalar_one()

    def count(self, keys: Sequence[str], now: datetime) -> None:
        """Count each of the keys once."""
        rows = [{"id": new_id(now), "fingerprint": key, "seen_at": now} for key in keys]
        if rows:
            self._connection.execute(insert(seen_content), rows)

    def suppressed(self, address: str) -> str:
        """Why nothing may be sent to the address, "" when it may."""
        return self._suppressions.which([address]).get(address.lower(), "")
