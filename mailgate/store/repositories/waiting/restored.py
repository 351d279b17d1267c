"""What a restored database must not do by itself: work and mail that the lost database may have done after the backup was made.

In: the moment of a restore. Out: how much is set aside, is let go, or is dropped. Nobody stays logged in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, update

from mailgate.store.rows import LinkPurpose
from mailgate.store.schema import account_links, journal, notices, outbox, sessions
from mailgate.store.schema.base import BY_RESTORE

_WORK = (
    (journal, ("pending",), "held", "pending"),
    (notices, ("pending", "rendering"), "withheld", "pending"),
    (outbox, ("pending", "sending", "deferred"), "cancelled", "pending"),
)
"""Table, the states of unfinished rows, the state in which they wait for a person, and the one in which they go on."""
LOG_IN_PURPOSES: tuple[LinkPurpose, ...] = ("register", "reset", "first_admin", "second_factor", "oidc", "claim_code")
"""Links that lead to a session. The others act on a case, which knows what they did."""


class RestoredRepository:
    """See the module. Counts are by table: journal, notices, outbox."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set_aside(self, why: str) -> Mapping[str, int]:
        """Everything that is unfinished waits for a person, who reads `why`."""
        done = {}
        for table, states, waits, _ in _WORK:
            held = {"state": waits, "due_at": None, "error": why, "stopped_by": BY_RESTORE, "lease_token": table.c.lease_token + 1}
            done[table.name] = self._connection.execute(update(table).where(table.c.state.in_(states)).values(**held)).rowcount
        return done

    def end_log_ins(self) -> int:
        """End all sessions, and void what was mailed or begun to log in with and not used; how many sessions.

        Somebody who has logged out, changed a password or used a link since the backup must not see that undone.
        """
        unused = delete(account_links).where(account_links.c.purpose.in_(LOG_IN_PURPOSES), account_links.c.used_at.is_(None))
        self._connection.execute(unused)
        return self._connection.execute(delete(sessions)).rowcount

    def counts(self) -> Mapping[str, int]:
        """How much still waits."""
        return {
            table.name: self._connection.execute(select(func.count()).select_from(table).where(*self._waits(table, waits))).scalar_one()
            for table, _, waits, _ in _WORK
        }

    def let_go(self, now: datetime, expires_at: datetime) -> Mapping[str, int]:
        """All of it goes on as if nothing had happened: mail that was sent meanwhile is sent again."""
        done = {}
        for table, _, waits, goes_on in _WORK:
            again = {"state": goes_on, "due_at": now, "attempts": 0, "error": "", "stopped_by": "", "lease_token": table.c.lease_token + 1}
            more = {"expires_at": expires_at} if table is outbox else {}
            done[table.name] = self._connection.execute(update(table).where(*self._waits(table, waits)).values(**again, **more)).rowcount
        return done

    def drop(self) -> Mapping[str, int]:
        """None of the mail is ever sent. Accepted mail stays held: only a person can say what becomes of it."""
        done = {"journal": 0}
        for table, waits, state in ((notices, "withheld", "suppressed"), (outbox, "cancelled", "cancelled")):
            final = {"state": state, "error": "dropped after a restore", "stopped_by": ""}
            done[table.name] = self._connection.execute(update(table).where(*self._waits(table, waits)).values(**final)).rowcount
        return done

    @staticmethod
    def _waits(table: Table, state: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return table.c.state == state, table.c.stopped_by == BY_RESTORE
