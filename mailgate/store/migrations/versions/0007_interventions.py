"""What people did by hand to accepted and outgoing mail: who, when and why."""

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment, PlainText, identifier

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interventions",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("operator", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("journal_id", identifier(), nullable=True),
        sa.Column("outbox_id", identifier(), nullable=True),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("reason", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", PlainText(), nullable=False),
        sa.CheckConstraint("(journal_id IS NULL) <> (outbox_id IS NULL)", name=op.f("ck_interventions_about_one_thing")),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"], name=op.f("fk_interventions_journal_id")),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_interventions_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interventions")),
    )
    op.create_index("ix_interventions_journal_id", "interventions", ["journal_id", "id"], unique=False)
    op.create_index("ix_interventions_outbox_id", "interventions", ["outbox_id", "id"], unique=False)
