"""Alembic's entry: runs the migrations on the connection, in the transaction, that schema.py made."""

from __future__ import annotations

from alembic import context

from veille.store.tables.whole import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by rebuilding it
    transactional_ddl=True,
)
context.run_migrations()
