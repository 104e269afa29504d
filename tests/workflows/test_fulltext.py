"""Full texts: which pages are asked, what is believed of them, what is noted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.feeds.conftest import http
from tests.workflows.conftest import NOW, FakeWeb, Here
from veille.errors import FailureKind, FetchError, NotFound
from veille.feeds.fetch import Fetcher, FetchSettings
from veille.feeds.workers import Workers
from veille.model.fetched import SIGNED
from veille.model.states import FullText
from veille.store import items, sources
from veille.workflows import fulltext

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.model.item import Item, ItemContent
    from veille.store.database import Database

WORDS = (
    "La bibliothèque ouvre ses nouvelles salles au public, avec des collections sur les arts "
    "graphiques et une équipe qui accompagne les lecteurs dans leurs recherches. "
)
PARAGRAPH = f"<p>{WORDS}</p>"
HEAD = """<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8">
<title>Nouvelles salles</title><meta name="author" content="Camille Durand">
<meta property="article:published_time" content="2026-03-04T10:00:00+01:00">
<link rel="canonical" href="https://musee.example/salles"></head><body>"""
ARTICLE = f"{HEAD}<article><h1>Nouvelles salles</h1>{PARAGRAPH * 4}</article></body></html>"
URL = "https://musee.example/un"


@pytest.fixture
def read(
    db: Database, web: FakeWeb, here: Here, act: Callable[..., Any]
) -> Callable[..., fulltext.Texts]:
    """Read what is wanted now, or at another instant."""

    def reading(now: Any = NOW, **given: Any) -> fulltext.Texts:
        rules = {"default": FullText.ON_KEEP, "agent": "veille/1.0"} | given
        return fulltext.read_wanted(db, web, here, act=act(now), **rules)

    return reading


@pytest.fixture
def kept(pool: Any) -> Callable[..., int]:
    """An item that somebody kept, its feed's text short unless given."""

    def keeping(url: str = URL, **given: Any) -> int:
        item = pool.item(url=url, key=url, **{"text": "Un chapeau.", "words": 2} | given)
        pool.keep(item)
        return item

    return keeping


def content(db: Database, item: int) -> ItemContent:
    with db.read() as conn:
        return items.content(conn, item)


def stored(db: Database, item: int) -> Item:
    with db.read() as conn:
        found = items.get(conn, item)
    assert found is not None
    return found


def test_a_kept_item_gets_the_text_of_its_page_once(
    db: Database, web: FakeWeb, read: Any, kept: Any, pool: Any
) -> None:
    pool.item(url="https://musee.example/inbox", key="inbox")
    web.on(URL, ARTICLE)
    item = kept()
    texts = read()
    assert (texts.wanted, texts.taken, texts.problems) == (1, 1, [])
    assert web.asked == ["https://musee.example/robots.txt", URL]
    found, text = stored(db, item), content(db, item)
    assert "nouvelles salles au public" in text.text
    assert text.page is not None
    assert (text.page.taken, text.page.at) == (True, NOW)
    assert text.page.canonical == "https://musee.example/salles"
    assert (found.url, found.language, found.authors) == (URL, "fr", ("Camille Durand",))
    assert found.words == len(text.text.split())
    assert found.published is not None
    assert found.published.date().isoformat() == "2026-03-04"
    assert read().wanted == 0
    assert len(web.asked) == 2


@pytest.mark.parametrize(
    ("told", "authors", "looked"),
    [
        ({}, ("Camille Durand",), True),
        ({"authors": ("Zoé Ünal",)}, ("Zoé Ünal",), True),
        ({"authors": ("Zoé Ünal",), "published": NOW}, ("Zoé Ünal",), False),
    ],
)
def test_authors_and_date_are_looked_for_where_the_feed_told_neither(
    db: Database,
    web: FakeWeb,
    here: Here,
    read: Any,
    kept: Any,
    told: Any,
    authors: Any,
    looked: Any,
) -> None:
    web.on(URL, ARTICLE)
    item = kept(**told)
    assert read().taken == 1
    assert stored(db, item).authors == authors
    assert here.options == ([] if looked else [SIGNED])


