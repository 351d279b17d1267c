"""Staff accounts: a second factor with recovery codes, accounts at an OpenID provider, and how a session was begun.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import PlainText, Sha256, identifier

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("totp_secret", "totp_pending"):
        op.add_column("accounts", sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("accounts", sa.Column("totp_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("sessions", sa.Column("method", sa.Text(), server_default=sa.text("'password'"), nullable=False))
    op.create_table(
        "recovery_codes",
        sa.Column("account_id", identifier(), sa.ForeignKey("accounts.id", name=op.f("fk_recovery_codes_account_id")), nullable=False),
        sa.Column("code_sha256", Sha256(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "code_sha256", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "identities",
        sa.Column("issuer", PlainText(), nullable=False),
        sa.Column("subject", PlainText(), nullable=False),
        sa.Column("account_id", identifier(), sa.ForeignKey("accounts.id", name=op.f("fk_identities_account_id")), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
    )
    op.create_index("ix_identities_account_id", "identities", ["account_id"])
