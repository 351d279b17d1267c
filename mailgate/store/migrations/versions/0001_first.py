"""The schema of release 0.1.0: one function per table, in the order that foreign keys need."""

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment, PlainText, Sha256, identifier

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(condition), sqlite_where=sa.text(condition))


def upgrade() -> None:
    _answer_log()
    _answers()
    _blobs()
    _counters()
    _customers()
    _journal()
    _notices()
    _outbox()
    _seen_content()
    _submissions()
    _suppressions()
    _tallies()
    _attempts()
    _contacts()
    _customer_domains()
    _decisions()
    _outbox_mails()
    _cases()
    _comments()
    _events()
    _participants()
    _comment_files()
    if op.get_bind().dialect.name == "postgresql":
        # Attachments are packed already: trying to compress every mail costs more than it saves.
        op.execute("ALTER TABLE blobs ALTER COLUMN content SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE outbox_mails ALTER COLUMN raw SET STORAGE EXTERNAL")


def _answer_log() -> None:
    op.create_table(
        "answer_log",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("domain", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("answered_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_log")),
    )
    op.create_index("ix_answer_log_answered_at", "answer_log", ["answered_at", "domain"], unique=False)


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("address", PlainText(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("address", "template", name=op.f("pk_answers")),
    )
    op.create_index("ix_answers_answered_at", "answers", ["answered_at"], unique=False)


def _blobs() -> None:
    op.create_table(
        "blobs",
        sa.Column("sha256", Sha256(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blobs")),
    )


def _counters() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("name", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("agreement", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("accepted_at", Moment(), nullable=False),
        sa.Column("reverse_path", PlainText(), nullable=True),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("client_address", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("helo", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("protocol", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("tls", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("smtp_utf8", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("notes", sa.Text(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("raw_sha256", Sha256(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_token", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("error", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("release", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("raw_expired", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("(due_at IS NOT NULL) = (state IN ('pending'))", name=op.f("ck_journal_due_at_iff_unfinished")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    _partial_index("ix_journal_fresh", "journal", ["due_at", "id"], "due_at IS NOT NULL AND attempts = 0")
    _partial_index("ix_journal_raw_kept", "journal", ["accepted_at"], "NOT raw_expired")
    op.create_index("ix_journal_state", "journal", ["state", "id"], unique=False)
    _partial_index("ix_journal_tried", "journal", ["due_at", "id"], "due_at IS NOT NULL AND attempts > 0")


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("group_key", PlainText(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", PlainText(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("case_id", identifier(), nullable=True),
        sa.Column("contact_id", identifier(), nullable=True),
        sa.Column("event_id", identifier(), nullable=True),
        sa.Column("journal_id", identifier(), nullable=True),
        sa.Column("language", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("facts", PlainText(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_token", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("outbox_id", identifier(), nullable=True),
        sa.Column("error", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("(due_at IS NOT NULL) = (state IN ('pending', 'rendering'))", name=op.f("ck_notices_due_at_iff_unfinished")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    _partial_index("ix_notices_fresh", "notices", ["due_at", "id"], "due_at IS NOT NULL AND attempts = 0")
    _partial_index("ix_notices_group_key", "notices", ["group_key"], "due_at IS NOT NULL")
    op.create_index(op.f("ix_notices_journal_id"), "notices", ["journal_id"], unique=False)
    op.create_index("ix_notices_state", "notices", ["state", "id"], unique=False)
    _partial_index("ix_notices_tried", "notices", ["due_at", "id"], "due_at IS NOT NULL AND attempts > 0")


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("template", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("address", PlainText(), nullable=False),
        sa.Column("reverse_path", PlainText(), nullable=True),
        sa.Column("message_id", PlainText(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("case_id", identifier(), nullable=True),
        sa.Column("contact_id", identifier(), nullable=True),
        sa.Column("journal_id", identifier(), nullable=True),
        sa.Column("at_most_once", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("language", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("subject", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lost", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_token", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("error", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("delivery", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("delivery_status", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("delivery_text", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "(due_at IS NOT NULL) = (state IN ('pending', 'sending', 'deferred'))", name=op.f("ck_outbox_due_at_iff_unfinished")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    op.create_index("ix_outbox_case_id", "outbox", ["case_id", "id"], unique=False)
    _partial_index("ix_outbox_due", "outbox", ["due_at", "id"], "due_at IS NOT NULL")
    _partial_index("ix_outbox_sending", "outbox", ["due_at", "id"], "state = 'sending'")
    op.create_index("ix_outbox_state", "outbox", ["state", "id"], unique=False)


def _seen_content() -> None:
    op.create_table(
        "seen_content",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seen_content")),
    )
    op.create_index("ix_seen_content_fingerprint", "seen_content", ["fingerprint", "seen_at"], unique=False)
    op.create_index("ix_seen_content_seen_at", "seen_content", ["seen_at"], unique=False)


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("submission_key", Sha256(), nullable=False),
        sa.Column("journal_id", identifier(), nullable=False),
        sa.Column("accepted_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("submission_key", name=op.f("pk_submissions")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_submissions_accepted_at", "submissions", ["accepted_at"], unique=False)


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("address", PlainText(), nullable=False),
        sa.Column("reason", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_suppressions")),
    )


def _tallies() -> None:
    op.create_table(
        "tallies",
        sa.Column("writer", identifier(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("writer", name=op.f("pk_tallies")),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("outbox_id", identifier(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=False),
        sa.Column("host", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("enhanced", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("text", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_attempts_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_outbox_id"), "attempts", ["outbox_id"], unique=False)


def _contacts() -> None:
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


def _customer_domains() -> None:
    op.create_table(
        "customer_domains",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("customer_id", identifier(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_domains_customer_id")),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_customer_domains")),
    )
    op.create_index(op.f("ix_customer_domains_customer_id"), "customer_domains", ["customer_id"], unique=False)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("journal_id", identifier(), nullable=False),
        sa.Column("decided_at", Moment(), nullable=False),
        sa.Column("rule", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("trust", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("case_id", identifier(), nullable=True),
        sa.Column("policy_version", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("trail", PlainText(), nullable=False),
        sa.Column("message_id", PlainText(), nullable=True),
        sa.Column("author", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("subject", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("defects", sa.Text(), server_default=sa.text("'[]'"), nullable=False),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"], name=op.f("fk_decisions_journal_id")),
        sa.PrimaryKeyConstraint("journal_id", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_message_id", "decisions", ["message_id"], unique=False)


def _outbox_mails() -> None:
    op.create_table(
        "outbox_mails",
        sa.Column("outbox_id", identifier(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_outbox_mails_outbox_id")),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_outbox_mails")),
    )


def _cases() -> None:
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


def _comments() -> None:
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


def _events() -> None:
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


def _participants() -> None:
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


def _comment_files() -> None:
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
