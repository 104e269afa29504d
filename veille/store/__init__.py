"""Everything SQL: model objects in, model objects out.

A module an aggregate, functions that take a connection; the transaction belongs to the caller::

    with database.write() as conn:
        item, created = ingest.add_link(conn, draft, at=now)

:mod:`~veille.store.database` opens a database and gives connections, :mod:`~veille.store.schema`
creates and upgrades one. SQLite and PostgreSQL hold the same tables and give the same answers. There
is one writer at a time on both, so whatever a transaction has read is still true when it writes.
"""