@pytest.mark.parametrize(
    ("rule", "default", "asked"),
    [
        (None, FullText.ALWAYS, True),
        (None, FullText.ON_KEEP, False),
        (None, FullText.NEVER, False),
        (FullText.ALWAYS, FullText.NEVER, True),
        (FullText.NEVER, FullText.ALWAYS, False),
    ],
)
def test_a_source_has_its_own_rule(
    db: Database, web: FakeWeb, read: Any, pool: Any, rule: Any, default: Any, asked: bool
) -> None:
    source = pool.source()
    pool.collect(source, pool.draft(url=URL, key="un"))
    with db.write() as conn:
        sources.edit(conn, source.id, full_text=rule, at=NOW)
    web.on(URL, ARTICLE)
    assert read(default=default).taken == asked
    assert (URL in web.asked) == asked


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (f"<title>Connexion</title><form><input type=password></form>{PARAGRAPH}", "to log in"),
        (f"<h1>Bienvenue</h1><input type='password'>{PARAGRAPH}", "to log in"),
        (f"<title>Page introuvable</title>{PARAGRAPH}", "there is none at this address"),
        ("<h1>Error 404</h1><p>Sorry, the page cannot be found.</p>" * 3, "there is none"),
        (f"<title>Just a moment...</title>{PARAGRAPH}", "a check for robots"),
        (
            (
                "<title>Musée</title><p>Nous et nos partenaires utilisons des cookies et des traceurs "
                "pour la publicité. Donnez votre consentement aux cookies, ou paramétrez les cookies "
                "et vos données personnelles pour la suite de la visite.</p>"
            ),
            "a wall of cookies",
        ),
        (f"<title>Nouvelles salles</title>{PARAGRAPH}", "fewer than the 90 there are"),
        ("<title>Nouvelles salles</title><script>1</script>", "fewer than the 90"),
    ],
)
def test_a_worse_page_never_replaces_what_is_there(
    db: Database, web: FakeWeb, read: Any, kept: Any, page: str, why: str
) -> None:
    """A6: whatever a server answers with 200; and the reason is noted."""
    before = " ".join(["mot"] * 90)
    item = kept(text=before, words=90)
    web.on(URL, f"<html><body>{page}</body></html>")
    texts = read()
    assert texts.taken == 0
    after = content(db, item)
    assert after.text == before
    assert after.page is not None
    assert why in (after.page.problem or "")
    assert after.page.problem == texts.problems[0][1]
    assert "what the feed said is kept" in after.page.problem
    assert after.page.next_try is None
    assert stored(db, item).words == 90


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("https://musee.example/", "its home page"),
        ("https://sso.example/cas/login?service=x", "to log in"),
    ],
)
def test_a_page_that_redirects_elsewhere_is_not_believed(
    db: Database, web: FakeWeb, read: Any, kept: Any, at: str, why: str
) -> None:
    """A6: of a page to log in, neither text, nor author, nor date is taken."""
    item = kept()
    web.on(URL, ARTICLE, at=at)
    assert read().taken == 0
    found = content(db, item)
    assert found.text == "Un chapeau."
    assert why in (found.page.problem or "") if found.page else False
    assert stored(db, item).authors == ()
    assert stored(db, item).published is None


@pytest.mark.parametrize(
    ("body", "declared", "kind"),
    [
        (b"%PDF-1.7 \x00\x01", "text/html", "application/pdf"),
        (b"%PDF-1.7", "application/pdf", "application/pdf"),
        (b"PK\x03\x04" + b"\0" * 1000, "application/octet-stream", "application/zip"),
        (b"\x89PNG\r\n\x1a\n", "image/png", "image/png"),
        (b"\0\1\2", "video/mp4", "video/mp4"),
    ],
)
def test_what_is_no_page_is_named_and_not_parsed(
    db: Database,
    web: FakeWeb,
    read: Any,
    kept: Any,
    body: bytes,
    declared: str,
    kind: str,
) -> None:
    """A7."""
    item = kept()
    web.on(URL, body, content_type=declared)
    assert read().taken == 0
    page = content(db, item).page
    assert page is not None
    assert (page.media_type, page.next_try) == (kind, None)
    assert kind in (page.problem or "")
    assert content(db, item).text == "Un chapeau."


