"""``veille worker``: do what ``veille run`` left in the queue, on this machine."""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING

import click

from veille.cli.lasting import settle_in
from veille.errors import ExitCode

if TYPE_CHECKING:
    from veille.app import App
    from veille.cli.context import Session
    from veille.schedule.journal import Journal


@click.command()
@click.option("--once", is_flag=True, help="Do what waits now, then end.")
@click.pass_obj
def worker(session: Session, once: bool) -> ExitCode:
    """Take errands from the queue: collect, read full texts, send editions.

    Any number of workers, on any number of machines, share a PostgreSQL database; one 'veille run'
    defers to them (run.workers). Needs the extra veille[workers].
    """
    from veille.schedule.journal import Journal
    from veille.store.queue import ground

    app, show = session.app, session.show
    as_json = app.settings.run.log == "json"
    journal = Journal(show.note, app.clock, as_json=as_json, complain=show.trace)
    if ground.prepare(app.db):
        journal.info("worker", "the queue was made")
    if not app.settings.run.workers:
        journal.warning(
            "worker", "run.workers is false in veille.toml: 'veille run' defers nothing"
        )
    _work(app, journal, once=once)
    return ExitCode.DONE


def _work(app: App, journal: Journal, *, once: bool) -> None:
    from veille.schedule.children import launch
    from veille.schedule.crew import Crew
    from veille.schedule.desk import Workspace
    from veille.schedule.systemd import Supervisor
    from veille.store.queue.errands import WEB
    from veille.store.queue.station import LANES, Station, serve
    from veille.workflows.deferring import queue_of

    supervisor = Supervisor(app.environ)
    desk = Workspace(app, journal)
    start = partial(launch, app.workspace, environ=app.environ, here=True)
    crew = Crew(app, desk, journal, start, LANES)

    def beat() -> None:
        if not crew.hangs:
            supervisor.alive("at work")

    station = Station(
        crew=crew,
        size=app.settings.collect.concurrency,
        patience=app.settings.run.worker_timeout,
        tell=partial(journal.warning, "worker"),
        beat=beat,
    )
    place = app.place
    journal.info("worker", f"takes errands of {app.db.place}; Ctrl-C ends it")
    supervisor.ready("at work")
    settle_in()
    try:
        serve(
            station,
            app.db,
            [WEB, queue_of(place.host, place.path)],
            once=once,
            signals=(signal.SIGTERM, signal.SIGINT),
        )
    finally:
        supervisor.stopping()
        crew.close()
