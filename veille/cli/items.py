"""``list``, ``inbox``, ``show``, ``open``, ``add``: items, found and looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from veille.cli import shapes
from veille.cli.options import json_option, one_item
from veille.cli.table import Column
from veille.errors import Refused
from veille.model.query import And, Is, Query, Sort, Status
from veille.model.states import ItemState
from veille.terminal.wording import age, also_in, because, mark, seen_already
from veille.workflows import lookup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from veille.cli.context import Session
    from veille.curation.relevance import Score
    from veille.model.item import Item
    from veille.workflows.lookup import Dossier

PAGE = 50

_COLUMNS = (
    Column(right=True, style="dim"),  # id
    Column(style="green"),  # mark
    Column(right=True, style="dim"),  # age
    Column(least=16, style="bold"),  # title
    Column(least=10, most=28, style="cyan", gives_way=True),  # source
    Column(least=10, most=36, style="yellow", gives_way=True),  # tags
)

query_argument = click.argument("query", nargs=-1, type=click.UNPROCESSED)
limit_option = click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=None,
    metavar="N",
    help=f"How many at most; 0 is all.  [default: {PAGE}, all with --json]",
)
sort_option = click.option(
    "--sort",
    type=click.Choice([sort.value for sort in Sort], case_sensitive=False),
    default=Sort.NEWEST.value,
    help="The order (default: newest).",
)
stories_option = click.option(
    "--stories/--items",
    default=None,
    help="Each story once, or every item.  [default: stories, items with --json]",
)


# A search may begin with -term.
_QUERIES = {"ignore_unknown_options": True}


@click.command("list", context_settings=_QUERIES)
@query_argument
@limit_option
@sort_option
@stories_option
@json_option
@click.pass_obj
def list_items(session: Session, /, query: tuple[str, ...], **asked: Any) -> None:
    """Show the items that match a search.

    QUERY: words, "phrases", tag:x, source:x, is:kept, published:2026-11, age:<7d, sources:>2 …
    with OR, -term and parentheses. Without a query: all items.

    The sign after the id: ○ inbox, ◎ to review, ● kept, × skipped, ★ published; ✎ has a blurb.
    """
    _show_found(session, session.query(" ".join(query)), "nothing matches", **asked)


@click.command(context_settings=_QUERIES)
@query_argument
@limit_option
@sort_option
@stories_option
@json_option
@click.pass_obj
def inbox(session: Session, /, query: tuple[str, ...], **asked: Any) -> None:
    """Show what nobody has triaged yet.

    The same as 'veille list is:inbox QUERY'.
    """
    waiting = Is(Status.INBOX)
    wanted = And((waiting, session.query(" ".join(query)))) if query else waiting
    _show_found(session, wanted, "the inbox is empty", **asked)


def _show_found(
    session: Session,
    query: Query,
    nothing: str,
    *,
    limit: int | None,
    sort: str,
    stories: bool | None,
    as_json: bool,
) -> None:
    if limit is None:
        limit = 0 if as_json else PAGE  # a script means everything, a person a screenful
    # One more than shown, to know whether there is more.
    asked = limit + 1 if limit else None
    if stories is None:
        stories = not as_json
    found, scores = _found(session, query, Sort(sort), limit=asked, stories=stories)
    shown = found[:limit] if limit else found
    if as_json:
        session.show.json([shapes.item(item, scores.get(item.id)) for item in shown])
    else:
        rows = [_row(session, item) for item in shown]
        below = [[*_below(item), *because(scores.get(item.id))] for item in shown]
        session.show.table(_COLUMNS, rows, below=below)
        if not shown:
            session.show.note(nothing)
    if len(found) > len(shown):
        session.show.note(f"the first {len(shown)} are shown: --limit N for more, 0 for all")


def _below(item: Item) -> list[str]:
    # That the item itself was published, its sign says.
    return [*also_in(item), *(seen_already(item) if len(item.shown) > len(item.editions) else ())]


def _found(
    session: Session, query: Query, sort: Sort, *, limit: int | None, stories: bool
) -> tuple[list[Item], Mapping[int, Score]]:
    app, act = session.app, session.act
    if sort is not Sort.RELEVANCE:
        return lookup.search(app.db, query, act=act, limit=limit, sort=sort, stories=stories), {}
    from veille.workflows import ranking

    ranked = ranking.rank(app.db, query, act=act, limit=limit, stories=stories)
    taste = ranked.taste
    if not taste.is_formed:
        session.show.note(
            f"too little was judged to learn from ({taste.kept} kept and {taste.skipped} skipped, "
            f"{ranking.ENOUGH} of each are needed): the newest first"
        )
    return lookup.look(app.db, ranked.ids), ranked.scores


def _row(session: Session, item: Item) -> tuple[str, ...]:
    return (
        str(item.id),
        mark(item, unicode=session.show.unicode),
        age(item.published or item.collected, session.act.now),
        item.title or item.url or "(no title)",
        item.sources[0].title if item.sources else "",
        " ".join(f"#{tag}" for tag in item.tags),
    )


@click.command()
@click.argument("item")
@click.option("--text", is_flag=True, help="With the whole text, read from its page if need be.")
@json_option
@click.pass_obj
def show(session: Session, item: str, text: bool, as_json: bool) -> None:
    """Show everything known of one item.

    Its sources, story, tags, comments, summary and history, and of an item nobody judged yet what
    speaks for it; with --text or --json its whole text too.
    """
    from veille.cli.card import show_card

    dossier = lookup.show(session.app.db, one_item(item))
    if text and _read_now(session, dossier):
        dossier = lookup.show(session.app.db, dossier.item.id)
    score = None
    if dossier.item.state is ItemState.INBOX:
        from veille.workflows import ranking

        score = ranking.why(session.app.db, dossier.item.id, act=session.act)
    if as_json:
        session.show.json(shapes.dossier(dossier, score))
    else:
        show_card(session, dossier, whole=text, score=score)


def _read_now(session: Session, dossier: Dossier) -> bool:
    """Read an item's page unless that was done; False when there was nothing to do."""
    page = dossier.content.page
    if dossier.item.url is None or (page and (page.taken or page.canonical)):
        return False
    from veille.workflows.fulltext import read_one

    app = session.app
    agent = app.settings.collect.user_agent
    with app.readers() as readers:
        read_one(app.db, app.web, readers, dossier.item.id, act=session.act, agent=agent)
    return True