def test_a_failure_that_may_pass_is_tried_again_a_few_times(
    db: Database, web: FakeWeb, read: Any, kept: Any
) -> None:
    """A failed page keeps the feed's own text, and says so."""
    item, now, waits = kept(), NOW, []
    web.on(URL, FetchError(FailureKind.TIMEOUT, "no answer within 30 s"))
    for _ in range(10):
        if not read(now).wanted:
            break
        page = content(db, item).page
        assert page is not None
        assert page.problem == "no answer within 30 s"
        if page.next_try is None:
            continue
        waits.append(page.next_try - now)
        assert read(now).wanted == 0
        now = page.next_try
    assert waits == list(fulltext.RETRIES)
    assert content(db, item).text == "Un chapeau."


def test_a_server_that_names_a_time_is_given_it(
    db: Database, web: FakeWeb, read: Any, kept: Any
) -> None:
    """H14."""
    item = kept()
    later = FetchError(FailureKind.RATE_LIMITED, "429", status=429, retry_after=90_000)
    web.on(URL, later)
    read()
    page = content(db, item).page
    assert page is not None
    assert page.next_try == NOW + timedelta(hours=25)


def test_a_page_that_comes_back_is_read(db: Database, web: FakeWeb, read: Any, kept: Any) -> None:
    item = kept()
    web.on(URL, FetchError(FailureKind.HTTP_STATUS, "503", status=503))
    read()
    web.on(URL, ARTICLE)
    assert read(NOW + timedelta(hours=1)).taken == 1
    page = content(db, item).page
    assert page is not None
    assert (page.taken, page.problem, page.attempts) == (True, None, 2)


def test_robots_txt_is_obeyed_and_asked_once_a_host(
    db: Database, web: FakeWeb, read: Any, kept: Any
) -> None:
    """H24: the rules of RFC 9309, and those for our own name first."""
    rules = "User-agent: *\nDisallow: /\n\nUser-agent: Veille\nDisallow: /private/\nAllow: /\n"
    web.on("https://musee.example/robots.txt", rules, content_type="text/plain")
    secret = kept("https://musee.example/private/un")
    public = kept("https://musee.example/public")
    web.on("https://musee.example/public", ARTICLE)
    texts = read()
    assert (texts.wanted, texts.taken) == (2, 1)
    assert web.asked == ["https://musee.example/robots.txt", "https://musee.example/public"]
    page = content(db, secret).page
    assert page is not None
    assert "robots.txt of musee.example" in (page.problem or "")
    assert page.next_try is None
    taken = content(db, public).page
    assert taken is not None
    assert taken.taken


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        (FetchError(FailureKind.HTTP_STATUS, "403", status=403), True),
        (FetchError(FailureKind.GONE, "410", status=410), True),
        (FetchError(FailureKind.HTTP_STATUS, "503", status=503), False),
        (FetchError(FailureKind.RATE_LIMITED, "429", status=429), False),
        (FetchError(FailureKind.TIMEOUT, "no answer"), False),
        ("<html><body>Welcome</body></html>", True),
        ("\ufeffUser-agent: *\nDisallow: /", False),
        (b"\xff\xfe\0garbage" * 100_000, True),
    ],
)
def test_a_host_whose_rules_cannot_be_had_is_left_alone_for_now(
    db: Database, web: FakeWeb, read: Any, kept: Any, answer: Any, allowed: bool
) -> None:
    """H24: RFC 9309 sections 2.3.1.3 and 2.3.1.4."""
    web.on("https://musee.example/robots.txt", answer)
    web.on(URL, ARTICLE)
    item = kept()
    assert read().taken == allowed
    assert (URL in web.asked) == allowed
    page = content(db, item).page
    assert page is not None
    assert (page.next_try is not None) == (isinstance(answer, FetchError) and not allowed)


def test_the_rules_of_the_host_that_redirects_lead_to_hold(
    db: Database, web: FakeWeb, read: Any, kept: Any
) -> None:
    """H24."""
    item = kept()
    web.on(URL, ARTICLE, at="https://editeur.example/article/1")
    web.on("https://editeur.example/robots.txt", "User-agent: *\nDisallow: /article/")
    assert read().taken == 0
    page = content(db, item).page
    assert page is not None
    assert "editeur.example" in (page.problem or "")


