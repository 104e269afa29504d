"""The index of kept sightings holds all that counting them asks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the index anew: SQLite looks up each row to see what the index is made of."""
    op.drop_index("ix_sighting_kept", "sighting")
    op.create_index(
        "ix_sighting_kept",
        "sighting",
        ["source_id", "item_id", "kept"],
        sqlite_where=sa.text("kept = 1"),
        postgresql_where=sa.text("kept"),
    )
