"""``undo`` and ``log``: what was done, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from veille.cli import shapes
from veille.cli.options import json_option, one_item
from veille.cli.table import Column
from veille.errors import ExitCode
from veille.terminal.counting import plural
from veille.terminal.wording import moment, what_happened
from veille.workflows import lookup, undoing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.cli.context import Session
    from veille.model.event import Event

MOST = 1_000  # actions taken back at once
PAGE = 50

_COLUMNS = (
    Column(style="dim"),  # when
    Column(least=6, most=20, style="cyan"),  # who
    Column(right=True, style="dim"),  # item
    Column(least=20),  # what
)


@click.command()
@click.argument("count", type=click.IntRange(1, MOST), default=1, metavar="[N]")
@json_option
@click.pass_obj
def undo(session: Session, count: int, as_json: bool) -> ExitCode:
    """Take back your last actions.

    The last one, or the last N; a bulk action is taken back as a whole. What a colleague changed
    since is left alone, and said.
    """
    undone = undoing.latest(session.app.db, count, act=session.act)
    if as_json:
        session.show.json([_document(each) for each in undone])
    for each in () if as_json else undone:
        if each.items:
            session.show.say(f"undone: {each.action} {_listed(each.items)}")
        if each.terms:
            session.show.say(f"undone: thesaurus {', '.join(each.terms[:10])}")
        if each.reason:
            left = f"{_listed(each.left)}: " if each.left else ""
            session.show.note(f"left as it is: {left}{each.reason}")
    return ExitCode.PARTIAL if any(each.reason for each in undone) else ExitCode.DONE


def _document(undone: undoing.Undone) -> dict[str, Any]:
    return {
        "action": undone.action,
        "items": undone.items,
        "terms": undone.terms,
        "left": undone.left,
    }


def _listed(items: Sequence[int]) -> str:
    return " ".join(map(str, items)) if len(items) <= 10 else plural(len(items), "item")


@click.command()
@click.argument("item", required=False)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=PAGE,
    show_default=True,
    metavar="N",
    help="How many lines at most, the newest; 0 is all.",
)
@json_option
@click.pass_obj
def log(session: Session, item: str | None, limit: int, as_json: bool) -> None:
    """Show who did what, when and why.

    Newest first: of everything, or of one ITEM.
    """
    chosen = None if item is None else one_item(item)
    events = lookup.history(session.app.db, item=chosen, limit=limit or None)
    if as_json:
        session.show.json([shapes.event(event) for event in events])
    else:
        session.show.table(_COLUMNS, [_row(session, event) for event in events])
        if not events:
            session.show.note("nothing was done yet")


def _row(session: Session, event: Event) -> tuple[str, ...]:
    by = event.by or "-"
    # Who acted under another's name is told (fault U9).
    who = by if event.login in (None, event.by) else f"{by} ({event.login})"
    item = "" if event.item is None else str(event.item)
    return moment(event.at, session.app.zone), who, item, what_happened(event)
