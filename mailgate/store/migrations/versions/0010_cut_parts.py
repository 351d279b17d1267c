"""Comments keep what was cut off a mail's text; contacts keep how their last mails ended, to know their signature by.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import PlainText

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("signature", "quoted"):
        op.add_column("comments", sa.Column(name, PlainText(), server_default=sa.text("''"), nullable=False))
    op.add_column("comments", sa.Column("forwarded", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("contacts", sa.Column("recent_endings", PlainText(), server_default=sa.text("'[]'"), nullable=False))
