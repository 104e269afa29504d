"""The thesaurus of tags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import folded, identifier, index, reference, texts

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables of terms and of their names."""
    op.create_table(
        "term",
        identifier(),
        folded("key"),
        *texts("name", "synonyms"),
        sa.Column("broader_id", sa.Integer(), sa.ForeignKey("term.id", ondelete="SET NULL")),
        *texts("note", "fr", "en", nullable=True),
        sa.UniqueConstraint("key"),
    )
    index("term", "broader_id")
    op.create_table(
        "term_name", folded("key", key=True), reference("term"), sqlite_with_rowid=False
    )
    index("term_name", "term_id")
