"""Stories: items that tell the same, found by their texts or joined by hand."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import flag, index, integers, reference

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables; the stories of what is there are due."""
    op.add_column("item", *integers("story", nullable=True))
    op.add_column("item", sa.Column("spread", sa.Integer(), nullable=False, server_default="1"))
    index("item", "spread", "ordered", "id")
    told = sa.text("story IS NOT NULL")
    op.create_index("ix_item_story", "item", ["story"], sqlite_where=told, postgresql_where=told)
    op.create_table(
        "sketch",
        sa.Column("number", sa.BigInteger(), primary_key=True),
        sa.Column("day", sa.Integer(), primary_key=True),
        reference("item", key=True),
        sqlite_with_rowid=False,
    )
    index("sketch", "item_id")
    _pairs("resemblance", sa.Column("likeness", sa.Float(), nullable=False))
    _pairs("ruling", flag("together"))
    op.create_table("story_due", reference("item", key=True))
    op.execute("INSERT INTO story_due (item_id) SELECT id FROM item")


def _pairs(table: str, said: sa.Column[Any]) -> None:
    op.create_table(
        table,
        reference("first", to="item", key=True),
        reference("second", to="item", key=True),
        said,
        sqlite_with_rowid=False,
    )
    index(table, "second_id")
