"""Contacts that turned out to be one person: the one that is left out names the one that stays.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import identifier

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contacts", sa.Column("joined_into", identifier(), nullable=True))
    op.create_index(op.f("ix_contacts_joined_into"), "contacts", ["joined_into"])
