"""The desk: when an answer is due, the order of the queues, who has a case open, and texts for answers.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment, PlainText, identifier

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NEVER = sa.text("'9999-12-31T00:00:00.000000+00:00'")


def upgrade() -> None:
    op.add_column("cases", sa.Column("due_at", Moment(), server_default=NEVER, nullable=False))
    op.create_index("ix_cases_queue", "cases", ["status", "due_at", "id"])
    op.create_index("ix_cases_assignee", "cases", ["assignee", "status", "due_at", "id"])
    op.create_index("ix_notices_case_id", "notices", ["case_id", "id"])
    op.create_table(
        "presences",
        sa.Column("case_id", identifier(), sa.ForeignKey("cases.id", name=op.f("fk_presences_case_id")), nullable=False),
        sa.Column("account_id", identifier(), sa.ForeignKey("accounts.id", name=op.f("fk_presences_account_id")), nullable=False),
        sa.Column("name", PlainText(), nullable=False),
        sa.Column("writing", sa.Boolean(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "account_id", name=op.f("pk_presences")),
    )
    op.create_index("ix_presences_seen_at", "presences", ["seen_at"])
    op.create_table(
        "reply_texts",
        sa.Column("name", PlainText(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", PlainText(), nullable=False),
        sa.PrimaryKeyConstraint("name", "language", name=op.f("pk_reply_texts")),
    )
