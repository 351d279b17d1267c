"""Tags that rules put on journal entries."""

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import PlainText, identifier

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entry_tags",
        sa.Column("journal_id", identifier(), nullable=False),
        sa.Column("tag", PlainText(), nullable=False),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"], name=op.f("fk_entry_tags_journal_id")),
        sa.PrimaryKeyConstraint("journal_id", "tag", name=op.f("pk_entry_tags")),
    )
    op.create_index("ix_entry_tags_tag", "entry_tags", ["tag", "journal_id"], unique=False)
