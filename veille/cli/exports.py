"""``export``: items for reference managers, spreadsheets, readers and browsers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from veille.cli.items import query_argument, sort_option
from veille.model.query import Sort
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.cli.context import Session
    from veille.model.item import Item

FORMATS = ("atom", "bibtex", "bookmarks", "csl-json", "csv", "opml", "ris")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("form", metavar="FORMAT", type=click.Choice(FORMATS, case_sensitive=False))
@query_argument
@click.option(
    "--out",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write it, in UTF-8 (default: standard output).",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="How many at most.")
@sort_option
@click.pass_obj
def export(
    session: Session,
    form: str,
    query: tuple[str, ...],
    file: Path | None,
    limit: int | None,
    sort: str,
) -> None:
    """Hand items over to other programs.

    FORMAT: ris, bibtex or csl-json for reference managers such as Zotero; csv for spreadsheets; atom
    for readers of feeds; bookmarks for browsers and Shaarli; opml for the sources of the items.
    QUERY is a search, as for 'veille list'; without it everything is exported.
    """
    from veille.workflows import lookup

    asked = session.query(" ".join(query))
    found = lookup.search(session.app.db, asked, act=session.act, limit=limit, sort=Sort(sort))
    text = _written(session, form, found)
    if file is None:
        session.show.line(text.rstrip("\n"))
    else:
        # With a mark at its beginning Excel reads a table of accents as what it is.
        encoding = "utf-8-sig" if form == "csv" else "utf-8"
        file.write_text(text, encoding=encoding, newline="")
        what = "the sources of " if form == "opml" else ""
        session.show.say(f"{what}{plural(len(found), 'item')} written to {file}")
    if not found:
        session.show.note("nothing matches: there was nothing to hand over")


def _written(session: Session, form: str, items: Sequence[Item]) -> str:
    """The items in a format; each is imported when it is asked for."""
    match form:
        case "ris" | "bibtex":
            from veille.delivery.exports import citations

            return citations.ris(items) if form == "ris" else citations.bibtex(items)
        case "csl-json":
            from veille.delivery.exports.references import csl_json

            return csl_json(items)
        case "csv":
            from veille.delivery.exports.tables import items_table

            return items_table(items)
        case "atom":
            from veille.delivery.exports.atom import atom

            sender = session.app.sender
            now = session.act.now
            return atom(items, title=sender.name, instance=sender.instance, now=now)
        case "bookmarks":
            from veille.feeds import bookmarks

            return bookmarks.write(items, title=session.app.settings.veille.name)
        case _:
            return _sources_of(session, items)


def _sources_of(session: Session, items: Sequence[Item]) -> str:
    from veille.feeds import opml
    from veille.workflows import subscribe

    seen = {source.id for item in items for source in item.sources}
    chosen = [each for each in subscribe.everything(session.app.db) if each.id in seen]
    name = session.app.settings.veille.name
    return opml.write(chosen, title=name, created=session.act.now).decode()
