"""The journal column `release` is named for what it holds: the operator's decision. Rows keep their content."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('ALTER TABLE journal RENAME COLUMN "release" TO operator_decision')
