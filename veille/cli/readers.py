"""``veille subscriber``: the readers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents
from veille.cli.options import json_option
from veille.cli.table import Column
from veille.errors import ExitCode, UsageError
from veille.terminal.counting import plural

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
        "profiles": dict(reader.profiles),
        "since": documents.instant(reader.since),
    }


profile_option = click.option(
    "--profile",
    metavar="QUERY",
    help="What interests them in that digest, a search; '' for nothing.",
)
tag_option = click.option(
    "--tag", "tags", multiple=True, metavar="TAG", help="The same by tags: any of these."
)


@subscriber.command()
@click.argument("email")
@click.option("--name", help="How to call them.")
@digest_option
@profile_option
@tag_option
@click.pass_obj
def add(
    session: Session,
    email: str,
    name: str | None,
    digests: tuple[str, ...],
    profile: str | None,
    tags: tuple[str, ...],
) -> None:
    """Add a reader."""
    from veille.workflows import readers

    app = session.app
    reader, new = readers.add(
        app.db,
        email,
        name=name,
        digests=digests,
        act=session.act,
        profile=_profile(profile, tags),
        zone=app.zone,
    )
    receives = ", ".join(reader.digests) or "every digest"
    session.show.say(f"{reader.email} {'now receives' if new else 'receives'} {receives}")


@subscriber.command()
@click.argument("email")
@click.option("--name", help="How to call them; '' takes it away.")
@click.option(
    "--digest",
    "digests",
    multiple=True,
    metavar="DIGEST",
    help="The digest that --profile is about.",
)
@profile_option
@tag_option
@click.pass_obj
def edit(
    session: Session,
    email: str,
    name: str | None,
    digests: tuple[str, ...],
    profile: str | None,
    tags: tuple[str, ...],
) -> None:
    """Change what a reader is called, or what interests them in a digest."""
    from veille.workflows import readers

    asked = _profile(profile, tags)
    if name is None and asked is None:
        raise UsageError("nothing to change: name an option, such as --profile")
    app = session.app
    reader = readers.edit(
        app.db, email, name=name, digests=digests, profile=asked, act=session.act, zone=app.zone
    )
    session.show.say(f"{reader.email} changed")


def _profile(profile: str | None, tags: tuple[str, ...]) -> str | None:
    """A profile as a search; tags are one of its forms."""
    if tags and profile is not None:
        raise UsageError("--profile and --tag are two ways to say one thing: give one")
    if not tags:
        return profile
    quoted = [tag.replace('"', "") for tag in tags]
    return " OR ".join(f'tag:"{tag}"' for tag in quoted)


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
        [
            reader.email,
            reader.name or "",
            ", ".join(reader.digests) or "every digest",
            "; ".join(f"{slug}: {query}" for slug, query in reader.profiles.items()),
        ]
        for reader in everyone
    ]
    columns = [Column(least=20, style="bold"), Column(least=8), Column(least=8), Column(least=8)]
    session.show.table(columns, rows)
    session.show.note(plural(len(everyone), "reader"))


@subscriber.command()
@click.argument("email")
@click.pass_obj
def remove(session: Session, email: str) -> None:
    """Remove a reader; nothing is sent to them any more."""
    from veille.workflows import readers

    key = readers.remove(session.app.db, email, act=session.act)
    session.show.say(f"{key} is no reader any more")
