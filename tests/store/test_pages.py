"""Items' own pages: which are wanted, and what reading them may change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from veille.model.changes import Changed, Changes, SightingDraft
from veille.model.fetched import Article
from veille.model.item import PageReading
from veille.model.states import FullText, Identity, ItemState, SourceKind
from veille.store import ingest, items, pages, sources

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.model.query import Query
    from veille.store.database import Database

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TAKEN = PageReading(at=NOW, taken=True)
ARTICLE = Article(
    url="https://site.example/un",
    title="Le titre de la page",
    authors=("Élodie Œuvrard",),
    published=NOW - timedelta(days=3),
    language="fr",
    summary="Le résumé de la page.",
    text="Le texte entier de l’article.\n\nSa suite.",
)


def _wanted(db: Database, default: FullText = FullText.ON_KEEP, now: datetime = NOW) -> list[int]:
    with db.read() as conn:
        return [page.item for page in pages.wanted(conn, default=default, now=now, limit=100)]


def _record(db: Database, item: int, read: PageReading, *given: Any, **more: Any) -> None:
    with db.write() as conn:
        pages.record(conn, item, read, *given, **more)


def _search(db: Database, parse: Callable[..., Query], words: str) -> list[int]:
    with db.read() as conn:
        return items.ids(conn, parse(words), now=NOW)


@pytest.fixture
def parse() -> Callable[[str], Query]:
    from zoneinfo import ZoneInfo

    from veille.curation.query import parse as reading

    return lambda text: reading(text, now=NOW, tz=ZoneInfo("UTC"))


def test_the_rule_of_the_first_source_decides_what_is_wanted(db: Database, pool: Any) -> None:
    """A source's own rule holds before the workspace's; what was skipped is never asked."""
    plain, always, never = pool.source(), pool.source(), pool.source()
    found = pool.item("Trouvé ailleurs")
    one, two = pool.collect(plain, pool.draft(), pool.draft())
    inbox, skipped = pool.collect(always, pool.draft(), pool.draft(state=ItemState.SKIPPED))
    (refused,) = pool.collect(never, pool.draft())
    assert _wanted(db) == []
    with db.write() as conn:
        sources.edit(conn, always.id, full_text=FullText.ALWAYS, at=NOW)
        sources.edit(conn, never.id, full_text=FullText.NEVER, at=NOW)
    for item in (found, one, refused):
        pool.keep(item)
    assert _wanted(db) == [inbox, one, found]
    assert _wanted(db, FullText.ALWAYS) == [inbox, two, one, found]
    assert _wanted(db, FullText.NEVER) == [inbox]
    assert skipped not in _wanted(db, FullText.ALWAYS)


def test_a_page_is_asked_again_only_when_its_reading_says_so(db: Database, pool: Any) -> None:
    item, other = pool.item(), pool.item()
    pool.keep(item)
    pool.keep(other)
    _record(db, item, TAKEN)
    _record(db, other, PageReading(at=NOW, taken=False, problem="timeout", next_try=LATER))
    assert _wanted(db) == []
    assert _wanted(db, now=LATER) == [other]
    with db.read() as conn:
        page = pages.one(conn, other)
        assert page is not None
        assert page.attempts == 1
        assert pages.reading(conn, other) == PageReading(
            at=NOW, taken=False, problem="timeout", next_try=LATER
        )


def test_an_item_without_address_has_no_page(db: Database, pool: Any) -> None:
    item = pool.item(url=None, key=None)
    pool.keep(item)
    assert _wanted(db) == []
    with db.read() as conn:
        assert pages.one(conn, item) is None
        assert pages.reading(conn, item) is None


def test_the_text_of_the_page_replaces_and_is_searched(
    db: Database, pool: Any, parse: Callable[[str], Query]
) -> None:
    item = pool.item("Titre", text="Un chapeau.", content="<p>Un chapeau.</p>", words=2)
    _record(db, item, TAKEN, ARTICLE, words=7)
    with db.read() as conn:
        content, found = items.content(conn, item), items.get(conn, item)
    assert (content.text, content.content) == (ARTICLE.text, "<p>Un chapeau.</p>")
    assert content.page == TAKEN
    assert found is not None
    assert (found.words, found.language, found.authors) == (7, "fr", ("Élodie Œuvrard",))
    assert (found.published, found.summary) == (ARTICLE.published, ARTICLE.summary)
    assert found.title == "Titre"
    assert _search(db, parse, "entier") == [item]
    assert _search(db, parse, "chapeau") == []
    assert _search(db, parse, "author:oeuvrard") == [item]


def test_what_the_item_has_is_never_overwritten(db: Database, pool: Any) -> None:
    """A6: a text that was not taken changes nothing but what was empty."""
    item = pool.item(
        text="Long texte du flux.",
        words=4,
        language="en",
        authors=("Un",),
        published=NOW,
        summary="Le sien.",
    )
    _record(db, item, PageReading(at=NOW, taken=False, problem="shorter"), ARTICLE, words=7)
    with db.read() as conn:
        content, found = items.content(conn, item), items.get(conn, item)
    assert content.text == "Long texte du flux."
    assert found is not None
    assert (found.words, found.language, found.authors) == (4, "en", ("Un",))
    assert (found.published, found.summary) == (NOW, "Le sien.")


def test_a_title_made_of_an_address_gives_way(
    db: Database, pool: Any, parse: Callable[[str], Query]
) -> None:
    item = pool.item("Nouvelles salles")
    _record(db, item, TAKEN, ARTICLE, words=7, title="Le titre de la page")
    with db.read() as conn:
        found = items.get(conn, item)
    assert found is not None
    assert found.title == "Le titre de la page"
    assert _search(db, parse, "title:page") == [item]


def test_an_item_removed_meanwhile_is_passed_over(db: Database) -> None:
    """U6."""
    _record(db, 99, TAKEN, ARTICLE)
    with db.read() as conn:
        assert pages.reading(conn, 99) is None


def test_an_update_by_the_feed_keeps_the_text_of_the_page(
    db: Database, pool: Any, parse: Callable[[str], Query]
) -> None:
    """A6, F12: the entry's new beginning does not replace the whole."""
    source = pool.source()
    draft = pool.draft("Avant", text="Chapeau.")
    (item,) = pool.collect(source, draft)
    _record(db, item, TAKEN, ARTICLE, words=7)
    with db.write() as conn:
        (key,) = ingest.known(conn, source.id, []).sightings
        change = Changed(
            item=item,
            sighting=SightingDraft(key=key, guid=key, hash="h2"),
            draft=pool.draft("Après", url=draft.url, key=draft.key, text="Chapeau corrigé."),
        )
        changes = Changes(identity=Identity.GUID, changed=(change,))
        assert ingest.apply(conn, source.id, changes, at=LATER, batch="b").updated == 1
    with db.read() as conn:
        found = items.get(conn, item)
        assert items.content(conn, item).text == ARTICLE.text
    assert found is not None
    assert (found.title, found.words, found.authors) == ("Après", 7, ARTICLE.authors)
    assert _search(db, parse, "entier title:apres") == [item]


def test_the_kind_of_a_source_is_kept(db: Database, pool: Any) -> None:
    page = pool.source(kind=SourceKind.PAGE, selector="main a")
    with db.write() as conn:
        edited = sources.edit(conn, page.id, full_text=FullText.NEVER, at=NOW)
        again = sources.edit(conn, page.id, full_text=None, at=NOW)
    assert (edited.kind, edited.selector, edited.full_text) == (
        SourceKind.PAGE,
        "main a",
        FullText.NEVER,
    )
    assert again.full_text is None
    assert pool.source().kind is SourceKind.FEED
