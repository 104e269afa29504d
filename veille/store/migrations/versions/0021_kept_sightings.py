"""What of each source was kept, counted without a look at the items."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make the column and its index; a million sightings take three seconds."""
    op.add_column(
        "sighting", sa.Column("kept", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(
        "UPDATE sighting SET kept = true "
        "WHERE item_id IN (SELECT id FROM item WHERE state = 'kept')"
    )
    op.create_index(
        "ix_sighting_kept",
        "sighting",
        ["source_id", "item_id"],
        sqlite_where=sa.text("kept = 1"),
        postgresql_where=sa.text("kept"),
    )
