"""Frozen mails keep the SHA-256 of their bytes, those that are there already too.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Sha256, identifier

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

READ_ROWS = 8

_MAILS = sa.table("outbox_mails", sa.column("outbox_id", identifier()), sa.column("raw", sa.LargeBinary))
_OUTBOX = sa.table("outbox", sa.column("id", identifier()), sa.column("raw_sha256", Sha256))


def upgrade() -> None:
    op.add_column("outbox", sa.Column("raw_sha256", Sha256(), nullable=True))
    last = "00000000-0000-0000-0000-000000000000"
    while hashes := _hashes(last):
        statement = sa.update(_OUTBOX).where(_OUTBOX.c.id == sa.bindparam("of_id")).values(raw_sha256=sa.bindparam("hash"))
        op.get_bind().execute(statement, [{"of_id": id_, "hash": sha256} for id_, sha256 in hashes.items()])
        last = max(hashes)


def _hashes(after: str) -> dict[str, str]:
    """Id -> SHA-256 of the next few mails, in the order of their ids."""
    mails = sa.select(_MAILS).where(_MAILS.c.outbox_id > after).order_by(_MAILS.c.outbox_id).limit(READ_ROWS)
    return {row.outbox_id: hashlib.sha256(row.raw).hexdigest() for row in op.get_bind().execute(mails)}
