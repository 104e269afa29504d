"""Where the pages of digests are, and were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import index, integers, reference

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "digest_address",
        sa.Column("address", sa.Text(), primary_key=True),
        reference("digest"),
        *integers("last", nullable=True),
        sqlite_with_rowid=False,
    )
    index("digest_address", "digest_id")
