"""Why and until when an address is suppressed; the soft failures that are counted for it."""

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment, PlainText, identifier

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("suppressions", sa.Column("cause", sa.Text(), server_default=sa.text("'operator'"), nullable=False))
    op.add_column("suppressions", sa.Column("until", Moment(), nullable=True))
    op.execute("UPDATE suppressions SET cause = 'bounce' WHERE reason LIKE 'bounced %'")
    op.create_table(
        "soft_bounces",
        sa.Column("address", PlainText(), nullable=False),
        sa.Column("outbox_id", identifier(), nullable=False),
        sa.Column("bounced_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("address", "outbox_id", name=op.f("pk_soft_bounces")),
    )
    op.create_index("ix_soft_bounces_bounced_at", "soft_bounces", ["bounced_at"], unique=False)
