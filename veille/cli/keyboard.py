"""``triage``: the keyboard screen, opened on a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veille.cli.browser import browse
from veille.cli.editor import write_text
from veille.cli.items import query_argument, sort_option
from veille.errors import ExitCode, UsageError
from veille.model.query import Is, Sort, Status

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.tui.triage.doors import Doors
    from veille.tui.triage.work import Ended


@click.command(context_settings={"ignore_unknown_options": True})
@query_argument
@sort_option
@click.pass_obj
def triage(session: Session, query: tuple[str, ...], sort: str) -> ExitCode:
    """Go through items at the keyboard: read, keep, skip, tag, comment.

    QUERY is a search as in 'veille list'; without one, the inbox. Each key acts at once and is one
    line of the log; u takes it back, ? shows all keys. Needs the extra veille[tui].
    """
    _need_a_terminal(session)
    try:
        from veille.tui.triage import run
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] != "textual":
            raise
        raise UsageError(
            "the keyboard screen needs the extra tui: pip install 'veille[tui]'"
        ) from error
    ended = run(_doors(session, " ".join(query), Sort(sort)))
    return _account(session, ended)


def _need_a_terminal(session: Session) -> None:
    around = session.surroundings
    on_terminal = all(stream.isatty() for stream in (around.stdin, around.stdout, around.stderr))
    if not on_terminal or around.environ.get("TERM", "dumb") == "dumb":
        raise UsageError("there is no terminal to draw on: 'veille inbox' prints the list")
    if not session.show.unicode:
        raise UsageError(
            f"this terminal's encoding ({around.stdout.encoding}) lacks most letters: "
            "set LC_ALL=C.UTF-8"
        )


def _doors(session: Session, text: str, sort: Sort) -> Doors:
    from veille.settings.keys import TriageKeys, own_keys
    from veille.settings.personal import own_file, own_state
    from veille.store.database import instance
    from veille.tui.triage.doors import Doors

    environ = session.surroundings.environ
    keys = own_keys("triage", environ)
    assert isinstance(keys, TriageKeys)  # noqa: S101  what that name declares
    with session.app.db.read() as connection:
        workspace = instance(connection).id
    return Doors(
        db=session.app.db,
        act=session.app.act,
        zone=session.app.zone,
        query=session.query(text) if text.strip() else Is(Status.INBOX),
        sort=sort,
        title=text.strip() or "inbox",
        nothing="Nothing matches." if text.strip() else "The inbox is empty.",
        parse=session.query,
        browse=lambda url: browse(session, url),
        edit=lambda start: write_text(session, start),
        keys=keys,
        keys_file=own_file(environ),
        drafts=own_state(environ) / "drafts" / f"{workspace}.json",
    )


def _account(session: Session, ended: Ended) -> ExitCode:
    """Say what is stored now, and what is not."""
    if ended.done:
        done = ", ".join(f"{count} {said}" for said, count in ended.done.items())
        session.show.say(f"{done}: 'veille log' tells it, 'veille undo' takes it back")
    if ended.waiting:
        at = ", ".join(map(str, ended.waiting))
        session.show.note(f"texts you began wait at {at}, under their keys in 'veille triage'")
    for failure in ended.failed:
        session.show.error(failure)
    if ended.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.PARTIAL if ended.failed else ExitCode.DONE
