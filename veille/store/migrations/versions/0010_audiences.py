"""What interests readers, and which part of an edition each gets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import index, integers, reference, texts

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table and the columns."""
    op.create_table(
        "interest",
        reference("subscriber", key=True),
        reference("digest", key=True),
        *texts("query"),
        sqlite_with_rowid=False,
    )
    index("interest", "digest_id")
    op.add_column("digest", *integers("per_reader", nullable=True))
    op.add_column("delivery", sa.Column("selection", sa.Text()))