def test_a_title_made_of_the_address_gives_way_to_the_page(
    db: Database, web: FakeWeb, read: Any, kept: Any
) -> None:
    url = "https://musee.example/nos-nouvelles-salles.html"
    web.on(url, ARTICLE)
    made, given = kept(url, title="Nos nouvelles salles"), kept(URL, title="Le titre du flux")
    web.on(URL, ARTICLE)
    read()
    assert stored(db, made).title == "Nouvelles salles"
    assert stored(db, given).title == "Le titre du flux"


def test_a_date_in_the_future_is_not_believed(
    db: Database, web: FakeWeb, read: Any, kept: Any
) -> None:
    """F16."""
    web.on(URL, ARTICLE.replace("2026-03-04", "2031-03-04"))
    item = kept()
    assert read().taken == 1
    assert stored(db, item).published is None


def test_what_was_read_before_an_interruption_is_kept(
    db: Database, web: FakeWeb, here: Here, kept: Any, act: Any
) -> None:
    for number in range(3):
        kept(web.on(f"https://musee.example/{number}", ARTICLE))

    class Interrupted(FakeWeb):
        def fetch_all(self, requests: Any) -> Any:
            for place, answer in enumerate(web.fetch_all(requests)):
                if place == 2:
                    raise KeyboardInterrupt
                yield answer

    with pytest.raises(KeyboardInterrupt):
        fulltext.read_wanted(db, Interrupted(), here, act=act(), default=FullText.ON_KEEP)
    texts = fulltext.read_wanted(db, web, here, act=act(), default=FullText.ON_KEEP)
    assert texts.wanted < 3
    assert texts.taken == texts.wanted


def test_one_item_is_read_when_a_person_asks(
    db: Database, web: FakeWeb, here: Here, pool: Any, act: Any
) -> None:
    web.on(URL, ARTICLE)
    item = pool.item(url=URL, key="un")
    assert fulltext.read_one(db, web, here, item, act=act()).taken == 1
    again = fulltext.read_one(db, web, here, item, act=act())
    assert (again.wanted, again.taken) == (0, 0)
    assert web.asked.count(URL) == 1
    with pytest.raises(NotFound):
        fulltext.read_one(db, web, here, pool.item(url=None, key=None), act=act())


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 50_000 + WORDS,
        "<article>" + "".join(f'<a href="/{n}">lien {n}</a> ' for n in range(100_000)),
        "<p>" + "mot " * 2_500_000,
    ],
    ids=["nested", "links", "10 MB"],
)
def test_a_bomb_costs_one_text_and_no_more(
    db: Database, web: FakeWeb, kept: Any, act: Any, page: str
) -> None:
    """A5: read in a worker of 10 s of processor time; the feed's text is kept or replaced."""
    item = kept()
    web.on(URL, f"<html><body>{page}</body></html>")
    with Workers[Any](1) as workers:
        texts = fulltext.read_wanted(db, web, workers, act=act(), default=FullText.ON_KEEP)
    assert texts.wanted == 1
    assert content(db, item).text


def test_pages_go_through_the_guarded_door(
    db: Database, kept: Any, act: Any, server: Any, forbidden: Any, here: Here
) -> None:
    """N13, N18: neither an item's address nor a redirect reaches a private host."""
    aimed = kept(f"{forbidden.url}/un")
    moved = kept(server.on("/moved", http(status="302 Found", Location=f"{forbidden.url}/x")))
    good = kept(server.on("/good", http(ARTICLE.encode(), Content_Type="text/html")))
    settings = FetchSettings(timeout=5, user_agent="veille/1", allow_private=("127.0.0.1",))
    with Fetcher(settings) as web:
        texts = fulltext.read_wanted(db, web, here, act=act(), default=FullText.ON_KEEP)
    assert (texts.wanted, texts.taken) == (3, 1)
    assert forbidden.connections == 0
    assert server.asked[0].target == "/robots.txt"
    for item in (aimed, moved):
        page = content(db, item).page
        assert page is not None
        assert (page.taken, page.next_try) == (False, None)
    assert content(db, good).text.startswith("Nouvelles salles")
