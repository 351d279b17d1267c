"""Tables of outgoing mail: notices, outbox and attempts, and what limits automatic answers. See the package."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Table, Text, text

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

_IS_DUE = "due_at IS NOT NULL"
NAMED_MAILS = "due_at IS NULL AND address <> '' AND state NOT IN ('failed', 'uncertain')"
"""Rows of outbox that are over, wait for nobody, and say to whom the mail went."""
NAMED_NOTICES = "case_id IS NULL AND due_at IS NULL AND address <> '' AND state NOT IN ('failed', 'withheld')"
"""The same rows of notices, as far as they go with no case."""

notices = Table(
    "notices",
    metadata,
    id_column(),
    Column("group_key", PlainText, nullable=False),
    Column("kind", Text, nullable=False),
    Column("address", PlainText, nullable=False),
    moment_column("created_at"),
    Column("case_id", identifier()),
    Column("contact_id", identifier()),
    Column("event_id", identifier()),
    Column("journal_id", identifier(), index=True),  # the ledger asks what a mail has caused
    text_column("language"),
    Column("facts", PlainText, nullable=False),  # JSON object
    Column("state", Text, nullable=False),
    count_column("attempts"),
    count_column("lease_token"),
    moment_column("due_at", nullable=True),
    Column("outbox_id", identifier()),
    text_column("error"),
    stopped_by_column(),
    due_at_iff("pending", "rendering"),
    due_index("notices", "due_at IS NOT NULL AND attempts = 0", "fresh"),
    due_index("notices", "due_at IS NOT NULL AND attempts > 0", "tried"),
    partial_index("ix_notices_group_key", "group_key", where="due_at IS NOT NULL"),
    Index("ix_notices_state", "state", "id"),
    Index("ix_notices_case_id", "case_id", "id"),  # who was told of what on a case
    partial_index("ix_notices_named", "case_id", "id", where=NAMED_NOTICES),  # else SQLite prefers the index of cases
)

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    text_column("template"),
    Column("address", PlainText, nullable=False),
    Column("reverse_path", PlainText),  # NULL is <>
    Column("message_id", PlainText, nullable=False, unique=True),
    moment_column("created_at"),
    moment_column("expires_at"),
    Column("case_id", identifier()),
    Column("contact_id", identifier()),
    Column("journal_id", identifier()),
    flag_column("at_most_once"),
    text_column("language"),
    text_column("subject"),
    Column("size_bytes", Integer, nullable=False),
    Column("raw_sha256", Sha256),  # NULL: frozen by a worker of a release that kept no hash
    Column("state", Text, nullable=False),
    count_column("attempts"),
    count_column("lost"),  # attempts that ended with the lease, not with an answer
    count_column("lease_token"),
    moment_column("due_at", nullable=True),
    text_column("error"),
    stopped_by_column(),
    text_column("delivery"),
    text_column("delivery_status"),
    text_column("delivery_text"),
    Column("lane", SmallInteger, nullable=False, server_default=text("2")),  # repositories.outbox.lane
    due_at_iff("pending", "sending", "deferred"),
    partial_index("ix_outbox_lane_due", "lane", "due_at", "id", where=_IS_DUE),
    due_index("outbox", "state = 'sending'", "sending"),
    Index("ix_outbox_state", "state", "id"),
    Index("ix_outbox_case_id", "case_id", "id"),
    partial_index("ix_outbox_named", "id", where=NAMED_MAILS),
)

outbox_mails = Table(
    "outbox_mails",
    metadata,
    Column("outbox_id", identifier(), ForeignKey("outbox.id"), primary_key=True),
    Column("raw", LargeBinary, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    id_column(),
    Column("outbox_id", identifier(), ForeignKey("outbox.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    moment_column("started_at"),
    moment_column("ended_at"),
    text_column("host"),
    Column("code", SmallInteger, nullable=False, server_default=text("0")),
    text_column("enhanced"),
    text_column("text"),
)

answers = Table(
    "answers",
    metadata,
    Column("address", PlainText, primary_key=True),  # lower case
    Column("template", Text, primary_key=True),
    moment_column("answered_at"),
    Index("ix_answers_answered_at", "answered_at"),
)

answer_log = Table(
    "answer_log",
    metadata,
    id_column(),
    text_column("domain"),
    moment_column("answered_at"),
    text_column("address"),
    Index("ix_answer_log_answered_at", "answered_at", "domain"),
    Index("ix_answer_log_address", "address", "answered_at"),
)

seen_content = Table(
    "seen_content",
    metadata,
    id_column(),
    Column("fingerprint", Text, nullable=False),  # hash of what a mail says; or, with a colon, what a cap counts (`inbound.guards.caps`)
    moment_column("seen_at"),
    Index("ix_seen_content_fingerprint", "fingerprint", "seen_at"),
    Index("ix_seen_content_seen_at", "seen_at"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address", PlainText, primary_key=True),  # lower case
    text_column("reason"),
    moment_column("created_at"),
    Column("cause", Text, nullable=False, server_default=text("'operator'")),
    moment_column("until", nullable=True),
)

soft_bounces = Table(
    "soft_bounces",
    metadata,
    Column("address", PlainText, primary_key=True),  # lower case
    Column("outbox_id", identifier(), primary_key=True),  # the mail that came back: each counts once
    moment_column("bounced_at"),
    Index("ix_soft_bounces_bounced_at", "bounced_at"),
)
