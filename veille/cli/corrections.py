"""``veille edition erratum``, ``withdraw``, ``restrict``, ``restore``: what is out, corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veille.cli import documents, shapes
from veille.cli.editor import write_text
from veille.cli.options import Prose, json_option, one_item
from veille.cli.sending import edition
from veille.errors import UsageError

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.model.edition import Restriction
    from veille.workflows.correct import Desk

__all__ = ["edition"]


def _desk(session: Session) -> Desk:
    from veille.workflows.correct import Desk

    app = session.app
    return Desk(
        db=app.db, publisher=app.renderer, archive=app.archive, act=session.act, charter=app.charter
    )


@edition.command(cls=Prose)
@click.argument("ref")
@click.argument("text", required=False)
@click.option("--item", help="The item whose link it is about (default: the whole edition).")
@click.option("--withdraw", "withdraws", is_flag=True, help="Take that link out of the archive.")
@click.option("--remove", type=int, metavar="N", help="Take erratum N off the page instead.")
@json_option
@click.pass_obj
def erratum(
    session: Session,
    ref: str,
    text: str | None,
    item: str | None,
    withdraws: bool,
    remove: int | None,
    as_json: bool,
) -> None:
    """Put a dated notice on the page of a published edition.

    TEXT is Markdown; without it your $EDITOR opens. The page keeps its address, its feed entry is
    marked as updated; mails are not sent again.
    """
    from veille.workflows import correct

    if remove is not None and (text is not None or item is not None or withdraws):
        raise UsageError("--remove goes alone: it names a notice that is there")
    if withdraws and item is None:
        raise UsageError("--withdraw goes with --item; for all of it: 'veille edition withdraw'")
    about = None if item is None else one_item(item)
    written = text
    if text is None and remove is None:
        # Before the editor opens, not after somebody wrote in vain; others may publish meanwhile.
        correct.require_published(_desk(session), ref, item=about)
        written = _written(session)
    with session.app.lock("publish"):
        if remove is not None:
            done = correct.remove_erratum(_desk(session), ref, remove)
        else:
            done = correct.erratum(
                _desk(session), ref, written or "", item=about, withdraws=withdraws
            )
    if as_json:
        session.show.json(shapes.erratum(done))
        return
    verb = "is on" if remove is None else "is off"
    session.show.say(f"erratum {done.id} {verb} the page of {ref}")


def _written(session: Session) -> str:
    if not session.interactive:
        raise UsageError("there is no terminal for an editor: give the TEXT of the notice")
    return write_text(session, "")


@edition.command()
@click.argument("ref")
@click.option("--reason", required=True, help="Why, in a sentence that readers will see.")
@json_option
@click.pass_obj
def withdraw(session: Session, ref: str, reason: str, as_json: bool) -> None:
    """Replace a published edition by a notice; it leaves lists, feeds and search."""
    from veille.workflows import correct

    with session.app.lock("publish"):
        made = correct.withdraw(_desk(session), ref, reason)
    _tell(session, ref, made, as_json, f"{ref} is withdrawn: its page says so, and why")


@edition.command()
@click.argument("ref")
@click.option("--reason", help="Why, for the log; readers do not see it.")
@json_option
@click.pass_obj
def restrict(session: Session, ref: str, reason: str | None, as_json: bool) -> None:
    """Keep a published edition to those who received it: out of the archive, but for a notice.

    'veille archive build --internal --out DIR' writes an archive with these editions.
    """
    from veille.workflows import correct

    with session.app.lock("publish"):
        made = correct.keep_internal(_desk(session), ref, reason)
    _tell(session, ref, made, as_json, f"{ref} is internal: the archive holds a notice only")


@edition.command()
@click.argument("ref")
@click.pass_obj
def restore(session: Session, ref: str) -> None:
    """Give a withdrawn or internal edition back to everybody, as it was."""
    from veille.workflows import correct

    with session.app.lock("publish"):
        lifted = correct.restore(_desk(session), ref)
    session.show.say(f"{ref} is no longer {lifted.visibility}: its page is back")


def _tell(session: Session, ref: str, made: Restriction, as_json: bool, words: str) -> None:
    if as_json:
        at = documents.instant(made.at)
        session.show.json(
            {"ref": ref, "visibility": made.visibility.value, "reason": made.reason, "at": at}
        )
    else:
        session.show.say(words)
