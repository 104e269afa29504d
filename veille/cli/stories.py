"""``veille story``: items that tell the same, joined and split by hand, and found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veille.cli import shapes
from veille.cli.options import json_option, note_option, one_item
from veille.errors import UsageError
from veille.terminal.counting import plural
from veille.workflows import curate, stories

if TYPE_CHECKING:
    from veille.cli.context import Session


@click.group()
def story() -> None:
    """Items that tell the same: join them, split them, look for them.

    Items that tell one story are shown once and decided once. They are found when they are
    collected; what you join or split stays as you say.
    """


@story.command()
@click.argument("references", nargs=-1, required=True, metavar="ITEM…")
@note_option
@json_option
@click.pass_obj
def join(session: Session, references: tuple[str, ...], note: str | None, as_json: bool) -> None:
    """Say that items are one story, with all that tells theirs.

    What nobody judged yet follows what was decided on the others. 'veille undo' takes it back.
    """
    from veille.curation.references import parse_items

    ids = curate.select(session.app.db, parse_items(references))
    if len(ids) < 2:
        raise UsageError("name two items at least: 'veille story join 12 15'")
    whole = stories.join(session.app.db, ids, act=session.noted(note))
    if as_json:
        session.show.json({"story": whole})
    else:
        session.show.say(f"one story: {' '.join(map(str, whole))}")


@story.command()
@click.argument("item")
@note_option
@json_option
@click.pass_obj
def split(session: Session, item: str, note: str | None, as_json: bool) -> None:
    """Say that an item tells another story than those it is shown with.

    They are never put together again by themselves. 'veille undo' takes it back.
    """
    number = one_item(item)
    others = stories.split(session.app.db, number, act=session.noted(note))
    if as_json:
        session.show.json({"item": number, "apart": others})
    else:
        session.show.say(f"{number} is another story than {' '.join(map(str, others))}")


@story.command()
@json_option
@click.pass_obj
def find(session: Session, as_json: bool) -> None:
    """Look for the stories of all items that were not looked at yet.

    'veille collect' does it for what it brings; this is for what an older version collected.
    """
    app = session.app
    with app.lock("collect"):
        found = stories.find(app.db, act=session.act, limit=None)
    if as_json:
        session.show.json(shapes.found(found))
    else:
        session.show.say(
            f"{plural(found.looked, 'item')} looked at: {found.told} tell a shared story"
        )
