"""The tables, and why each index stands. The migrations build the same; a test compares them.

Two rules hold for every table with work in it. `due_at` is when a worker may next take the row, and NULL when the row is final: a check
constraint ties it to `state`, so that no row can be unfinished and forgotten. The index that workers use covers only rows with a
`due_at`, so that taking work costs the same whatever the history holds. Keys are UUIDv7 made by the writer: inserts are in order and need
no sequence.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)

from mailgate.store.columns import Moment, PlainText, Sha256, identifier

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _key() -> Column[str]:
    return Column("id", identifier(), primary_key=True)


def _text(name: str, **more: Any) -> Column[str]:
    """A text that is there, if empty."""
    return Column(name, PlainText, nullable=False, server_default=text("''"), **more)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def _moment(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Moment, nullable=nullable)


def _due(table: str, where: str = "due_at IS NOT NULL", name: str = "due") -> Index:
    condition = text(where)
    return Index(f"ix_{table}_{name}", "due_at", "id", postgresql_where=condition, sqlite_where=condition)


def _ties_due_at_to(*states: str) -> CheckConstraint:
    listed = ", ".join(f"'{state}'" for state in states)
    return CheckConstraint(f"(due_at IS NOT NULL) = (state IN ({listed}))", name="due_at_iff_unfinished")


# Accept ------------------------------------------------------------------------------------------------------------------------------

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    _moment("kept_at"),  # when they came last; retention goes by it
)

journal = Table(
    "journal",
    metadata,
    _key(),
    _moment("accepted_at"),
    Column("reverse_path", PlainText),  # NULL is <>
    Column("recipients", Text, nullable=False),  # JSON array
    _text("client_address"),
    _text("helo"),
    _text("protocol"),
    _flag("tls"),
    _flag("smtp_utf8"),
    Column("notes", Text, nullable=False, server_default=text("'[]'")),  # JSON array
    Column("raw_sha256", Sha256, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("state", Text, nullable=False),
    _count("attempts"),
    _count("lease_token"),
    _moment("due_at", nullable=True),
    _text("error"),
    _text("release"),  # what a person ordered when they released it, as JSON
    _flag("raw_expired"),
    _ties_due_at_to("pending"),
    # Fresh rows are taken in batches, rows tried before one at a time: each kind has its own queue.
    _due("journal", "due_at IS NOT NULL AND attempts = 0", "fresh"),
    _due("journal", "due_at IS NOT NULL AND attempts > 0", "tried"),
    Index("ix_journal_state", "state", "id"),  # the ledger's counts and the lists per state, without reading the rows
    # Retention: entries whose bytes have not expired, oldest first.
    Index("ix_journal_raw_kept", "accepted_at", postgresql_where=text("NOT raw_expired"), sqlite_where=text("NOT raw_expired")),
)

submissions = Table(
    "submissions",
    metadata,
    Column("submission_key", Sha256, primary_key=True),
    Column("journal_id", identifier(), nullable=False),
    _moment("accepted_at"),
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
    _moment("decided_at"),
    _text("rule"),
    _text("reason"),
    _text("kind"),
    _text("trust"),
    Column("case_id", identifier()),
    _text("policy_version"),
    Column("trail", PlainText, nullable=False),  # JSON
    Column("message_id", PlainText),
    _text("author"),
    _text("subject"),
    Column("defects", Text, nullable=False, server_default=text("'[]'")),  # JSON array
    Index("ix_decisions_message_id", "message_id"),
)

entry_tags = Table(
    "entry_tags",
    metadata,
    Column("journal_id", identifier(), ForeignKey("journal.id"), primary_key=True),
    Column("tag", PlainText, primary_key=True),
    Index("ix_entry_tags_tag", "tag", "journal_id"),  # the list of one tag, newest first
)

# Cases -------------------------------------------------------------------------------------------------------------------------------

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

customers = Table(
    "customers",
    metadata,
    _key(),
    _text("name"),
    _text("agreement"),
    _text("language"),
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
    _key(),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("address", PlainText, nullable=False),
    Column("address_lower", PlainText, nullable=False, unique=True),
    _text("name"),
    _text("language"),
    Column("customer_id", identifier(), ForeignKey("customers.id"), index=True),
)

cases = Table(
    "cases",
    metadata,
    _key(),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("key", Text, nullable=False, unique=True),
    _text("summary"),
    Column("status", Text, nullable=False),
    _text("case_type"),
    _text("priority"),
    _moment("created_at"),
    _moment("updated_at"),
    Column("reporter_id", identifier(), ForeignKey("contacts.id"), nullable=False, index=True),
    Column("customer_id", identifier(), ForeignKey("customers.id"), index=True),
    _text("component"),
    _text("assignee"),
    _text("description"),
    _moment("resolved_at", nullable=True),
    Index("ix_cases_status", "status", "id"),
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
    _key(),
    Column("case_id", identifier(), ForeignKey("cases.id"), nullable=False),
    Column("kind", Text, nullable=False),
    _text("text"),
    Column("author_kind", Text, nullable=False),
    _text("author_name"),
    Column("author_contact_id", identifier()),
    _moment("created_at"),
    Column("journal_id", identifier(), unique=True),  # exactly once: a second comment for one mail cannot be written
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
    _moment("learned_at"),
    _moment("valid_until"),
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
    _text("filename"),
    _text("content_type"),
    Column("size_bytes", Integer, nullable=False),
    _text("disposition"),
    _text("content_id"),
)

events = Table(
    "events",
    metadata,
    _key(),
    Column("case_id", identifier(), ForeignKey("cases.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    _text("actor_name"),
    Column("actor_contact_id", identifier()),
    _moment("at"),
    Column("facts", PlainText, nullable=False),  # JSON object
    Index("ix_events_case_id", "case_id", "id"),
)

# Tell --------------------------------------------------------------------------------------------------------------------------------

notices = Table(
    "notices",
    metadata,
    _key(),
    Column("group_key", PlainText, nullable=False),
    Column("kind", Text, nullable=False),
    Column("address", PlainText, nullable=False),
    _moment("created_at"),
    Column("case_id", identifier()),
    Column("contact_id", identifier()),
    Column("event_id", identifier()),
    Column("journal_id", identifier(), index=True),  # the ledger asks what a mail has caused
    _text("language"),
    Column("facts", PlainText, nullable=False),  # JSON object
    Column("state", Text, nullable=False),
    _count("attempts"),
    _count("lease_token"),
    _moment("due_at", nullable=True),
    Column("outbox_id", identifier()),
    _text("error"),
    _ties_due_at_to("pending", "rendering"),
    _due("notices", "due_at IS NOT NULL AND attempts = 0", "fresh"),
    _due("notices", "due_at IS NOT NULL AND attempts > 0", "tried"),
    Index("ix_notices_group_key", "group_key", postgresql_where=text("due_at IS NOT NULL"), sqlite_where=text("due_at IS NOT NULL")),
    Index("ix_notices_state", "state", "id"),
)

outbox = Table(
    "outbox",
    metadata,
    _key(),
    _text("template"),
    Column("address", PlainText, nullable=False),
    Column("reverse_path", PlainText),  # NULL is <>
    Column("message_id", PlainText, nullable=False, unique=True),
    _moment("created_at"),
    _moment("expires_at"),
    Column("case_id", identifier()),
    Column("contact_id", identifier()),
    Column("journal_id", identifier()),
    _flag("at_most_once"),
    _text("language"),
    _text("subject"),
    Column("size_bytes", Integer, nullable=False),
    Column("state", Text, nullable=False),
    _count("attempts"),
    _count("lost"),  # attempts that ended with the lease, not with an answer
    _count("lease_token"),
    _moment("due_at", nullable=True),
    _text("error"),
    _text("delivery"),
    _text("delivery_status"),
    _text("delivery_text"),
    _ties_due_at_to("pending", "sending", "deferred"),
    _due("outbox"),
    _due("outbox", "state = 'sending'", "sending"),
    Index("ix_outbox_state", "state", "id"),
    Index("ix_outbox_case_id", "case_id", "id"),
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
    _key(),
    Column("outbox_id", identifier(), ForeignKey("outbox.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    _moment("started_at"),
    _moment("ended_at"),
    _text("host"),
    Column("code", SmallInteger, nullable=False, server_default=text("0")),
    _text("enhanced"),
    _text("text"),
)

# What limits the automatic answer ----------------------------------------------------------------------------------------------------

answers = Table(
    "answers",
    metadata,
    Column("address", PlainText, primary_key=True),  # lower case
    Column("template", Text, primary_key=True),
    _moment("answered_at"),
    Index("ix_answers_answered_at", "answered_at"),
)

answer_log = Table(
    "answer_log",
    metadata,
    _key(),
    _text("domain"),
    _moment("answered_at"),
    _text("address"),
    Index("ix_answer_log_answered_at", "answered_at", "domain"),
    Index("ix_answer_log_address", "address", "answered_at"),
)

seen_content = Table(
    "seen_content",
    metadata,
    _key(),
    Column("fingerprint", Text, nullable=False),  # hash of what a mail says; or, with a colon, what a cap counts (`inbound.caps`)
    _moment("seen_at"),
    Index("ix_seen_content_fingerprint", "fingerprint", "seen_at"),
    Index("ix_seen_content_seen_at", "seen_at"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address", PlainText, primary_key=True),  # lower case
    _text("reason"),
    _moment("created_at"),
    Column("cause", Text, nullable=False, server_default=text("'operator'")),
    _moment("until", nullable=True),
)

soft_bounces = Table(
    "soft_bounces",
    metadata,
    Column("address", PlainText, primary_key=True),  # lower case
    Column("outbox_id", identifier(), primary_key=True),  # the mail that came back: each counts once
    _moment("bounced_at"),
    Index("ix_soft_bounces_bounced_at", "bounced_at"),
)

# What people did by hand ----------------------------------------------------------------------------------------------------------------

interventions = Table(
    "interventions",
    metadata,
    # Written in the transaction of the action, about one entry or one outgoing mail. Rows are only added.
    _key(),
    _moment("at"),
    _text("operator"),
    Column("verb", Text, nullable=False),
    Column("journal_id", identifier(), ForeignKey("journal.id")),
    Column("outbox_id", identifier(), ForeignKey("outbox.id")),
    Column("from_state", Text, nullable=False),
    Column("to_state", Text, nullable=False),
    _text("reason"),
    Column("detail", PlainText, nullable=False),  # JSON object
    CheckConstraint("(journal_id IS NULL) <> (outbox_id IS NULL)", name="about_one_thing"),
    Index("ix_interventions_journal_id", "journal_id", "id"),
    Index("ix_interventions_outbox_id", "outbox_id", "id"),
)

# The operators' policy ----------------------------------------------------------------------------------------------------------------

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),  # the document byte for byte; sha256 is of its UTF-8
    Column("sha256", Sha256, nullable=False),
    _text("author"),
    _text("comment"),
    _moment("created_at"),
)

policy_activations = Table(
    "policy_activations",
    metadata,
    # The row with the highest sequence names the version in force. Rows are only added: they are the record of who did what.
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, ForeignKey("policy_versions.number"), nullable=False),
    Column("what", Text, nullable=False),
    _text("author"),
    _text("comment"),
    _moment("at"),
)

# What the listener refused, for the report -------------------------------------------------------------------------------------------

legacy_refusals = Table(
    "legacy_refusals",
    metadata,
    Column("day", Text, primary_key=True),  # local, ISO 8601: in order as text
    Column("address", PlainText, primary_key=True),  # lower case; "" for more than are kept apart
    Column("times", Integer, nullable=False),
)
