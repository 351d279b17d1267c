"""Tables of the desk: who has a case open, and texts for answers. See the package."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text

from mailgate.store.columns import Moment, PlainText, identifier
from mailgate.store.schema.base import metadata

presences = Table(
    "presences",
    metadata,
    Column("case_id", identifier(), ForeignKey("cases.id"), primary_key=True),
    Column("account_id", identifier(), ForeignKey("accounts.id"), primary_key=True),
    Column("name", PlainText, nullable=False),
    Column("writing", Boolean, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Index("ix_presences_seen_at", "seen_at"),
)

reply_texts = Table(
    "reply_texts",
    metadata,
    Column("name", PlainText, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("text", PlainText, nullable=False),
)
