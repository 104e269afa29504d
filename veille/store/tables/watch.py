"""The unattended loop: plans of digests, what was done of them, jobs, alerts, and its pulse."""

from __future__ import annotations

from sqlalchemy import Column, Date, Integer, Table, Text

from veille.model.plan import Step
from veille.store.tables.metadata import metadata, one_of, reference
from veille.store.types import Instant

plan = Table(
    "plan",
    metadata,
    reference("digest", key=True),
    Column("rule", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("clock", Text, nullable=False),
    Column("draft", Integer, nullable=False),
    Column("remind", Integer, nullable=False),
    Column("freeze", Integer, nullable=False),
    Column("since", Date, nullable=False),
    sqlite_with_rowid=False,
)

# What was done of a date of a plan: a row is a step that never comes again.
milestone = Table(
    "milestone",
    metadata,
    reference("digest", key=True),
    Column("period", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    one_of("step", Step),
    sqlite_with_rowid=False,
)

job = Table(
    "job",
    metadata,
    Column("name", Text, primary_key=True),
    Column("started", Instant, nullable=False),
    Column("ended", Instant),
    Column("failures", Integer, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("said", Text),
    Column("at_work", Text),  # on what it is, for whoever finds it dead
    sqlite_with_rowid=False,
)

# What the operator was told, so that a cause is told once a day.
alert = Table(
    "alert",
    metadata,
    Column("cause", Text, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("told", Instant, nullable=False),
    Column("message", Text, nullable=False),
    sqlite_with_rowid=False,
)

# One row: the loop that runs, or the last that did.
pulse = Table(
    "pulse",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("host", Text, nullable=False),
    Column("process", Integer, nullable=False),
    Column("started", Instant, nullable=False),
    Column("beat", Instant, nullable=False),
    Column("stopped", Instant),
    Column("version", Text, nullable=False),
)
