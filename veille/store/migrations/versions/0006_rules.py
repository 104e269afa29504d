"""Rules, what they did something to, and what they keep for review."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import (
    flag,
    folded,
    identifier,
    index,
    instants,
    reference,
    texts,
)

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables of rules."""
    op.create_table(
        "rule",
        identifier(),
        folded("key"),
        *texts("name", "query", "tags", "by"),
        *(flag(name) for name in ("skip", "review", "paused")),
        *instants("at"),
        sa.UniqueConstraint("key"),
        sa.CheckConstraint("NOT (skip AND review)", name="one_end"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "rule_hit",
        reference("rule", key=True),
        reference("item", key=True),
        *instants("at"),
        *texts("batch"),
        sqlite_with_rowid=False,
    )
    index("rule_hit", "item_id")
    index("rule_hit", "batch")
    op.create_table("item_review", reference("item", key=True), sqlite_with_rowid=False)
