"""Runs the migrations on the connection that `checkdam.storage.sql.engine.upgrade` hands over, in its transaction."""

from alembic import context

from checkdam.storage.sql.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True, render_as_batch=False)
with context.begin_transaction():
    context.run_migrations()
