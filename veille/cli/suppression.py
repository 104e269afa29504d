"""``veille suppression``: whom nobody writes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veille.cli import documents
from veille.cli.options import json_option, note_option
from veille.cli.table import Column
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from veille.cli.context import Session


@click.group()
def suppression() -> None:
    """The addresses that nobody writes to, and why."""


@suppression.command("list")
@json_option
@click.pass_obj
def list_all(session: Session, as_json: bool) -> None:
    """Show them: removed, left, or always failing."""
    from veille.workflows import suppressing

    found = suppressing.everything(session.app.db)
    if as_json:
        session.show.json(
            [
                {
                    "email": one.key,
                    "digest": one.digest,
                    "reason": one.reason,
                    "at": documents.instant(one.at),
                }
                for one in found
            ]
        )
        return
    rows = [
        [one.key, one.digest or "everything", f"{one.at:%Y-%m-%d}", one.reason] for one in found
    ]
    columns = [Column(least=20, style="bold"), Column(), Column(), Column(least=12)]
    session.show.table(columns, rows)
    session.show.note(f"{plural(len(found), 'line')}: nothing of that is sent there")


@suppression.command()
@click.argument("email")
@note_option
@click.pass_obj
def add(session: Session, email: str, note: str | None) -> None:
    """Leave an address alone, mails on their way included."""
    from veille.workflows import suppressing

    key = suppressing.add(session.app.db, email, act=session.noted(note))
    session.show.say(f"nothing is sent to {key} any more")


@suppression.command()
@click.argument("email")
@note_option
@click.pass_obj
def remove(session: Session, email: str, note: str | None) -> None:
    """Forget that an address was to be left alone."""
    from veille.workflows import suppressing

    key = suppressing.remove(session.app.db, email, act=session.noted(note))
    session.show.say(f"{key} may be written to again: 'veille subscriber add {key}'")
