"""Tables of migration 0001: customers, contacts and cases.

In: the operations of Alembic. These tables are never changed here: a later migration changes them.
"""

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment, PlainText, Sha256, identifier


def customers() -> None:
    """Make the table `customers`."""
    op.create_table(
        "customers",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("name", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("agreement", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )


def contacts() -> None:
    """Make the table `contacts`."""
    op.create_table(
        "contacts",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("address", PlainText(), nullable=False),
        sa.Column("address_lower", PlainText(), nullable=False),
        sa.Column("name", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("customer_id", identifier(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_contacts_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("address_lower", name=op.f("uq_contacts_address_lower")),
        sa.UniqueConstraint("number", name=op.f("uq_contacts_number")),
    )
    op.create_index(op.f("ix_contacts_customer_id"), "contacts", ["customer_id"], unique=False)


def customer_domains() -> None:
    """Make the table `customer_domains`."""
    op.create_table(
        "customer_domains",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("customer_id", identifier(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_domains_customer_id")),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_customer_domains")),
    )
    op.create_index(op.f("ix_customer_domains_customer_id"), "customer_domains", ["customer_id"], unique=False)


def cases() -> None:
    """Make the table `cases`."""
    op.create_table(
        "cases",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("summary", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("case_type", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("priority", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("reporter_id", identifier(), nullable=False),
        sa.Column("customer_id", identifier(), nullable=True),
        sa.Column("component", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("assignee", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("description", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("resolved_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_cases_customer_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["contacts.id"], name=op.f("fk_cases_reporter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("key", name=op.f("uq_cases_key")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    op.create_index(op.f("ix_cases_customer_id"), "cases", ["customer_id"], unique=False)
    op.create_index(op.f("ix_cases_reporter_id"), "cases", ["reporter_id"], unique=False)
    op.create_index("ix_cases_status", "cases", ["status", "id"], unique=False)


def comments() -> None:
    """Make the table `comments`."""
    op.create_table(
        "comments",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("case_id", identifier(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("author_kind", sa.Text(), nullable=False),
        sa.Column("author_name", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("author_contact_id", identifier(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("journal_id", identifier(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_comments_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("journal_id", name=op.f("uq_comments_journal_id")),
    )
    op.create_index("ix_comments_case_id", "comments", ["case_id", "id"], unique=False)


def events() -> None:
    """Make the table `events`."""
    op.create_table(
        "events",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("case_id", identifier(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_name", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("actor_contact_id", identifier(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("facts", PlainText(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_events_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_case_id", "events", ["case_id", "id"], unique=False)


def participants() -> None:
    """Make the table `participants`."""
    op.create_table(
        "participants",
        sa.Column("case_id", identifier(), nullable=False),
        sa.Column("contact_id", identifier(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_participants_case_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_participants_contact_id")),
        sa.PrimaryKeyConstraint("case_id", "contact_id", name=op.f("pk_participants")),
    )
    op.create_index("ix_participants_contact_id", "participants", ["contact_id"], unique=False)


def comment_files() -> None:
    """Make the table `comment_files`."""
    op.create_table(
        "comment_files",
        sa.Column("comment_id", identifier(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", Sha256(), nullable=False),
        sa.Column("filename", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("content_type", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("disposition", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("content_id", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_comment_files_comment_id")),
        sa.PrimaryKeyConstraint("comment_id", "position", name=op.f("pk_comment_files")),
    )
    op.create_index(op.f("ix_comment_files_sha256"), "comment_files", ["sha256"], unique=False)
