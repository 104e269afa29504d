"""``veille run``: what needs nobody at the keyboard."""

from __future__ import annotations

import json
import signal
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from veille.cli.lasting import settle_in
from veille.errors import ExitCode
from veille.model.plan import JobName

if TYPE_CHECKING:
    from veille.app import App
    from veille.cli.context import Session
    from veille.schedule.clock import Watched
    from veille.schedule.journal import Journal


@click.command()
@click.option("--once", is_flag=True, help="Do what is due, then end (for cron).")
@click.option("--trust-clock", is_flag=True, help="The clock is right, whatever was noted before.")
@click.option(
    "--job",
    type=click.Choice([name.value for name in JobName]),
    hidden=True,
    help="One job, as the loop starts it.",
)
@click.option("--here", is_flag=True, hidden=True, help="The job is not left to workers.")
@click.pass_obj
def run(session: Session, once: bool, trust_clock: bool, job: str | None, here: bool) -> ExitCode:
    """Keep watch unattended: collect, open editions, send what is approved, back up."""
    from veille.schedule.desk import newest
    from veille.schedule.journal import Journal

    app = session.app
    if job is not None:
        return _one_job(session, JobName(job), here=here)
    as_json = app.settings.run.log == "json"
    show = session.show
    journal = Journal(show.note, app.clock, as_json=as_json, complain=show.trace)
    with app.lock("run"):
        watched = newest(app, trust=trust_clock)
        if once:
            return _once(app, journal, watched)
        return _forever(app, journal, watched)


def _one_job(session: Session, name: JobName, *, here: bool) -> ExitCode:
    """What the loop starts: one job, whose outcome is the last line."""
    from veille.schedule.jobs import perform

    outcome = perform(session.app, name, here=here)
    session.show.line(json.dumps({"said": outcome.said, "left": outcome.left}))
    return ExitCode.DONE if outcome.complete else ExitCode.PARTIAL


def _once(app: App, journal: Journal, watched: Watched) -> ExitCode:
    from veille.schedule.clock import Verdict, told
    from veille.schedule.desk import Workspace, pulse_of
    from veille.schedule.jobs import perform
    from veille.schedule.once import run_once
    from veille.store.holding import Hold

    now, before = app.clock(), watched.newest
    hold = Hold(app.db)
    desk = Workspace(app, journal, hold)
    try:
        verdict = watched.look(now, 0)
        if verdict is not Verdict.GOOD and before is not None:
            journal.error("clock", told(verdict, now, before))
            return ExitCode.FAILED
        well = run_once(desk, partial(perform, app), journal, app.clock)
        ended = app.clock()
        desk.beat(replace(pulse_of(now), beat=ended, stopped=ended))
        desk.figures(ended)
    finally:
        hold.release()
    return ExitCode.DONE if well else ExitCode.PARTIAL


def _forever(app: App, journal: Journal, watched: Watched) -> ExitCode:
    from veille.schedule.children import launch
    from veille.schedule.desk import Workspace, pulse_of
    from veille.schedule.jobs import sweep
    from veille.schedule.loop import Loop
    from veille.schedule.systemd import Supervisor
    from veille.store.holding import Hold

    sweep(app)
    stop, reload = threading.Event(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, lambda *_: reload.set())
    hold = Hold(app.db)
    desk = Workspace(app, journal, hold)
    loop = Loop(
        desk=desk,
        launch=lambda name: launch(app.workspace, name, desk.environ),
        journal=journal,
        supervisor=Supervisor(app.environ),
        clock=app.clock,
        pulse=pulse_of(app.clock()),
        watched=watched,
    )
    journal.info("run", f"watching {app.workspace}; Ctrl-C ends it")
    settle_in()
    try:
        loop.run(stop, reload)
    finally:
        hold.release()
    return ExitCode.DONE
