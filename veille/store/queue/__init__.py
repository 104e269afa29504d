"""The queue: errands for workers on any number of machines, in the team's own PostgreSQL.

Procrastinate keeps it, in a schema of its own beside our tables (``veille_queue``), and no other code
knows it. What is in the queue can be dropped at any time: what is due is in our tables, and is
deferred again. ``ground`` makes the schema, ``errands`` puts errands in and looks at them, ``station``
has a worker's errands done.
"""
