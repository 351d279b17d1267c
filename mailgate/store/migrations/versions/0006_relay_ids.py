"""Ids that relays put in place of ours; the address of each automatic answer, for its bound per day."""

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment, PlainText, Sha256, identifier

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "relay_ids",
        sa.Column("sha256", Sha256(), nullable=False),
        sa.Column("contact_id", identifier(), nullable=False),
        sa.Column("case_id", identifier(), nullable=False),
        sa.Column("journal_id", identifier(), nullable=False),
        sa.Column("learned_at", Moment(), nullable=False),
        sa.Column("valid_until", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_relay_ids_contact_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_relay_ids_case_id")),
        sa.PrimaryKeyConstraint("sha256", "contact_id", name=op.f("pk_relay_ids")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_relay_ids_contact_id", "relay_ids", ["contact_id", "case_id"], unique=False)
    op.create_index("ix_relay_ids_valid_until", "relay_ids", ["valid_until"], unique=False)
    op.add_column("answer_log", sa.Column("address", PlainText(), server_default=sa.text("''"), nullable=False))
    op.create_index("ix_answer_log_address", "answer_log", ["address", "answered_at"], unique=False)
