"""The rows of one person as a copy of their data shows them. In: their `Traces`. Out: mappings of names that last, in the order of time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from mailgate.store.repositories.persons.traces import Traces
from mailgate.store.repositories.statements import chunks
from mailgate.store.schema import cases, contacts, decisions, journal, notices, outbox

Record = Mapping[str, Any]


class Records:
    """Reads by one connection."""

    def __init__(self, connection: Connection, found: Traces) -> None:
        self._connection, self._found = connection, found

    def contacts(self) -> list[Record]:
        """Their contacts, the one that stays first."""
        names = ("address", "name", "language", "recent_endings", "company_access", "away_until")
        columns = [contacts.c.id, *(contacts.c[name] for name in names)]
        rows = {row["id"]: row for row in self._by_ids(select(*columns), contacts.c.id, self._found.contact_ids)}
        return [
            {name: value for name, value in rows[id_].items() if name != "id"} | {"recent_endings": json.loads(rows[id_]["recent_endings"])}
            for id_ in self._found.contact_ids
        ]

    def mails_received(self) -> list[Record]:
        """Their mail as it was accepted, with the subject."""
        names = ("id", "accepted_at", "reverse_path", "client_address", "helo", "state", "size_bytes")
        columns = [*(journal.c[name] for name in names), decisions.c.subject]
        found = select(*columns).outerjoin_from(journal, decisions, decisions.c.journal_id == journal.c.id)
        return self._by_ids(found, journal.c.id, self._found.entries)

    def mails_sent(self) -> list[Record]:
        """Mail to them."""
        names = ("id", "created_at", "address", "template", "subject", "state", "language")
        return self._by_ids(select(*(outbox.c[name] for name in names)), outbox.c.id, self._found.mails)

    def notices(self) -> list[Record]:
        """What they were told of."""
        names = ("id", "kind", "created_at", "state")
        return self._by_ids(select(*(notices.c[name] for name in names)), notices.c.id, self._found.notices)

    def cases(self) -> list[Record]:
        """The cases in which they take part or once did: `summary` of those that they may see, `description` of those they reported."""
        columns = [cases.c[name] for name in ("id", "key", "summary", "description", "environment", "status", "created_at")]
        return [self._case(row) for row in self._by_ids(select(*columns), cases.c.id, self._found.cases)]

    def _case(self, row: Record) -> Record:
        reported, shown = row["id"] in self._found.reported, row["id"] in self._found.shown
        hidden = {*(() if reported else ("description", "environment")), *(() if shown else ("summary",))}
        return {name: value for name, value in row.items() if name not in hidden}

    def _by_ids(self, found: Select[Any], key: Any, ids: Sequence[str]) -> list[Record]:
        rows = [self._connection.execute(found.where(key.in_(some)).order_by(key)) for some in chunks(ids)]
        return [dict(row._mapping) for some in rows for row in some]
