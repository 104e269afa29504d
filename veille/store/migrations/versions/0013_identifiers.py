"""What names the works behind items: DOI, arXiv, HAL, PubMed, ISBN."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import flag, index, reference

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table; items that are there get their identifiers when they change or are read."""
    op.create_table(
        "item_identifier",
        reference("item", key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        flag("own"),
        sqlite_with_rowid=False,
    )
    index("item_identifier", "key")
