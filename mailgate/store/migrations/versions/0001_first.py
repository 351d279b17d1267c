"""The schema of release 0.1.0, in the order that foreign keys need; the tables are in `first_mail`, `first_counts` and `first_cases`."""

from alembic import op

from mailgate.store.migrations import first_cases, first_counts, first_mail

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    first_counts.answer_log()
    first_counts.answers()
    first_mail.blobs()
    first_counts.counters()
    first_cases.customers()
    first_mail.journal()
    first_mail.notices()
    first_mail.outbox()
    first_counts.seen_content()
    first_counts.submissions()
    first_counts.suppressions()
    first_counts.tallies()
    first_mail.attempts()
    first_cases.contacts()
    first_cases.customer_domains()
    first_mail.decisions()
    first_mail.outbox_mails()
    first_cases.cases()
    first_cases.comments()
    first_cases.events()
    first_cases.participants()
    first_cases.comment_files()
    if op.get_bind().dialect.name == "postgresql":
        # Attachments are packed already: trying to compress every mail costs more than it saves.
        op.execute("ALTER TABLE blobs ALTER COLUMN content SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE outbox_mails ALTER COLUMN raw SET STORAGE EXTERNAL")
