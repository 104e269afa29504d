"""The house's own rules: who said yes to an edition, and mails to those who made it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import (
    folded,
    identifier,
    index,
    instants,
    integers,
    one_of,
    reference,
    texts,
)

revision = "0004"
down_revision = "0003"

_STATES = "planned claimed committing accepted deferred rejected uncertain skipped bounced"


def upgrade() -> None:
    """Make the tables; an approval that was given counts."""
    op.create_table(
        "approval",
        reference("edition", key=True),
        sa.Column("by", sa.Text(), primary_key=True, nullable=False),
        *instants("at"),
        *texts("sha256"),
        sqlite_with_rowid=False,
    )
    op.execute(
        'INSERT INTO approval (edition_id, "by", at, sha256) '
        "SELECT id, approved_by, approved_at, approved_hash FROM edition "
        "WHERE approved_hash IS NOT NULL"
    )
    op.create_table(
        "notice",
        identifier(),
        reference("edition", on_delete="RESTRICT"),
        *texts("kind", "address", "message_id", "state"),
        folded("recipient"),
        *instants("planned_at", "at"),
        *integers("code", nullable=True),
        *texts("reply", nullable=True),
        sa.UniqueConstraint("kind", "edition_id", "recipient"),
        sa.UniqueConstraint("message_id"),
        one_of("kind", "thanks", "reminder"),
        one_of("state", *_STATES.split()),
    )
    index("notice", "edition_id")
