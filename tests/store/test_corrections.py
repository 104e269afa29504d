"""Errata and restrictions, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from veille.model.edition import EditionContent, Restriction
from veille.model.states import Every, Visibility
from veille.store import corrections, editions

if TYPE_CHECKING:
    from veille.store.database import Database

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


@pytest.fixture
def published(db: Database) -> int:
    """A published edition without links: its number in the database."""
    with db.write() as conn:
        digest = editions.create_digest(
            conn, slug="cinq", title="Cinq", links=5, every=Every.MONTH, locale="fr", query=None, at=NOW
        )  # fmt: skip
        made = editions.create(conn, digest, "2026-11", at=NOW)
        content = EditionContent(
            digest="cinq", digest_title="Cinq", number=1, period="2026-11", locale="fr", title="T", intro=None, picks=()
        )  # fmt: skip
        editions.publish(conn, made.id, at=NOW, content=content)
    return made.id


def test_notices_come_oldest_first_with_the_edition(db: Database, published: int) -> None:
    """A20: what was stored is what the archive is built from."""
    with db.write() as conn:
        made = [
            corrections.add_erratum(
                conn, published, item=None, text=text, withdraws=False, by="c", at=NOW + timedelta(days=day)
            )
            for text, day in (("second", 2), ("premier", 1))
        ]  # fmt: skip
    with db.read() as conn:
        (edition,) = editions.published(conn)
    assert edition.errata == (made[1], made[0])
    assert edition.updated_at == NOW + timedelta(days=2)
    with db.write() as conn:
        corrections.remove_erratum(conn, made[0].id)
        assert editions.published(conn)[0].errata == (made[1],)


def test_the_last_word_on_visibility_counts(db: Database, published: int) -> None:
    """A23: public, internal, withdrawn, and back."""
    internal = Restriction(visibility=Visibility.INTERNAL, at=NOW, by="c", reason=None)
    withdrawn = Restriction(visibility=Visibility.WITHDRAWN, at=NOW, by="d", reason="Une erreur.")
    for word, seen in (
        (internal, Visibility.INTERNAL),
        (withdrawn, Visibility.WITHDRAWN),
        (None, Visibility.PUBLIC),
    ):
        with db.write() as conn:
            corrections.restrict(conn, published, word)
        with db.read() as conn:
            (edition,) = editions.published(conn)
        assert (edition.restriction, edition.visibility) == (word, seen)
