"""Who left one digest."""

from __future__ import annotations

from alembic import op

from veille.store.migrations.columns import folded, instants, reference

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "departure",
        folded("key", key=True),
        reference("digest", key=True),
        *instants("at"),
        sqlite_with_rowid=False,
    )
