"""Accounts: who may log in on the web, their sessions, mailed links, limits and drafts.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment, PlainText, Sha256, identifier

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _text(name: str, default: str = "''", kind: type = PlainText) -> sa.Column[str]:
    return sa.Column(name, kind(), server_default=sa.text(default), nullable=False)


def upgrade() -> None:
    _accounts()
    _sessions()
    _links()
    _limits()
    op.create_table(
        "drafts",
        sa.Column("account_id", identifier(), sa.ForeignKey("accounts.id", name=op.f("fk_drafts_account_id")), nullable=False),
        sa.Column("name", PlainText(), nullable=False),
        sa.Column("body", PlainText(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name", name=op.f("pk_drafts")),
    )


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("contact_id", identifier(), sa.ForeignKey("contacts.id", name=op.f("fk_accounts_contact_id")), nullable=True),
        sa.Column("username", PlainText(), nullable=False),
        sa.Column("username_lower", PlainText(), nullable=False),
        sa.Column("address", PlainText(), nullable=False),
        sa.Column("address_lower", PlainText(), nullable=False),
        _text("name"),
        _text("roles", "'[]'", sa.Text),
        _text("language", kind=sa.Text),
        _text("password_hash", kind=sa.Text),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("logged_in_at", Moment(), nullable=True),
        sa.Column("disabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_accounts_contact_id")),
        sa.UniqueConstraint("username_lower", name=op.f("uq_accounts_username_lower")),
        sa.UniqueConstraint("address_lower", name=op.f("uq_accounts_address_lower")),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_sha256", Sha256(), nullable=False),
        sa.Column("id", identifier(), nullable=False),
        sa.Column("account_id", identifier(), sa.ForeignKey("accounts.id", name=op.f("fk_sessions_account_id")), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        _text("client"),
        _text("agent"),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sessions")),
        sa.UniqueConstraint("id", name=op.f("uq_sessions_id")),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _links() -> None:
    op.create_table(
        "account_links",
        sa.Column("token_sha256", Sha256(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        _text("address"),
        sa.Column("account_id", identifier(), sa.ForeignKey("accounts.id", name=op.f("fk_account_links_account_id")), nullable=True),
        _text("facts", "'{}'"),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_account_links")),
    )
    op.create_index("ix_account_links_account_id", "account_links", ["account_id"])
    op.create_index("ix_account_links_expires_at", "account_links", ["expires_at"])


def _limits() -> None:
    op.create_table(
        "rate_buckets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_sha256", Sha256(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("updated_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", "key_sha256", name=op.f("pk_rate_buckets")),
    )
    op.create_index("ix_rate_buckets_updated_s", "rate_buckets", ["updated_s"])
    op.create_table(
        "once_keys",
        sa.Column("key_sha256", Sha256(), nullable=False),
        _text("result"),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key_sha256", name=op.f("pk_once_keys")),
    )
    op.create_index("ix_once_keys_at", "once_keys", ["at"])
