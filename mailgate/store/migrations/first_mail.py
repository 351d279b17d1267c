"""Tables of migration 0001: mail that comes in and goes out.

In: the operations of Alembic. These tables are never changed here: a later migration changes them.
"""

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment, PlainText, Sha256, identifier


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(condition), sqlite_where=sa.text(condition))


def blobs() -> None:
    """Make the table `blobs`."""
    op.create_table(
        "blobs",
        sa.Column("sha256", Sha256(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blobs")),
    )


def journal() -> None:
    """Make the table `journal`."""
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


def notices() -> None:
    """Make the table `notices`."""
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


def outbox() -> None:
    """Make the table `outbox`."""
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


def attempts() -> None:
    """Make the table `attempts`."""
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


def decisions() -> None:
    """Make the table `decisions`."""
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


def outbox_mails() -> None:
    """Make the table `outbox_mails`."""
    op.create_table(
        "outbox_mails",
        sa.Column("outbox_id", identifier(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_outbox_mails_outbox_id")),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_outbox_mails")),
    )
