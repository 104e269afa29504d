"""``import``: bookmarks from browsers and services of read-later."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from veille.cli.options import json_option
from veille.errors import ExitCode
from veille.model.states import ItemState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.cli.context import Session
    from veille.feeds.bookmarks import Bookmark

_LISTED = 20  # refused lines that a person is shown


@click.command("import")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@click.option(
    "--into",
    type=click.Choice([state.value for state in ItemState], case_sensitive=False),
    default=ItemState.INBOX.value,
    help="Where new items go; kept endorses known ones too.  [default: inbox]",
)
@click.option("--folders", is_flag=True, help="Folders become tags too.")
@click.option(
    "--private/--no-private",
    default=None,
    help="Bring in what is marked private, for colleagues to see (default: ask, or bring in).",
)
@json_option
@click.pass_obj
def import_bookmarks(
    session: Session, file: Path, into: str, folders: bool, private: bool | None, as_json: bool
) -> ExitCode:
    """Bring in bookmarks kept elsewhere.

    FILE is an export in HTML, as browsers, Shaarli, linkding, Pocket, Raindrop and others write it;
    '-' is standard input. Dates, tags and notes come along, notes as comments. Importing a file again
    changes nothing.
    """
    from veille.feeds import bookmarks
    from veille.workflows.bringing import bring_bookmarks

    found = bookmarks.read(_bytes(session, file))
    links = _permitted(session, found.links, private)
    done = bring_bookmarks(
        session.app.db, links, into=ItemState(into), folders=folders, act=session.act
    )
    left_out = len(found.links) - len(links)
    if as_json:
        session.show.json(
            {
                "added": len(done.added),
                "known": len(done.known),
                "changed": len(done.changed),
                "left_out": left_out,
                "refused": [{"url": one.url, "reason": one.reason} for one in found.refused],
            }
        )
        return ExitCode.PARTIAL if found.refused else ExitCode.DONE
    session.show.say(
        f"{len(done.added)} added, {len(done.known)} already there, {len(found.refused)} refused"
        + (f", {left_out} private left out" if left_out else "")
    )
    for one in found.refused[:_LISTED]:
        session.show.note(f"refused {one.url or 'a line'}: {one.reason}")
    if len(found.refused) > _LISTED:
        session.show.note(f"… and {len(found.refused) - _LISTED} more: --json lists them all")
    return ExitCode.PARTIAL if found.refused else ExitCode.DONE


def _bytes(session: Session, file: Path) -> bytes:
    if str(file) == "-":
        return session.surroundings.stdin.buffer.read()
    return file.read_bytes()


def _permitted(
    session: Session, links: Sequence[Bookmark], private: bool | None
) -> Sequence[Bookmark]:
    """The links to bring in: what somebody marked private is theirs until they say otherwise."""
    count = sum(link.private for link in links)
    if private is None and count:
        if session.interactive:
            private = session.agrees(
                f"{count} of them are marked private: let colleagues see them here?"
            )
        else:
            session.show.note(
                f"{count} of them were marked private, and colleagues see them now: "
                "--no-private leaves such links out"
            )
    return [link for link in links if not link.private] if private is False else links
