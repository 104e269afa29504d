"""Reader apps: their tokens, and what each curator read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import (
    flag,
    identifier,
    index,
    instants,
    integers,
    reference,
    texts,
)

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "app_token",
        identifier(),
        *texts("handle", "name", "key", "hash"),
        flag("read_only"),
        *instants("created"),
        *instants("used", nullable=True),
        *integers("listed", nullable=True),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("handle", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "reading",
        sa.Column("handle", sa.Text(), primary_key=True),
        reference("item", key=True),
        flag("read"),
        *texts("batch", nullable=True),
        sqlite_with_rowid=False,
    )
    index("reading", "item_id")
    index("reading", "batch")
