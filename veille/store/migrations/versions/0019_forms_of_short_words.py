"""The full-text index anew: "îles" is not searched as "il" any more, nor "using" as "us"."""

from __future__ import annotations

from alembic import op

from veille.store import fulltext

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Index everything again, by the rules that searches go by now."""
    fulltext.rebuild(op.get_bind())
