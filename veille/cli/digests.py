"""``veille digest``: the recurring publications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents
from veille.cli.options import json_option
from veille.cli.table import Column
from veille.errors import UsageError
from veille.model.states import Every
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.model.edition import Digest

EVERY = click.Choice([every.value for every in Every])
DEFAULT_LINKS = 5
LOCALE = click.Choice(["fr", "en"])


@click.group()
def digest() -> None:
    """Publications that come back: their title, rule and rhythm."""


def document(digest: Digest) -> dict[str, Any]:
    """A digest as JSON."""
    return {
        "slug": digest.slug,
        "title": digest.title,
        "links": digest.links,
        "per_reader": digest.per_reader,
        "every": digest.every.value,
        "locale": digest.locale,
        "where": digest.query,
        "created": documents.instant(digest.created),
        "address": digest.address or digest.slug,
    }


@digest.command()
@click.argument("slug")
@click.option("--title", required=True, help="What readers see, such as 'Cinq liens'.")
@click.option(
    "--links",
    type=int,
    help="How many links an edition has at most (default: 5; with --per-reader, thrice that).",
)
@click.option(
    "--per-reader",
    type=int,
    help="How many of them each reader gets, by what interests them (default: all).",
)
@click.option("--every", type=EVERY, default="month", show_default=True, help="Its rhythm.")
@click.option("--locale", type=LOCALE, help="Its language (default: the workspace's).")
@click.option("--where", "query", metavar="QUERY", help="Which kept items it draws from.")
@json_option
@click.pass_obj
def create(
    session: Session,
    slug: str,
    title: str,
    links: int | None,
    per_reader: int | None,
    every: str,
    locale: str | None,
    query: str | None,
    as_json: bool,
) -> None:
    """Create a digest; SLUG names it for ever, and the folder of its pages until it moves."""
    from veille.workflows import digests

    app = session.app
    created = digests.create(
        app.db,
        slug=slug,
        title=title,
        links=_links(links, per_reader),
        per_reader=per_reader,
        every=Every(every),
        locale=locale or app.settings.veille.locale,
        query=query,
        zone=app.zone,
        act=session.act,
    )
    if as_json:
        session.show.json(document(created))
        return
    session.show.say(
        f"{created.slug} created: {_size(created)} every {created.every}; "
        f"open its first edition with 'veille edition draft {created.slug}'"
    )


@digest.command("list")
@json_option
@click.pass_obj
def list_digests(session: Session, as_json: bool) -> None:
    """Show all digests."""
    from veille.workflows import digests

    everything = digests.everything(session.app.db)
    if as_json:
        session.show.json([document(each) for each in everything])
        return
    if not everything:
        session.show.note("no digest yet: make one with 'veille digest create SLUG --title TITLE'")
    columns = [
        Column(style="bold"),
        Column(least=12, most=60),
        Column(right=True),
        Column(),
        Column(),
        Column(least=8),
    ]
    session.show.table(columns, [_row(each) for each in everything])


def _links(asked: int | None, per_reader: int | None) -> int:
    if asked is not None:
        return asked
    return DEFAULT_LINKS if per_reader is None else 3 * per_reader


def _size(digest: Digest) -> str:
    links = plural(digest.links, "link")
    return f"{links}, {digest.per_reader} per reader" if digest.per_reader else links


def _row(digest: Digest) -> list[str]:
    return [
        digest.slug,
        digest.title,
        _size(digest),
        f"every {digest.every}",
        digest.locale,
        digest.query or "",
    ]


@digest.command()
@click.argument("slug")
@json_option
@click.pass_obj
def show(session: Session, slug: str, as_json: bool) -> None:
    """Show one digest and its editions."""
    from veille.workflows import compose, digests

    found = digests.find(session.app.db, slug)
    editions = compose.of_digest(session.app.db, slug)
    rows = [
        {"ref": edition.ref, "period": edition.period, "state": edition.state.value}
        for edition in editions
    ]
    if as_json:
        session.show.json({**document(found), "editions": rows})
        return
    session.show.table(
        [Column(style="bold"), Column(), Column(), Column(), Column(), Column()], [_row(found)]
    )
    session.show.table([Column(), Column(), Column()], [list(row.values()) for row in rows])


@digest.command()
@click.argument("slug")
@click.option("--title", help="What readers see from the next edition on.")
@click.option("--links", type=int, help="How many links an edition has at most.")
@click.option("--per-reader", type=int, help="How many of them each reader gets; 0 for all.")
@click.option("--every", type=EVERY, help="Its rhythm.")
@click.option("--locale", type=LOCALE, help="Its language.")
@click.option(
    "--where", "query", metavar="QUERY", help="Which kept items it draws from; '' for all."
)
@click.pass_obj
def edit(session: Session, /, slug: str, every: str | None, **given: Any) -> None:
    """Change a digest; editions that are out stay as they are."""
    from veille.workflows import digests

    changes = {name: value for name, value in given.items() if value is not None}
    if every is not None:
        changes["every"] = Every(every)
    if "per_reader" in changes:
        changes["per_reader"] = changes["per_reader"] or None
    if "query" in changes:
        changes["query"] = changes["query"] or None
    if not changes:
        raise UsageError("nothing to change: name an option, such as --title")
    app = session.app
    edited = digests.edit(app.db, slug, zone=app.zone, act=session.act, **changes)
    session.show.say(f"{edited.slug} changed")


@digest.command()
@click.argument("slug")
@click.argument("address")
@json_option
@click.pass_obj
def move(session: Session, slug: str, address: str, as_json: bool) -> None:
    """Give its pages another folder in the archive; the addresses that readers hold lead on.

    SLUG goes on naming the digest in all commands.
    """
    from veille.workflows import digests
    from veille.workflows.correct import Desk

    app = session.app
    desk = Desk(db=app.db, publisher=app.renderer, archive=app.archive, act=session.act)
    with app.lock("publish"):
        moved = digests.move(desk, slug, address)
    if as_json:
        session.show.json(document(moved))
        return
    session.show.say(f"the pages of {slug} are in {address} now; their former addresses lead there")
