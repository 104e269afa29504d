"""The workspace itself: ``init`` and ``run``."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veille.cli.zone import local_zone
from veille.errors import ExitCode
from veille.terminal.wording import plural

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.schedule import Job

COLLECT_EVERY = 5  # minutes between two looks at what is due; sources have their own rhythm


def starter_list() -> bytes:
    """The starter list of sources: of the installed package, or of the checkout."""
    package = Path(__file__).parents[1]
    for path in (package / "starter.opml", package.parent / "feeds.opml"):
        if path.is_file():
            return path.read_bytes()
    raise FileNotFoundError("the starter list is missing: install veille again")


@click.command()
@click.argument(
    "folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path)
)
@click.option("--name", help="What the watch is called (default: the folder's name).")
@click.option("--locale", type=click.Choice(["fr", "en"]), help="Language of what readers get.")
@click.option(
    "--database", metavar="URL", help="postgresql+psycopg://… for a team (default: SQLite)."
)
@click.pass_obj
def init(
    session: Session, folder: Path, name: str | None, locale: str | None, database: str | None
) -> None:
    """Make a workspace; nothing that is there is overwritten."""
    from veille.app import MARKER, absolute_url, utc_now
    from veille.settings import commented, load, read
    from veille.workflows.start import start

    environ = session.surroundings.environ
    target = (Path(session.surroundings.here) / folder.expanduser()).resolve()
    values = {"veille": {"name": name or target.name or "veille", "timezone": local_zone(environ)}}
    if locale:
        values["veille"]["locale"] = locale
    if database:
        values["database"] = {"url": database}
    text, marker = commented(values), target / MARKER
    settings = load(marker, environ) if marker.exists() else read(text, marker, environ)
    done = start(
        target,
        settings=text,
        starter=starter_list(),
        database=absolute_url(settings.database.url, target),
        now=utc_now(),
    )
    if not done.made:
        session.show.say(f"{target} is a workspace already: nothing was changed")
        return
    session.show.say(f"{target}: made {', '.join(done.made)}")
    session.show.note("next: 'veille source import feeds.opml' there, then 'veille collect'")


@click.command()
@click.option("--once", is_flag=True, help="Do what is due, then end (for cron).")
@click.pass_obj
def run(session: Session, once: bool) -> ExitCode:
    """Keep watch unattended: visit sources when they are due."""
    from veille.schedule import run_forever, run_once

    jobs = _jobs(session)
    if once:
        return ExitCode.DONE if run_once(jobs, session.show.note) else ExitCode.PARTIAL
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    session.show.note(f"watching {session.app.workspace}; Ctrl-C ends it")
    run_forever(jobs, session.show.note, stop)
    return ExitCode.DONE


def _jobs(session: Session) -> list[Job]:
    from veille.cli.collect import read_texts
    from veille.schedule import Job, Outcome
    from veille.workflows import stories
    from veille.workflows.collect import collect

    app = session.app

    def visit() -> Outcome:
        act = app.act()
        with app.lock("collect"), app.readers() as readers:
            first_fetch = app.settings.collect.first_fetch
            report = collect(
                app.db, app.web, readers, act=act, first_fetch=first_fetch, zone=app.zone
            )
            texts = read_texts(app, app.web, readers, act)
            stories.find(app.db, act=act)
        visited = report.sources - report.skipped
        read = f"{plural(texts.taken, 'full text')} read" if texts.taken else None
        if not visited:
            return Outcome(read)
        done = (
            f"{plural(visited, 'source')} visited, {report.new} new, "
            f"{report.updated} updated, {len(report.failures)} failed"
        )
        return Outcome(f"{done}; {read}" if read else done, complete=not report.failures)

    return [Job(name="collect", minutes=COLLECT_EVERY, run=visit)]
