"""What curators say an item is written in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the column."""
    op.add_column("item", sa.Column("said_language", sa.Text()))
