"""An index of the words of cases: FTS5 on SQLite, tsvector with the Norwegian configuration on PostgreSQL; filled from what is there.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

from alembic import op

from mailgate.store.repositories.case_index import fill, make_configuration

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SQLITE = """
    CREATE VIRTUAL TABLE case_search USING fts5(
        public, internal, detail = 'column', columnsize = 0, prefix = '3', tokenize = 'ascii'
    )
"""
_POSTGRES = (
    """
    CREATE TABLE case_search (
        case_id uuid NOT NULL CONSTRAINT pk_case_search PRIMARY KEY CONSTRAINT fk_case_search_case_id REFERENCES cases (id),
        words tsvector NOT NULL,
        chars integer NOT NULL
    )
    """,
    "CREATE INDEX ix_case_search_words ON case_search USING gin (words)",
)


def upgrade() -> None:
    connection = op.get_bind()
    for statement in (_SQLITE,) if connection.dialect.name == "sqlite" else _POSTGRES:
        connection.exec_driver_sql(statement)
    make_configuration(connection)
    fill(connection)
