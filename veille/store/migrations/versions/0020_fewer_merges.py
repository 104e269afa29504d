"""The full-text index merged less often as it grows."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Merge eight pieces of a size instead of four.

    Half of what an insertion takes went into writing again what was written; a search looks into
    some ten pieces more, which takes a tenth of a millisecond each time.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.execute("INSERT INTO item_fts(item_fts, rank) VALUES ('automerge', 8)")
