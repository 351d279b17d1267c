"""The hour of the daily mail, and until when a contact is away.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notice_preferences", sa.Column("digest_hour", sa.SmallInteger(), server_default=sa.text("7"), nullable=False))
    op.add_column("contacts", sa.Column("away_until", Moment(), nullable=True))
