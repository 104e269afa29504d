"""``keep``, ``skip``, ``reset``: triage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import click

from veille.cli.options import Selection, items_argument, json_option, note_option
from veille.terminal.counting import plural
from veille.workflows import curate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.cli.context import Session
    from veille.store.database import Database
    from veille.workflows.acting import Act

NAMED = 10  # items told one by one


class Verb(Protocol):
    """A workflow that marks items."""

    def __call__(self, db: Database, ids: Sequence[int], *, act: Act) -> curate.Outcome:
        """Do it."""


@click.command()
@items_argument
@note_option
@json_option
@click.pass_obj
def keep(session: Session, selection: Selection, note: str | None, as_json: bool) -> None:
    """Keep items: they are worth a reader's time.

    ITEM is an id (12) or a range (12-18). Keeping what a colleague keeps adds your name. What tells
    the same story is kept with it.
    """
    _triage(session, selection, note, as_json, curate.keep, "keep", "kept")


@click.command()
@items_argument
@note_option
@json_option
@click.pass_obj
def skip(session: Session, selection: Selection, note: str | None, as_json: bool) -> None:
    """Put items aside.

    ITEM is an id (12) or a range (12-18). What tells the same story goes with it. The last word wins;
    'veille undo' takes it back.
    """
    _triage(session, selection, note, as_json, curate.skip, "skip", "skipped")


@click.command()
@items_argument
@note_option
@json_option
@click.pass_obj
def reset(session: Session, selection: Selection, note: str | None, as_json: bool) -> None:
    """Put items back in the inbox.

    ITEM is an id (12) or a range (12-18). Tags and comments stay.
    """
    _triage(session, selection, note, as_json, curate.reset, "reset", "back in the inbox")


def _triage(
    session: Session,
    selection: Selection,
    note: str | None,
    as_json: bool,
    do: Verb,
    verb: str,
    done: str,
) -> None:
    ids = selection.ids(session, verb)
    act = session.noted(note)
    report(session, do(session.app.db, ids, act=act), done, as_json=as_json)


def report(session: Session, outcome: curate.Outcome, done: str, *, as_json: bool) -> None:
    """Say what changed, and what was that way already."""
    if as_json:
        session.show.json(
            {
                "changed": outcome.changed,
                "unchanged": outcome.unchanged,
                "with_story": outcome.with_story,
            }
        )
        return
    for ids, said in ((outcome.changed, done), (outcome.unchanged, f"already {done}")):
        if ids:
            session.show.say(f"{said}: {_named(ids)}")
    if outcome.with_story:
        session.show.note(f"of the same story: {_named(outcome.with_story)}")


def _named(ids: Sequence[int]) -> str:
    return " ".join(map(str, ids)) if len(ids) <= NAMED else plural(len(ids), "item")
