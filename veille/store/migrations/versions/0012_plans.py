"""Runs by itself: plans of digests, milestones, jobs, alerts, and the pulse of the loop."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import instants, integers, one_of, reference, texts

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "plan",
        reference("digest", key=True),
        *texts("rule", "zone", "clock"),
        *integers("draft", "remind", "freeze"),
        sa.Column("since", sa.Date(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "milestone",
        reference("digest", key=True),
        sa.Column("period", sa.Text(), primary_key=True, nullable=False),
        sa.Column("step", sa.Text(), primary_key=True, nullable=False),
        *instants("at"),
        one_of("step", "draft", "remind", "freeze", "send", "tell"),
        sqlite_with_rowid=False,
    )
    _jobs()
    op.create_table(
        "pulse",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        *texts("host", "version"),
        *integers("process"),
        *instants("started", "beat"),
        *instants("stopped", nullable=True),
    )


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("name", sa.Text(), primary_key=True, nullable=False),
        *instants("started"),
        *instants("ended", nullable=True),
        *integers("failures", "deaths"),
        *texts("said", "at_work", nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alert",
        sa.Column("cause", sa.Text(), primary_key=True, nullable=False),
        *instants("since", "told"),
        *texts("message"),
        sqlite_with_rowid=False,
    )
