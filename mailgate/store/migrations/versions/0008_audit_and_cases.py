"""One audit table for every change, with the interventions of before; cases get an environment, a version and what they were merged into.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment, PlainText, identifier

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# States and verbs are words of this program: nothing in them needs escaping in JSON.
_KEEP = """
    INSERT INTO audit (id, at, principal_kind, principal_id, principal, verb, subject_kind, subject_id, reason, "before", "after", detail)
    SELECT id, at, 'operator', operator, operator, verb,
           CASE WHEN journal_id IS NULL THEN 'outbox' ELSE 'journal' END,
           CAST(COALESCE(journal_id, outbox_id) AS TEXT), reason,
           '{"state": "' || from_state || '"}', '{"state": "' || to_state || '"}', detail
    FROM interventions
"""


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("principal_kind", sa.Text(), nullable=False),
        sa.Column("principal_id", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("principal", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", PlainText(), nullable=False),
        sa.Column("reason", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("before", PlainText(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("after", PlainText(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("detail", PlainText(), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_subject", "audit", ["subject_kind", "subject_id", "id"], unique=False)
    op.execute(_KEEP)
    op.drop_table("interventions")
    op.add_column("cases", sa.Column("environment", PlainText(), server_default=sa.text("''"), nullable=False))
    op.add_column("cases", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    _merged_into()


def _merged_into() -> None:
    merged = sa.Column("merged_into", identifier(), sa.ForeignKey("cases.id", name=op.f("fk_cases_merged_into")), nullable=True)
    if op.get_bind().dialect.name == "sqlite":  # a reference in ADD COLUMN itself, since SQLite cannot add a constraint later
        op.execute("ALTER TABLE cases ADD COLUMN merged_into VARCHAR(36) CONSTRAINT fk_cases_merged_into REFERENCES cases (id)")
    else:
        op.add_column("cases", merged)
    where = sa.text("merged_into IS NOT NULL")
    op.create_index("ix_cases_merged_into", "cases", ["merged_into"], unique=False, postgresql_where=where, sqlite_where=where)
