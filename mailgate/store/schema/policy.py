"""Tables of what people and programs changed: audit rows, policy versions, refusals of legacy senders. See the package."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text

from mailgate.store.columns import PlainText, Sha256
from mailgate.store.schema.base import id_column, metadata, moment_column, text_column

audit = Table(
    "audit",
    metadata,
    # Written in the transaction of the change, one row per changed thing. Rows are only added. A subject is named and not referred to by a
    # foreign key: what is deleted keeps its record.
    id_column(),
    moment_column("at"),
    Column("principal_kind", Text, nullable=False),
    text_column("principal_id"),
    text_column("principal"),
    Column("verb", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", PlainText, nullable=False),
    text_column("reason"),
    Column("before", PlainText, nullable=False, server_default=text("'{}'")),  # JSON objects
    Column("after", PlainText, nullable=False, server_default=text("'{}'")),
    Column("detail", PlainText, nullable=False, server_default=text("'{}'")),
    Index("ix_audit_subject", "subject_kind", "subject_id", "id"),
)

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),  # the document byte for byte; sha256 is of its UTF-8
    Column("sha256", Sha256, nullable=False),
    text_column("author"),
    text_column("comment"),
    moment_column("created_at"),
)

policy_activations = Table(
    "policy_activations",
    metadata,
    # The row with the highest sequence names the active version. Rows are only added: they are the record of who did what.
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, ForeignKey("policy_versions.number"), nullable=False),
    Column("what", Text, nullable=False),
    text_column("author"),
    text_column("comment"),
    moment_column("at"),
)

legacy_refusals = Table(
    "legacy_refusals",
    metadata,
    Column("day", Text, primary_key=True),  # local, ISO 8601: in order as text
    Column("address", PlainText, primary_key=True),  # lower case; "" for more than are kept apart
    Column("times", Integer, nullable=False),
)
