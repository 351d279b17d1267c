"""What customers choose on the web: wanted notices, muted cases, claimed mail; who may see the cases of their company.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment, PlainText, identifier

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contacts", sa.Column("company_access", PlainText(), server_default=sa.text("''"), nullable=False))
    op.create_table(
        "notice_preferences",
        _reference("notice_preferences", "contact_id", "contacts"),
        sa.Column("wants", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_notice_preferences")),
    )
    op.create_table(
        "case_mutes",
        _reference("case_mutes", "contact_id", "contacts"),
        _reference("case_mutes", "case_id", "cases"),
        sa.PrimaryKeyConstraint("contact_id", "case_id", name=op.f("pk_case_mutes")),
    )
    op.create_table(
        "claims",
        _reference("claims", "journal_id", "journal"),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("denied_at", Moment(), nullable=True),
        sa.Column("claimed_at", Moment(), nullable=True),
        _reference("claims", "contact_id", "contacts", nullable=True),
        _reference("claims", "case_id", "cases", nullable=True),
        sa.PrimaryKeyConstraint("journal_id", name=op.f("pk_claims")),
    )


def _reference(table: str, name: str, to: str, *, nullable: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey(f"{to}.id", name=op.f(f"fk_{table}_{name}"))
    return sa.Column(name, identifier(), key, nullable=nullable)
