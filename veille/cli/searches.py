"""``veille search``: names for searches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents
from veille.cli.options import json_option
from veille.cli.table import Column
from veille.terminal.counting import plural
from veille.terminal.wording import moment
from veille.workflows import searches

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.model.query import SavedSearch

_COLUMNS = (Column(style="bold"), Column(least=20), Column(least=6, style="cyan", gives_way=True))


@click.group()
def search() -> None:
    """Save searches under a name, and use them as search:NAME."""


def document(saved: SavedSearch) -> dict[str, Any]:
    """A saved search as JSON."""
    return {
        "name": saved.name,
        "query": saved.query,
        "by": saved.by,
        "at": documents.instant(saved.at),
    }


# A search may begin with -term.
@search.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("query", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--replace", is_flag=True, help="Also when the name has another search.")
@json_option
@click.pass_obj
def save(session: Session, name: str, query: tuple[str, ...], replace: bool, as_json: bool) -> None:
    """Save QUERY under NAME.

    From then on search:NAME stands for it wherever a search is taken: in lists, bulk actions, digests,
    rules, and other saved searches.
    """
    app = session.app
    saved = searches.save(
        app.db, name, " ".join(query), replace=replace, zone=app.zone, act=session.act
    )
    if as_json:
        session.show.json(document(saved))
        return
    used = f'search:"{saved.name}"' if " " in saved.name else f"search:{saved.name}"
    session.show.say(f"saved: 'veille list {used}' finds {saved.query}")


@search.command("list")
@json_option
@click.pass_obj
def list_searches(session: Session, as_json: bool) -> None:
    """Show the saved searches."""
    found = searches.everything(session.app.db)
    if as_json:
        session.show.json([document(each) for each in found])
        return
    session.show.table(_COLUMNS, [(each.name, each.query, each.by) for each in found])
    if not found:
        session.show.note("no saved search yet: 'veille search save NAME QUERY' makes one")


@search.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """Show one saved search, what it finds, and where it is used."""
    app = session.app
    shown = searches.show(app.db, name, zone=app.zone, act=session.act)
    saved = shown.search
    if as_json:
        session.show.json({**document(saved), "items": shown.items, "used_by": shown.used_by})
        return
    session.show.line(saved.name, style="bold")
    session.show.line(f"   {saved.query}")
    session.show.line(f"   {plural(shown.items, 'item')} now")
    session.show.line(f"   saved by {saved.by}, {moment(saved.at, app.zone)}")
    if shown.used_by:
        session.show.line(f"   used in {', '.join(shown.used_by)}")


@search.command()
@click.argument("old")
@click.argument("new")
@click.pass_obj
def rename(session: Session, old: str, new: str) -> None:
    """Give a saved search another name, also where it is used."""
    changed = searches.rename(session.app.db, old, new, act=session.act)
    also = f", also in {', '.join(changed)}" if changed else ""
    session.show.say(f"renamed: {old} → {new}{also}")


@search.command()
@click.argument("name")
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Forget a saved search; refused while something uses it."""
    saved = searches.remove(session.app.db, name, act=session.act)
    session.show.say(f"removed: {saved.name} (it was: {saved.query})")
