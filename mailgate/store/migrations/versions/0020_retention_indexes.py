"""The daily sweep finds what still says something of people by partial indexes: rows that it has been through are not in them.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_NAMED = "reverse_path IS NOT NULL OR client_address <> '' OR helo <> ''"
_INDEXES = (
    ("journal", ["id"], f"state NOT IN ('pending', 'held', 'shunted') AND ({_NAMED})"),
    ("decisions", ["journal_id"], "(author <> '' OR subject <> '')"),
    ("outbox", ["id"], "due_at IS NULL AND address <> '' AND state NOT IN ('failed', 'uncertain')"),
    ("notices", ["case_id", "id"], "case_id IS NULL AND due_at IS NULL AND address <> '' AND state NOT IN ('failed', 'withheld')"),
)


def upgrade() -> None:
    for table, columns, where in _INDEXES:
        condition = sa.text(where)
        op.create_index(f"ix_{table}_named", table, columns, postgresql_where=condition, sqlite_where=condition)
