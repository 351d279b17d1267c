"""What the listener refused of legacy senders, for the report."""

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import PlainText

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "legacy_refusals",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("address", PlainText(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "address", name=op.f("pk_legacy_refusals")),
    )
