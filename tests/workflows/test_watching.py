"""Sources without a feed: pages and site maps, collected as feeds are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from veille.errors import FailureKind, FetchError
from veille.feeds import urls
from veille.feeds.workers import Workers
from veille.model.query import EVERYTHING
from veille.model.source import SourceDraft
from veille.model.states import ItemState, SourceKind
from veille.store import items, sources
from veille.workflows.collect import collect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.workflows.conftest import FakeWeb, Here
    from veille.model.source import Source
    from veille.store.database import Database
    from veille.workflows.visiting import Report

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PAGE = "https://musee.example/actus"
MAP = "https://musee.example/sitemap.xml"


def listing(*titles: str) -> str:
    links = "".join(
        f'<li><a href="/actus/{title.split()[-1]}?utm_source=site">{title}</a></li>'
        for title in titles
    )
    menu = '<nav><a href="/un">Tout sur le musée et ses salles</a></nav>'
    return f"<html lang=fr><title>Actualités du musée</title>{menu}<main><ul>{links}</ul></main>"


def sitemap(*pages: str, root: str = "urlset") -> str:
    row = "url" if root == "urlset" else "sitemap"
    rows = "".join(f"<{row}>{page}</{row}>" for page in pages)
    return f'<?xml version="1.0"?><{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</{root}>'


@pytest.fixture
def subscribe(db: Database) -> Callable[..., Source]:
    def subscribing(url: str, kind: SourceKind, **given: Any) -> Source:
        with db.write() as conn:
            draft = SourceDraft(url=url, key=urls.key(url), kind=kind, **given)
            return sources.add(conn, draft, at=NOW)

    return subscribing


@pytest.fixture
def run(db: Database, web: FakeWeb, here: Here, act: Any) -> Callable[..., Report]:
    def running(hours: int = 0, **given: Any) -> Report:
        now = NOW + timedelta(hours=hours)
        return collect(db, web, here, act=act(now), force=True, **given)

    return running


def shown(db: Database, state: ItemState = ItemState.INBOX) -> list[str]:
    with db.read() as conn:
        found = items.search(conn, EVERYTHING, now=NOW)
    return sorted(item.title for item in found if item.state is state)


def test_new_links_of_a_page_become_items(
    db: Database, web: FakeWeb, run: Any, subscribe: Any
) -> None:
    subscribe(PAGE, SourceKind.PAGE)
    web.on(PAGE, listing("La nuit des musées 3", "Une nouvelle salle 2", "Le catalogue en ligne 1"))
    first = run(first_fetch=2)
    assert (first.new, first.failures) == (3, [])
    assert shown(db) == ["La nuit des musées 3", "Une nouvelle salle 2"]
    assert shown(db, ItemState.SKIPPED) == ["Le catalogue en ligne 1"]
    web.on(PAGE, listing("Les travaux commencent 4", "La nuit des musées 3"))
    second = run(24)
    assert (second.new, second.updated, second.seen) == (1, 0, 0)
    assert "Les travaux commencent 4" in shown(db)
    with db.read() as conn:
        (source,) = sources.everything(conn)
        (newest,) = [
            item
            for item in items.search(conn, EVERYTHING, now=NOW)
            if item.title.startswith("Les travaux")
        ]
    assert (source.title, source.kind) == ("Actualités du musée", SourceKind.PAGE)
    assert newest.url == "https://musee.example/actus/4"


def test_an_unchanged_page_is_free(
    db: Database, web: FakeWeb, run: Any, subscribe: Any, act: Any
) -> None:
    """H4: neither read nor stored again."""
    subscribe(PAGE, SourceKind.PAGE)
    web.on(PAGE, listing("La nuit des musées 3"), etag='"1"')
    run()

    class Nobody:
        full = False

        def submit(self, *_: Any) -> None:
            raise AssertionError("an unchanged page was read again")

        def warm_up(self) -> None: ...

        def take(self, *, wait: bool = True) -> None: ...

    with db.read() as conn:
        (before,) = sources.everything(conn)
    assert before.validators.etag == '"1"'
    report = collect(db, web, Nobody(), act=act(NOW + timedelta(days=1)), force=True)
    assert (report.fetched, report.new, report.updated) == (1, 0, 0)


def test_a_selector_chooses(db: Database, web: FakeWeb, run: Any, subscribe: Any) -> None:
    subscribe(PAGE, SourceKind.PAGE, selector="ul.new > li")
    web.on(
        PAGE,
        '<nav><a href="/a">Pas ce long lien-ci</a></nav><ul class=new><li><a href="/b">Bref</a></ul>',
    )
    assert run().new == 1
    assert shown(db) == ["Bref"]


def test_a_page_that_lost_its_links_is_a_failure(
    db: Database, web: FakeWeb, run: Any, subscribe: Any
) -> None:
    """H21: what is known stays."""
    subscribe(PAGE, SourceKind.PAGE)
    web.on(PAGE, listing("La nuit des musées 3"))
    run()
    web.on(PAGE, "<p>Hello World</p>")
    report = run(24)
    assert [one.failure.kind for one in report.failures] == [FailureKind.NOT_A_FEED]
    assert shown(db) == ["La nuit des musées 3"]


def test_a_site_map_is_collected(db: Database, web: FakeWeb, run: Any, subscribe: Any) -> None:
    subscribe(MAP, SourceKind.SITEMAP)
    old = "<loc>https://musee.example/a/vieille-page</loc><lastmod>2020-01-01</lastmod>"
    new = "<loc>https://musee.example/a/nouvelle-page</loc><lastmod>2026-11-19</lastmod>"
    web.on(MAP, sitemap(old, new), content_type="application/xml")
    assert run(first_fetch=1).new == 2
    assert shown(db) == ["Nouvelle page"]
    newer = new.replace("nouvelle-page", "autre-page").replace("11-19", "11-20")
    touched = old.replace("2020-01-01", "2026-11-20")
    web.on(MAP, sitemap(touched, new, newer), content_type="application/xml")
    report = run(24)
    assert (report.new, report.updated) == (1, 0)
    assert shown(db) == ["Autre page", "Nouvelle page"]


def test_an_index_is_read_with_its_newest_maps(
    db: Database, web: FakeWeb, run: Any, subscribe: Any
) -> None:
    source = subscribe(MAP, SourceKind.SITEMAP)
    parts = [f"https://musee.example/map-{n}.xml" for n in range(8)]
    index = [
        f"<loc>{part}</loc><lastmod>2026-11-{n + 1:02}</lastmod>" for n, part in enumerate(parts)
    ]
    web.on(MAP, sitemap(*index, root="sitemapindex"), content_type="text/xml")
    for n, part in enumerate(parts):
        web.on(part, sitemap(f"<loc>https://musee.example/page-{n}-du-musee</loc>"))
    assert run().new == 5
    assert web.asked == [MAP, *reversed(parts[3:])]
    again = run(24)
    assert (again.fetched, again.new) == (1, 0)
    assert len(web.asked) == 7
    with db.read() as conn:
        assert sources.everything(conn)[0].items == 5
    assert source.kind is SourceKind.SITEMAP


def test_a_map_that_fails_is_tried_with_the_next_visit(
    db: Database, web: FakeWeb, run: Any, subscribe: Any
) -> None:
    """H6 for site maps: an index read in part is never remembered as whole."""
    subscribe(MAP, SourceKind.SITEMAP)
    one, two = "https://musee.example/1.xml", "https://musee.example/2.xml"
    dated = "<lastmod>2026-11-01</lastmod>"
    web.on(
        MAP, sitemap(f"<loc>{one}</loc>{dated}", f"<loc>{two}</loc>{dated}", root="sitemapindex")
    )
    web.on(one, sitemap("<loc>https://musee.example/la-premiere</loc>"))
    web.on(two, FetchError(FailureKind.TIMEOUT, "no answer"))
    report = run()
    assert (report.new, report.failures) == (1, [])
    assert "no answer" in report.problems[0][1]
    web.on(two, sitemap("<loc>https://musee.example/la-seconde</loc>"))
    assert run(24).new == 1
    web.on(MAP, sitemap(f"<loc>{one}-x</loc>", root="sitemapindex"))
    failed = run(48)
    assert "none of the site maps" in failed.failures[0].failure.message
    assert shown(db) == ["La premiere", "La seconde"]


def test_pages_and_maps_are_read_by_workers_too(
    db: Database, web: FakeWeb, subscribe: Any, act: Any
) -> None:
    """A5: strangers' markup is parsed in processes that may die of it."""
    subscribe(PAGE, SourceKind.PAGE, selector="main a")
    subscribe(MAP, SourceKind.SITEMAP)
    web.on(PAGE, listing("La nuit des musées 3"))
    web.on(MAP, sitemap("<loc>https://musee.example/une-page</loc>"))
    with Workers[Any](1) as workers:
        report = collect(db, web, workers, act=act())
    assert (report.new, report.failures) == (2, [])
