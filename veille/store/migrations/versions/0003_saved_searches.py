"""Searches with a name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import folded, identifier, instants, texts

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of saved searches."""
    op.create_table(
        "saved_search",
        identifier(),
        folded("key"),
        *texts("name", "query", "by"),
        *instants("at"),
        sa.UniqueConstraint("key"),
    )
