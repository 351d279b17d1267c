"""Tables of cases and people: customers, contacts, cases with participants, comments and events, learned relay ids. See the package."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text, text

from mailgate.store.columns import Moment, PlainText, Sha256, identifier
from mailgate.store.schema.base import flag_column, id_column, metadata, moment_column, partial_index, text_column

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

customers = Table(
    "customers",
    metadata,
    id_column(),
    text_column("name"),
    text_column("agreement"),
    text_column("language"),
)

customer_domains = Table(
    "customer_domains",
    metadata,
    Column("domain", Text, primary_key=True),  # lower case
    Column("customer_id", identifier(), ForeignKey("customers.id"), nullable=False, index=True),
)

contacts = Table(
    "contacts",
    metadata,
    id_column(),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("address", PlainText, nullable=False),
    Column("address_lower", PlainText, nullable=False, unique=True),
    text_column("name"),
    text_column("language"),
    Column("customer_id", identifier(), ForeignKey("customers.id"), index=True),
    Column("recent_endings", PlainText, nullable=False, server_default=text("'[]'")),  # JSON array, newest first
    text_column("company_access"),  # to the cases of the own company: view, comment, or "" for none
    Column("joined_into", identifier(), index=True),  # the contact of the same person who stays; NULL: this one
    moment_column("away_until", nullable=True),  # by their out-of-office note
)

cases = Table(
    "cases",
    metadata,
    id_column(),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("key", Text, nullable=False, unique=True),
    text_column("summary"),
    Column("status", Text, nullable=False),
    text_column("case_type"),
    text_column("priority"),
    moment_column("created_at"),
    moment_column("updated_at"),
    Column("reporter_id", identifier(), ForeignKey("contacts.id"), nullable=False, index=True),
    Column("customer_id", identifier(), ForeignKey("customers.id"), index=True),
    text_column("component"),
    text_column("assignee"),
    text_column("description"),
    moment_column("resolved_at", nullable=True),
    text_column("environment"),
    Column(
        "version", Integer, nullable=False, server_default=text("1")
    ),  # counts the writes, so that nobody overwrites what they have not seen
    Column("merged_into", identifier(), ForeignKey("cases.id")),  # the case that a duplicate became part of
    Column("due_at", Moment, nullable=False, server_default=text("'9999-12-31T00:00:00.000000+00:00'")),  # NEVER: no answer is due
    Index("ix_cases_status", "status", "id"),
    Index("ix_cases_queue", "status", "due_at", "id"),  # the queues of the desk, each status in order
    Index("ix_cases_assignee", "assignee", "status", "due_at", "id"),
    # Duplicates of a case: few cases are.
    partial_index("ix_cases_merged_into", "merged_into", where="merged_into IS NOT NULL"),
)

participants = Table(
    "participants",
    metadata,
    Column("case_id", identifier(), ForeignKey("cases.id"), primary_key=True),
    Column("contact_id", identifier(), ForeignKey("contacts.id"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("approved", Boolean, nullable=False),
    Index("ix_participants_contact_id", "contact_id"),
)

comments = Table(
    "comments",
    metadata,
    id_column(),
    Column("case_id", identifier(), ForeignKey("cases.id"), nullable=False),
    Column("kind", Text, nullable=False),
    text_column("text"),
    Column("author_kind", Text, nullable=False),
    text_column("author_name"),
    Column("author_contact_id", identifier()),
    moment_column("created_at"),
    Column("journal_id", identifier(), unique=True),  # exactly once: a second comment for one mail cannot be written
    text_column("signature"),
    text_column("quoted"),
    flag_column("forwarded"),
    Index("ix_comments_case_id", "case_id", "id"),
)

relay_ids = Table(
    "relay_ids",
    metadata,
    # An id means something for the contact who taught it alone: nobody can take an id from another by being first.
    Column("sha256", Sha256, primary_key=True),
    Column("contact_id", identifier(), ForeignKey("contacts.id"), primary_key=True),
    Column("case_id", identifier(), ForeignKey("cases.id"), nullable=False),
    Column("journal_id", identifier(), nullable=False),
    moment_column("learned_at"),
    moment_column("valid_until"),
    Index("ix_relay_ids_contact_id", "contact_id", "case_id"),  # how many there are, for the bound
    Index("ix_relay_ids_valid_until", "valid_until"),  # retention
    sqlite_with_rowid=False,
)

comment_files = Table(
    "comment_files",
    metadata,
    Column("comment_id", identifier(), ForeignKey("comments.id"), primary_key=True),
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    Column("sha256", Sha256, nullable=False, index=True),
    text_column("filename"),
    text_column("content_type"),
    Column("size_bytes", Integer, nullable=False),
    text_column("disposition"),
    text_column("content_id"),
)

events = Table(
    "events",
    metadata,
    id_column(),
    Column("case_id", identifier(), ForeignKey("cases.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    text_column("actor_name"),
    Column("actor_contact_id", identifier()),
    moment_column("at"),
    Column("facts", PlainText, nullable=False),  # JSON object
    Index("ix_events_case_id", "case_id", "id"),
)
