"""Takes a person's addresses and full names out of what others wrote. In: their addresses and names, rows. Out: how many rows had them.

An address is looked for in every row of every table that keeps words; a name, which others may have too, only where the caller says so.
What stands for another person (`okari@kunde.example` beside `kari@kunde.example`) is not touched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select, update

from mailgate.store.repositories.statements import chunks
from mailgate.store.schema import (
    account_links,
    attempts,
    audit,
    cases,
    comment_files,
    comments,
    decisions,
    drafts,
    events,
    journal,
    notices,
    outbox,
)

PLAIN: Mapping[Table, Sequence[str]] = {
    cases: ("summary", "description", "environment"),
    comments: ("text", "signature", "quoted", "author_name"),
    comment_files: ("filename",),
    events: ("actor_name",),
    decisions: ("author", "subject", "reason"),
    journal: ("error",),
    notices: ("error",),
    outbox: ("subject", "error", "delivery_text"),
    attempts: ("text",),
    audit: ("principal", "principal_id", "subject_id", "reason"),
}
"""Columns of text in which anybody may be named."""
JSON: Mapping[Table, Sequence[str]] = {
    events: ("facts",),
    decisions: ("trail", "defects"),
    journal: ("notes",),
    notices: ("facts",),
    audit: ("before", "after", "detail"),
    drafts: ("body",),
    account_links: ("facts",),
}
"""Columns of JSON in which anybody may be named."""
TABLES = tuple(dict.fromkeys((*PLAIN, *JSON)))


class Mentions:
    """Puts `marker` in place of these addresses (lower case) and names."""

    def __init__(self, connection: Connection, addresses: Sequence[str], names: Collection[str], marker: str) -> None:
        self._connection, self._addresses, self._marker = connection, addresses, marker
        parts = [rf"(?<![\w.+-]){re.escape(one)}(?![\w-])" for one in addresses]
        parts += [rf"(?<!\w){re.escape(one)}(?!\w)" for one in sorted(names, key=len, reverse=True)]
        self._named = re.compile("|".join(parts), re.IGNORECASE)

    def cases(self) -> set[str]:
        """The cases in whose words an address stands."""
        found = [
            select(cases.c.id).where(self._anywhere(cases)),
            select(comments.c.case_id).where(self._anywhere(comments)),
            select(events.c.case_id).where(self._anywhere(events)),
            select(comments.c.case_id).join(comment_files).where(self._anywhere(comment_files)),
        ]
        return {id_ for one in found for id_ in self._connection.execute(one).scalars()}

    def everywhere(self) -> int:
        """Take the addresses out of all tables."""
        return sum(self.of(table, self._anywhere(table)) for table in TABLES)

    def in_cases(self, case_ids: Sequence[str]) -> int:
        """Take addresses and names out of these cases, and out of what is told of them."""
        done = 0
        for some in chunks(case_ids):
            theirs = comment_files.c.comment_id.in_(select(comments.c.id).where(comments.c.case_id.in_(some)))
            done += self.of(cases, cases.c.id.in_(some)) + self.of(comment_files, theirs)
            done += sum(self.of(table, table.c.case_id.in_(some)) for table in (comments, events, notices, outbox))
        return done

    def of(self, table: Table, where: ColumnElement[bool]) -> int:
        """Take them out of these rows; how many had them."""
        plain, objects = PLAIN.get(table, ()), JSON.get(table, ())
        keys = list(table.primary_key)
        done = 0
        for row in self._connection.execute(select(*keys, *(table.c[name] for name in (*plain, *objects))).where(where)).all():
            found = {name: getattr(row, name) for name in (*plain, *objects)}
            fresh = {name: self.without(found[name] or "") for name in plain}
            fresh |= {name: self.without_in_json(found[name]) for name in objects}
            changed = {name: text for name, text in fresh.items() if text != (found[name] or "")}
            if changed:
                one = and_(*(key == getattr(row, key.name) for key in keys))
                self._connection.execute(update(table).where(one).values(changed))
                done += 1
        return done

    def without(self, text: str) -> str:
        """The text with the marker in their place; the same when it has none."""
        return self._named.sub(self._marker, text)

    def without_in_json(self, text: str) -> str:
        """The same of each text in a JSON value; what is no JSON is taken as text."""
        try:
            value = json.loads(text)
        except ValueError:
            return self.without(text)
        fresh = self._without(value)
        return text if fresh == value else json.dumps(fresh, ensure_ascii=False)

    def _without(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.without(value)
        if isinstance(value, list):
            return [self._without(one) for one in value]
        if isinstance(value, dict):
            return {self.without(name): self._without(one) for name, one in value.items()}
        return value

    def _anywhere(self, table: Table) -> ColumnElement[bool]:
        """Rows that may have an address; `of` looks closer."""
        plain = [(table.c[name], {one}) for name in PLAIN.get(table, ()) for one in self._addresses]
        objects = [(table.c[name], _in_json(one)) for name in JSON.get(table, ()) for one in self._addresses]
        return or_(*(self._has(column, form) for column, forms in (*plain, *objects) for form in forms))

    def _has(self, column: ColumnElement[str], form: str) -> ColumnElement[bool]:
        """SQLite's LIKE ignores the case of ASCII by itself, at half the cost of `lower`."""
        folds = self._connection.dialect.name == "sqlite" and form.isascii()
        return (column if folds else func.lower(column)).contains(form, autoescape=True)


def _in_json(address: str) -> set[str]:
    """How an address may be written inside a JSON string, in lower case."""
    return {json.dumps(address, ensure_ascii=ascii_only)[1:-1].lower() for ascii_only in (True, False)}
