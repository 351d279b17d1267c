"""Why a row is final, or waits for a person, is a code beside its text: what an operator types is never taken for it.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import PlainText

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_RESTORED, _SUPPRESSED = "restored from a backup of %", "the address is suppressed%"
_STOPPED = (
    ("journal", "held", "restore", _RESTORED),
    ("notices", "withheld", "restore", _RESTORED),
    ("outbox", "cancelled", "restore", _RESTORED),
    ("notices", "suppressed", "suppression", _SUPPRESSED),
    ("outbox", "failed", "suppression", _SUPPRESSED),
)
"""Table, state, code, and the text that was the only sign of it."""


def upgrade() -> None:
    for table in ("journal", "notices", "outbox"):
        op.add_column(table, sa.Column("stopped_by", PlainText(), server_default=sa.text("''"), nullable=False))
    for table, state, code, like in _STOPPED:
        statement = sa.text(f"UPDATE {table} SET stopped_by = :code WHERE state = :state AND error LIKE :like")
        op.get_bind().execute(statement, {"code": code, "state": state, "like": like})
