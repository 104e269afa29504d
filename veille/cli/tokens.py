"""``veille token``: which reader apps may come in, and as whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents
from veille.cli.options import json_option
from veille.cli.table import Column
from veille.terminal.wording import moment
from veille.workflows import tokens

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.model.reading import AppToken

_COLUMNS = (
    Column(right=True, style="dim"),  # number
    Column(least=6, style="cyan"),  # curator
    Column(least=6, style="bold"),  # name
    Column(least=10),  # used
)


@click.group()
def token() -> None:
    """Let reader apps in, each with a token of its own."""


def document(one: AppToken) -> dict[str, Any]:
    """A token as JSON, without anything that opens."""
    return {
        "id": one.id,
        "curator": one.handle,
        "name": one.name,
        "read_only": one.read_only,
        "created": documents.instant(one.created),
        "used": documents.instant(one.used),
    }


@token.command()
@click.argument("name")
@click.option("--read-only", is_flag=True, help="The app may look, and change nothing.")
@json_option
@click.pass_obj
def add(session: Session, name: str, read_only: bool, as_json: bool) -> None:
    """Make a token for an app, shown this once.

    NAME is what to call the app or the device. In the app, your handle is the user name and the token the password.
    """
    made, secret = tokens.make(session.app.db, name, read_only=read_only, act=session.act)
    if as_json:
        session.show.json({**document(made), "token": secret})
        return
    session.show.line(secret)
    session.show.note(f"the password for {made.name}, with the user name {made.handle}")
    session.show.note("it is not shown again: 'veille token revoke' takes it back")


@token.command("list")
@json_option
@click.pass_obj
def list_tokens(session: Session, as_json: bool) -> None:
    """Show whose tokens there are, and their last use.

    To the hour; of all curators.
    """
    found = tokens.everything(session.app.db)
    if as_json:
        session.show.json([document(one) for one in found])
        return
    session.show.table(_COLUMNS, [_row(session, one) for one in found])
    if not found:
        session.show.note("no app may come in: 'veille token add NAME' makes a token")


def _row(session: Session, one: AppToken) -> tuple[str, ...]:
    used = "never used" if one.used is None else f"used {moment(one.used, session.app.zone)}"
    return str(one.id), one.handle, one.name, f"{used}, read only" if one.read_only else used


@token.command()
@click.argument("reference", metavar="TOKEN")
@click.pass_obj
def revoke(session: Session, reference: str) -> None:
    """Take a token back: its app comes in no more.

    TOKEN is a number, or the name of one of yours.
    """
    gone = tokens.revoke(session.app.db, reference, act=session.act)
    session.show.say(f"revoked: {gone.name} of {gone.handle} comes in no more")
