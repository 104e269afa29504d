"""A source that was removed, and is subscribed to again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.feeds.conftest import NOW
from tests.workflows.test_collecting import InProcess, Web
from veille.model.query import EVERYTHING
from veille.model.source import SourceDraft
from veille.store import items, sources
from veille.workflows.acting import Act
from veille.workflows.collect import collect

if TYPE_CHECKING:
    from veille.model.source import Source
    from veille.store.database import Database

BARE = (
    b'<rss version="2.0"><channel><title>Annonces</title>'
    b"<item><title>Une annonce</title><guid isPermaLink='false'>a-1</guid></item>"
    b"<item><title>Une autre</title><guid isPermaLink='false'>a-2</guid></item>"
    b"<item><title>Sans guid</title><description>Rien ne la nomme.</description></item>"
    b"</channel></rss>"
)


def test_what_was_kept_without_an_address_is_known_again_when_its_source_comes_back(
    db: Database, pool: Any
) -> None:
    """It was removed and added again, twice: what was kept is there once, what was not is new."""

    def subscribe() -> Source:
        draft = SourceDraft(url="http://annonces.example/", key="annonces.example/")
        with db.write() as connection:
            return sources.add(connection, draft, at=NOW)

    def sweep() -> list[tuple[int, str]]:
        web = Web({"http://annonces.example/": BARE})
        collect(db, web, InProcess(), act=Act(actor=None, now=NOW), first_fetch=50)
        with db.read() as connection:
            found = items.get_many(connection, items.ids(connection, EVERYTHING, now=NOW))
            return sorted((item.id, item.title) for item in found)

    source = subscribe()
    first = sweep()
    kept = [key for key, title in first if title in ("Une annonce", "Sans guid")]
    for key in kept:
        pool.keep(key)
    for _ in range(2):
        with db.write() as connection:
            assert sources.remove(connection, source.id) == 1
        source = subscribe()
        again = sweep()
        assert len(again) == 3
        assert [one for one in again if one[0] in kept] == [one for one in first if one[0] in kept]
    with db.read() as connection:
        assert {seen.id for one in items.get_many(connection, kept) for seen in one.sources} == {
            source.id
        }
