"""Alembic's way in: runs the revisions on the connection that `mailgate.store.migrate` holds, in its transaction."""

from alembic import context

from mailgate.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
