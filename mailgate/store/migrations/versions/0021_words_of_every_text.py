"""On PostgreSQL words such as `ikke` and `over` are found, too: another configuration, and every case indexed by it.

A database that comes from before the index has been filled by it already.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

from alembic import op

from mailgate.store.repositories.case_index import fill, make_configuration

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if make_configuration(connection):
        fill(connection)
