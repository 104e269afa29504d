"""``veille subscriber``: the readers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents
from veille.cli.options import json_option
from veille.cli.table import Column
from veille.errors import ExitCode
from veille.terminal.wording import plural

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.model.delivery import Subscriber

digest_option = click.option(
    "--digest", "digests", multiple=True, metavar="DIGEST", help="What they receive (default: all)."
)


@click.group()
def subscriber() -> None:
    """The readers of the digests."""


def document(reader: Subscriber) -> dict[str, Any]:
    """A reader as JSON; no digest named means all of them."""
    return {
        "email": reader.email,
        "name": reader.name,
        "digests": list(reader.digests),
        "since": documents.instant(reader.since),
    }


@subscriber.command()
@click.argument("email")
@click.option("--name", help="How to call them.")
@digest_option
@click.pass_obj
def add(session: Session, email: str, name: str | None, digests: tuple[str, ...]) -> None:
    """Add a reader."""
    from veille.workflows import readers

    reader, new = readers.add(session.app.db, email, name=name, digests=digests, act=session.act)
    receives = ", ".join(reader.digests) or "every digest"
    session.show.say(f"{reader.email} {'now receives' if new else 'receives'} {receives}")


@subscriber.command("import")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@digest_option
@json_option
@click.pass_obj
def import_file(session: Session, file: Path, digests: tuple[str, ...], as_json: bool) -> ExitCode:
    """Add the readers of a CSV file (columns email, name); '-' reads standard input."""
    from veille.workflows import readers

    data = session.bytes_of(file)
    done = readers.import_csv(session.app.db, data, digests=digests, act=session.act)
    if as_json:
        refused = [
            {"line": row.line, "value": row.value, "reason": row.reason} for row in done.refused
        ]
        session.show.json({"added": len(done.added), "known": len(done.known), "refused": refused})
    else:
        session.show.say(
            f"{len(done.added)} added, {len(done.known)} already there, {len(done.refused)} refused"
        )
        for row in done.refused:
            session.show.note(f"line {row.line}: {row.reason}")
    return ExitCode.PARTIAL if done.refused else ExitCode.DONE


@subscriber.command("list")
@click.option("--digest", metavar="DIGEST", help="Only the readers of this digest.")
@json_option
@click.pass_obj
def list_readers(session: Session, digest: str | None, as_json: bool) -> None:
    """Show the readers."""
    from veille.workflows import readers

    everyone = readers.everyone(session.app.db, digest=digest)
    if as_json:
        session.show.json([document(reader) for reader in everyone])
        return
    rows = [
        [reader.email, reader.name or "", ", ".join(reader.digests) or "every digest"]
        for reader in everyone
    ]
    session.show.table([Column(least=20, style="bold"), Column(least=8), Column(least=8)], rows)
    session.show.note(plural(len(everyone), "reader"))


@subscriber.command()
@click.argument("email")
@click.pass_obj
def remove(session: Session, email: str) -> None:
    """Remove a reader; nothing is sent to them any more."""
    from veille.workflows import readers

    key = readers.remove(session.app.db, email, act=session.act)
    session.show.say(f"{key} is no reader any more")
