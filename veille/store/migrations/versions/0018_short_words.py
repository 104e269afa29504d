"""The full-text index anew: "été" is not searched as "et" any more."""

from __future__ import annotations

from alembic import op

from veille.store import fulltext

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Index everything again, by the rules that searches go by now."""
    fulltext.rebuild(op.get_bind())
