"""``comment``: why an item matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veille.cli import shapes
from veille.cli.editor import write_text
from veille.cli.options import Prose, json_option, one_item
from veille.errors import Refused, UsageError
from veille.workflows import curate, lookup

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.model.item import Comment, Item


@click.command(cls=Prose)
@click.argument("item")
@click.argument("text", required=False)
@click.option("--blurb", is_flag=True, help="The text readers see; the newest one wins.")
@json_option
@click.pass_obj
def comment(session: Session, item: str, text: str | None, blurb: bool, as_json: bool) -> None:
    """Say why an item matters.

    TEXT is Markdown; '-' reads it from standard input, without it your $EDITOR opens.
    """
    before = lookup.show(session.app.db, one_item(item)).item
    written = _text(session, text, before.blurb if blurb else None)
    number = curate.comment(session.app.db, before.id, written, blurb=blurb, act=session.act)
    after = lookup.show(session.app.db, before.id).item
    if blurb:
        _tell_other_blurbs(session, before, after, number)
    if as_json:
        session.show.json(
            next(shapes.comment(each) for each in after.comments if each.id == number)
        )
    else:
        session.show.say(f"{'blurb' if blurb else 'comment'} on {before.id}: {before.title}")


def _text(session: Session, text: str | None, blurb: Comment | None) -> str:
    if text == "-":
        # One more than is allowed, so that what is too long is told instead of cut.
        return session.surroundings.stdin.read(curate.MAX_COMMENT + 1)
    if text is not None:
        return text
    if not session.interactive:
        raise UsageError(
            "there is no terminal for an editor: give the TEXT, or - for standard input"
        )
    start = blurb.text if blurb else ""
    written = write_text(session, start)
    if written.strip() == start.strip():
        raise Refused("the text is unchanged: nothing was stored")
    return written


def _tell_other_blurbs(session: Session, before: Item, after: Item, number: int) -> None:
    """Tell whose words readers no longer see: both texts stay in the history (fault U2)."""
    known = {each.id for each in before.comments}
    own = session.app.actor.handle
    for each in after.comments:
        meanwhile = each.id not in known and each.id != number
        replaced = before.blurb is not None and each.id == before.blurb.id
        if each.blurb and each.by != own and (meanwhile or replaced):
            when = " written meanwhile" if meanwhile else ""
            session.show.note(
                f"it replaces the blurb of {each.by}{when}, which stays in the history"
            )
