"""Tables of migration 0001: what is counted and remembered about addresses.

In: the operations of Alembic. These tables are never changed here: a later migration changes them.
"""

import sqlalchemy as sa
from alembic import op

from mailgate.store.columns import Moment, PlainText, Sha256, identifier


def answer_log() -> None:
    """Make the table `answer_log`."""
    op.create_table(
        "answer_log",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("domain", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("answered_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_log")),
    )
    op.create_index("ix_answer_log_answered_at", "answer_log", ["answered_at", "domain"], unique=False)


def answers() -> None:
    """Make the table `answers`."""
    op.create_table(
        "answers",
        sa.Column("address", PlainText(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("address", "template", name=op.f("pk_answers")),
    )
    op.create_index("ix_answers_answered_at", "answers", ["answered_at"], unique=False)


def counters() -> None:
    """Make the table `counters`."""
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )


def seen_content() -> None:
    """Make the table `seen_content`."""
    op.create_table(
        "seen_content",
        sa.Column("id", identifier(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seen_content")),
    )
    op.create_index("ix_seen_content_fingerprint", "seen_content", ["fingerprint", "seen_at"], unique=False)
    op.create_index("ix_seen_content_seen_at", "seen_content", ["seen_at"], unique=False)


def submissions() -> None:
    """Make the table `submissions`."""
    op.create_table(
        "submissions",
        sa.Column("submission_key", Sha256(), nullable=False),
        sa.Column("journal_id", identifier(), nullable=False),
        sa.Column("accepted_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("submission_key", name=op.f("pk_submissions")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_submissions_accepted_at", "submissions", ["accepted_at"], unique=False)


def suppressions() -> None:
    """Make the table `suppressions`."""
    op.create_table(
        "suppressions",
        sa.Column("address", PlainText(), nullable=False),
        sa.Column("reason", PlainText(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_suppressions")),
    )


def tallies() -> None:
    """Make the table `tallies`."""
    op.create_table(
        "tallies",
        sa.Column("writer", identifier(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("writer", name=op.f("pk_tallies")),
    )
