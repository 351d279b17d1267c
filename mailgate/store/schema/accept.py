"""Tables of the accept stage and of what intake decided: bytes, journal, submissions, tallies, decisions, tags. See the package."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from mailgate.store.columns import PlainText, Sha256, identifier
from mailgate.store.schema.base import (
    count_column,
    due_at_iff,
    due_index,
    flag_column,
    id_column,
    metadata,
    moment_column,
    partial_index,
    stopped_by_column,
    text_column,
)

NAMED_ENTRIES = "state NOT IN ('pending', 'held', 'shunted') AND (reverse_path IS NOT NULL OR client_address <> '' OR helo <> '')"
"""Rows of journal that nobody waits for and that say who sent the mail."""
NAMED_DECISIONS = "(author <> '' OR subject <> '')"
"""Rows of decisions that say the same."""

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    moment_column("kept_at"),  # when they came last; retention goes by it
)

journal = Table(
    "journal",
    metadata,
    id_column(),
    moment_column("accepted_at"),
    Column("reverse_path", PlainText),  # NULL is <>
    Column("recipients", Text, nullable=False),  # JSON array
    text_column("client_address"),
    text_column("helo"),
    text_column("protocol"),
    flag_column("tls"),
    flag_column("smtp_utf8"),
    Column("notes", Text, nullable=False, server_default=text("'[]'")),  # JSON array
    Column("raw_sha256", Sha256, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("state", Text, nullable=False),
    count_column("attempts"),
    count_column("lease_token"),
    moment_column("due_at", nullable=True),
    text_column("error"),
    stopped_by_column(),
    text_column("operator_decision"),  # JSON object, see rules.operator_decision; "" for none
    flag_column("raw_expired"),
    due_at_iff("pending"),
    # Fresh rows are taken in batches, rows tried before one at a time: each kind has its own queue.
    due_index("journal", "due_at IS NOT NULL AND attempts = 0", "fresh"),
    due_index("journal", "due_at IS NOT NULL AND attempts > 0", "tried"),
    Index("ix_journal_state", "state", "id"),  # the ledger's counts and the lists per state, without reading the rows
    # Retention: entries whose bytes have not expired, oldest first.
    partial_index("ix_journal_raw_kept", "accepted_at", where="NOT raw_expired"),
    partial_index("ix_journal_named", "id", where=NAMED_ENTRIES),
)

submissions = Table(
    "submissions",
    metadata,
    Column("submission_key", Sha256, primary_key=True),
    Column("journal_id", identifier(), nullable=False),
    moment_column("accepted_at"),
    Index("ix_submissions_accepted_at", "accepted_at"),  # retention
    sqlite_with_rowid=False,  # keys are random: one tree to touch instead of two
)

tallies = Table(
    "tallies",
    metadata,
    # One row per writing process, counted up in the transaction that accepts: what the ledger holds the journal against.
    Column("writer", identifier(), primary_key=True),
    Column("accepted", BigInteger, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("journal_id", identifier(), ForeignKey("journal.id"), primary_key=True),
    moment_column("decided_at"),
    text_column("rule"),
    text_column("reason"),
    text_column("kind"),
    text_column("trust"),
    Column("case_id", identifier()),
    text_column("policy_version"),
    Column("trail", PlainText, nullable=False),  # JSON
    Column("message_id", PlainText),
    text_column("author"),
    text_column("subject"),
    Column("defects", Text, nullable=False, server_default=text("'[]'")),  # JSON array
    Index("ix_decisions_message_id", "message_id"),
    partial_index("ix_decisions_named", "journal_id", where=NAMED_DECISIONS),
)

entry_tags = Table(
    "entry_tags",
    metadata,
    Column("journal_id", identifier(), ForeignKey("journal.id"), primary_key=True),
    Column("tag", PlainText, primary_key=True),
    Index("ix_entry_tags_tag", "tag", "journal_id"),  # the list of one tag, newest first
)
