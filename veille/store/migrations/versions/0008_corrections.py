"""What is said of an edition after it came out: errata, and who may still see it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import (
    flag,
    identifier,
    index,
    instants,
    one_of,
    reference,
    texts,
)

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables of errata and restrictions."""
    op.create_table(
        "erratum",
        identifier(),
        reference("edition"),
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="RESTRICT")),
        *instants("at"),
        *texts("by", "text"),
        flag("withdraws"),
    )
    index("erratum", "edition_id")
    op.create_table(
        "restriction",
        reference("edition", key=True),
        *texts("visibility"),
        *instants("at"),
        *texts("by"),
        *texts("reason", nullable=True),
        one_of("visibility", "public", "internal", "withdrawn"),
        sqlite_with_rowid=False,
    )
