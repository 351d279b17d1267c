"""The versions of the operators' policy, and which one was in force when."""

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment, PlainText, Sha256

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", Sha256(), nullable=False),
        sa.Column("author", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("comment", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_policy_versions")),
    )
    op.create_table(
        "policy_activations",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("author", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("comment", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["policy_versions.number"], name=op.f("fk_policy_activations_number")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_policy_activations")),
    )
