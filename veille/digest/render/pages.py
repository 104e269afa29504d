"""The archive: every page and feed of it, as a function of the frozen editions and the house.

Pages name one another by relative paths, in full (``../../index.html``), so that the archive opens
from a disk and works under any address (A05, A06). Pages that are not a digest's have names that
no digest can have (``search.html``, ``tags/access.html``), so none is ever in another's way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from veille.digest import cards, headings, searching, view
from veille.digest.cards import Card
from veille.digest.metadata import description, linked_data, open_graph_locale
from veille.digest.shelves import FEED_LENGTH, Entry, Issue, Shelf, arrange, json_feed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from veille.digest.errata import ErratumView
    from veille.digest.headings import Heading
    from veille.digest.render.templates import Templates
    from veille.digest.view import EditionView, PickView
    from veille.model.edition import Digest, EditionContent, PublishedEdition, Sender

STYLESHEET = "style.css"
_DESCRIPTION = 200
_RECENT = 12  # issues of a digest on the first page
_FREQUENT = 24  # tags and sources on the search page


def stylesheet(templates: Templates) -> bytes:
    """The style sheet of every page."""
    return templates.source(f"site/{STYLESHEET}").encode()


def edition(
    templates: Templates,
    sender: Sender,
    content: EditionContent,
    shown: EditionView,
    errata: Sequence[ErratumView] = (),
) -> str:
    """The page of an edition, with what was said of it since it came out."""
    return templates.text(
        "site/edition.html",
        content.locale,
        of=content.digest,
        root="../../",
        edition=shown,
        errata=errata,
        card=cards.address(shown.url),
        description=description(shown, _DESCRIPTION),
        open_graph_locale=open_graph_locale(content.locale),
        linked_data=linked_data(content, sender),
    )


def archive(
    templates: Templates,
    sender: Sender,
    editions: Sequence[PublishedEdition],
    digests: Sequence[Digest],
    known: Callable[[str], bytes | None],
) -> dict[str, bytes]:
    """All files of the archive by relative path. Raises TemplateError, naming file and line.

    ``known`` gives the file that is at a path, None when there is none.
    """
    shelves = arrange(editions, digests, sender)
    newest = shelves[0].locale if shelves else digests[0].locale if digests else "en"
    locale = sender.locale or newest
    writer = _Writer(templates=templates, sender=sender, shelves=shelves, locale=locale)
    pages = dict(writer.pages())
    style = stylesheet(templates)
    folders = sorted({path.rpartition("/")[0] for path in pages if path.endswith(".html")})
    files = {path: page.encode() for path, page in sorted(pages.items())}
    files |= {f"{folder}/{STYLESHEET}".lstrip("/"): style for folder in folders}
    return files | {path: cards.card(shown, known(path)) for path, shown in writer.cards()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """What every page of one archive is made from. ``locale`` is that of pages no digest owns."""

    templates: Templates
    sender: Sender
    shelves: Sequence[Shelf]
    locale: str

    def pages(self) -> Iterator[tuple[str, str]]:
        """Every page and feed, with its path."""
        card = cards.address(view.house(self.sender).archive_url)
        yield "index.html", self._common("index", shelves=self.shelves, recent=_RECENT, card=card)
        if not self.shelves:
            return
        if (url := view.house(self.sender).archive_url) is not None:
            yield "sitemap.xml", self.templates.text("site/sitemap.xml", "en", pages=self._map(url))
        for shelf in self.shelves:
            yield from self._shelf(shelf)
            yield from self._moved(shelf)
        yield from self._ways()

    def _shelf(self, shelf: Shelf) -> Iterator[tuple[str, str]]:
        """The pages and feeds of one digest."""
        text = self.templates.text
        entries = [
            Entry(
                issue=issue,
                html=text(
                    "site/entry.html", shelf.locale, edition=issue.edition, errata=issue.errata
                ),
            )
            for issue in shelf.issues[:FEED_LENGTH]
        ]
        for issue in shelf.issues:
            page = edition(self.templates, self.sender, issue.content, issue.edition, issue.errata)
            yield issue.page, page
        for withheld in shelf.withheld:
            context: dict[str, Any] = {"withheld": withheld, "root": "../../"}
            yield withheld.page, text("site/withheld.html", withheld.edition.locale, **context)
        yield (
            f"{shelf.slug}/index.html",
            text(
                "site/digest.html",
                shelf.locale,
                shelf=shelf,
                root="../",
                card=cards.address(shelf.url and f"{shelf.url}/index.html"),
            ),
        )
        # Where a feed was it stays, if what it names are whole addresses.
        for folder in [shelf.slug, *(former.address for former in shelf.former if shelf.url)]:
            feed = text("site/feed.xml", shelf.locale, shelf=shelf, entries=entries)
            yield f"{folder}/feed.xml", feed
            yield f"{folder}/feed.json", json_feed(shelf, entries, self.sender)

    def _moved(self, shelf: Shelf) -> Iterator[tuple[str, str]]:
        """What stays at the addresses that the pages of a digest had: pages that lead on, and the feeds
        themselves, for a program that reads one may not follow (A11)."""
        there = [(issue.edition, issue.page) for issue in shelf.issues]
        there += [(withheld.edition, withheld.page) for withheld in shelf.withheld]
        for former in shelf.former:
            path, page = f"{former.address}/index.html", f"{shelf.slug}/index.html"
            yield path, self._leading_on(shelf, "../", page, shelf.title)
            for edition, page in there:
                if edition.number <= former.last:
                    path = f"{former.address}/{edition.number}/index.html"
                    yield path, self._leading_on(shelf, "../../", page, edition.name)

    def _leading_on(self, shelf: Shelf, root: str, page: str, name: str) -> str:
        return self.templates.text(
            "site/moved.html",
            shelf.locale,
            shelf=shelf,
            root=root,
            page=page,
            title=name,
            url=shelf.url and shelf.url.removesuffix(shelf.slug) + page,
        )

    def _map(self, url: str) -> list[dict[str, str | None]]:
        """The pages that lead to others, with the day on which their content last changed."""
        root = url.removesuffix("index.html")
        pages: list[tuple[str, str | None]] = [("index.html", None), ("search.html", None)]
        pages += [("tags.html", None), ("sources.html", None)]
        for shelf in self.shelves:
            pages.append((f"{shelf.slug}/index.html", shelf.updated))
            pages += [(issue.page, issue.updated) for issue in shelf.issues]
        return [{"url": root + path, "updated": updated} for path, updated in pages]

    def _ways(self) -> Iterator[tuple[str, str]]:
        """The ways to single links: search, tags, sources, years (A12, A18)."""
        tags, sources = headings.by_tag(self.shelves), headings.by_source(self.shelves)
        years = headings.by_year(self.shelves, self.sender.timezone)
        shown = self._once_each()
        for kind, found in (("tags", tags), ("sources", sources), ("years", years)):
            for heading in found:
                page = self._common("heading", "../", kind=kind, heading=heading, shown=shown)
                yield f"{kind}/{heading.slug}.html", page
        yield "tags.html", self._common("headings", kind="tags", headings=tags)
        yield "sources.html", self._common("headings", kind="sources", headings=sources)
        yield (
            "search.html",
            self._common("search", years=years, tags=_frequent(tags), sources=_frequent(sources)),
        )
        yield "search.js", self.templates.source("site/search.js")
        yield "search-index.js", searching.index(self.shelves)

    def cards(self) -> Iterator[tuple[str, Card]]:
        """The pictures of what is online: only there can an address be shared."""
        house = view.house(self.sender)
        if house.archive_url is None:
            return
        yield cards.NAME, Card(house.name, house.name, "")
        for shelf in self.shelves:
            yield f"{shelf.slug}/{cards.NAME}", Card(house.name, shelf.title, "")
            for issue in shelf.issues:
                shown = issue.edition
                line = f"{shown.name} · {shown.period}" if shown.title else shown.period
                title = shown.title or shown.name
                path = issue.page.replace("index.html", cards.NAME)
                yield path, Card(house.name, title, line)

    def _once_each(self) -> Callable[[Issue, PickView], Markup]:
        """:meth:`_found`, remembered: a link is under several headings."""
        made: dict[tuple[str, int], Markup] = {}

        def shown(issue: Issue, pick: PickView) -> Markup:
            key = (issue.page, pick.position)
            if key not in made:
                made[key] = self._found(issue, pick)
            return made[key]

        return shown

    def _found(self, issue: Issue, pick: PickView) -> Markup:
        """A link as it stands under a tag or a source, in the language of its issue."""
        html = self.templates.text("site/found.html", issue.edition.locale, issue=issue, pick=pick)
        return Markup(html)  # noqa: S704  a template's work

    def _common(self, name: str, root: str = "", **context: Any) -> str:
        """A page that belongs to no digest, in the house's language."""
        language = self.locale.replace("_", "-")
        return self.templates.text(
            f"site/{name}.html", self.locale, root=root, language=language, **context
        )


def _frequent(found: Sequence[Heading]) -> list[Heading]:
    """The headings with the most links, in the order of the alphabet."""
    most = sorted(found, key=lambda heading: -heading.links)[:_FREQUENT]
    return [heading for heading in found if heading in most]
