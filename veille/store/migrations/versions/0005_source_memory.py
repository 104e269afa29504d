"""What was read of a source's entries, so that they are not read again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import reference

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table; it fills as sources are visited."""
    op.create_table(
        "source_memory",
        reference("source", key=True),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
    )
