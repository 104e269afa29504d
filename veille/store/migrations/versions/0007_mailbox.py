"""Letters that were judged, and what readers suggested."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations.columns import (
    folded,
    identifier,
    index,
    instants,
    one_of,
    reference,
    texts,
)

revision = "0007"
down_revision = "0006"

_KINDS = "failure delay receipt complaint automatic personal unreadable"
_OUTCOMES = "bounced delayed left suggested asked ignored known"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "letter",
        identifier(),
        *texts("mailbox", "place", "identity", "kind", "outcome"),
        *instants("at"),
        sa.UniqueConstraint("mailbox", "place"),
        one_of("kind", *_KINDS.split()),
        one_of("outcome", *_OUTCOMES.split()),
    )
    index("letter", "identity")
    op.create_table(
        "suggestion",
        reference("item", key=True),
        folded("reader", key=True),
        *texts("address"),
        *texts("name", nullable=True),
        *instants("at"),
        sqlite_with_rowid=False,
    )
    index("suggestion", "reader")
    index("delivery", "recipient")
