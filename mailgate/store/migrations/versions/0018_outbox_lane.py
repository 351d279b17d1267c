"""Outgoing mail has a lane, and is claimed by it; what waits at the upgrade is normal mail, but for automatic answers.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("lane", sa.SmallInteger(), server_default=sa.text("2"), nullable=False))
    op.execute("UPDATE outbox SET lane = 0 WHERE due_at IS NOT NULL AND at_most_once")
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.create_index("ix_outbox_lane_due", "outbox", ["lane", "due_at", "id"], postgresql_where=_DUE, sqlite_where=_DUE)