@click.command("open")
@click.argument("item")
@click.pass_obj
def open_item(session: Session, item: str) -> None:
    """Open an item in the browser.

    $BROWSER is used when it is set, otherwise what the system opens links with.
    """
    from veille.cli.browser import browse

    found = lookup.show(session.app.db, one_item(item)).item
    if found.url is None:
        raise Refused(f"item {found.id} has no link to open")
    browse(session, found.url)


@click.command()
@click.argument("url")
@click.option("--title", metavar="T", help="Its title, when the page's own is not wanted.")
@click.option("--comment", metavar="C", help="Why it matters.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="A tag; may be repeated.")
@json_option
@click.pass_obj
def add(
    session: Session,
    url: str,
    title: str | None,
    comment: str | None,
    tags: tuple[str, ...],
    as_json: bool,
) -> None:
    """Bring in a link found elsewhere.

    Title, text, date and language are read from its page when it can be reached.
    """
    from veille.workflows import stories
    from veille.workflows.found import add_link

    app = session.app
    agent = app.settings.collect.user_agent
    with app.readers() as readers:
        link = add_link(
            app.db,
            app.web,
            readers,
            url,
            title=title,
            comment=comment,
            tags=tags,
            act=session.act,
            agent=agent,
        )
    if link.created:
        stories.find(app.db, act=session.act, limit=1)
    if link.warning:
        session.show.note(f"the page could not be read: {link.warning}")
    item = lookup.show(app.db, link.item).item
    if as_json:
        session.show.json({**shapes.item(item), "created": link.created, "warning": link.warning})
    else:
        session.show.say(f"{'added' if link.created else 'known already'}: {item.id} {item.title}")
