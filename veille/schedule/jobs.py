"""The jobs: what each of them does in a workspace, and how it says what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from veille.errors import VeilleError
from veille.model.plan import JobName
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime
    from pathlib import Path

    from veille.app import App
    from veille.feeds.workers import Workers as Readers
    from veille.workflows.acting import Act
    from veille.workflows.due import Rules
    from veille.workflows.send import Sent
    from veille.workflows.visiting import Report

# What takes longer hangs, and is ended (T14).
LIMITS = {
    JobName.EDITIONS: timedelta(hours=12),
    JobName.COLLECT: timedelta(hours=3),
    JobName.MAILBOX: timedelta(minutes=30),
    JobName.BACKUP: timedelta(hours=2),
    JobName.LINKS: timedelta(hours=6),
    JobName.PURGE: timedelta(hours=1),
}

_MANY_DEATHS = 3
_MAILBOX_EVERY = timedelta(minutes=15)
_NOBODY_CAME = 600.0  # seconds that an errand waits before somebody hears of it


class Outcome(NamedTuple):
    """What a job did, in a line (None: nothing was due), and whether all of it could be done.

    A job that is ``left`` goes on in the hands of workers, who note how it ends.
    """

    said: str | None
    complete: bool = True
    left: bool = False


class JobFailed(VeilleError):  # noqa: N818  a state of things
    """A part of a job could not be done."""


def rules(app: App) -> Rules:
    """What the settings say of time."""
    from veille.workflows.due import Rules

    run, workflow = app.settings.run, app.settings.workflow
    daily = {JobName.PURGE: "04:00"}
    if run.backup_at != "never":
        daily[JobName.BACKUP] = run.backup_at
    intervals = {JobName.COLLECT: timedelta(minutes=run.collect_every)}
    if app.settings.mailbox.host or app.settings.mailbox.maildir:
        intervals[JobName.MAILBOX] = _MAILBOX_EVERY
    return Rules(
        zone=app.zone,
        late_after=timedelta(hours=app.settings.mail.late_after),
        send=workflow.send,
        intervals=intervals,
        daily=daily,
        monthly={JobName.LINKS: "03:00"},
    )


def perform(app: App, name: JobName, *, here: bool = False) -> Outcome:
    """Do a job now; raises VeilleError when it cannot be done.

    What workers share is left to them where the house has some, unless it is to be done ``here``.
    """
    if app.settings.run.workers and not here and name in _DEFERRED:
        return _DEFERRED[name](app)
    return _JOBS[name](app)


def _collect(app: App) -> Outcome:
    from veille.workflows.careful import collect_one_by_one
    from veille.workflows.collect import collect

    act = app.machine()
    sweep = collect_one_by_one if _died_often(app) else collect
    with app.lock("collect"), app.readers() as readers:
        report = sweep(
            app.db,
            app.web,
            readers,
            act=act,
            first_fetch=app.settings.collect.first_fetch,
            zone=app.zone,
        )
        return finish_sweep(app, readers, report, act)


def finish_sweep(
    app: App,
    readers: Readers[Any],
    report: Report,
    act: Act,
    items: Collection[int] | None = None,
) -> Outcome:
    """After sources were visited: pages are read (of all items that want it, or of ``items``) and
    stories found; what came of the sweep."""
    from veille.model.states import FullText
    from veille.workflows import stories
    from veille.workflows.fulltext import read_wanted

    settings = app.settings.collect
    texts = read_wanted(
        app.db,
        app.web,
        readers,
        act=act,
        default=FullText(settings.full_text),
        agent=settings.user_agent,
        among=items,
    )
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


def _died_often(app: App) -> bool:
    """Whether the last sweeps died: then one source at a time, to find the culprit (C11)."""
    from veille.store import watch

    with app.db.read() as connection:
        record = watch.jobs(connection).get(JobName.COLLECT)
    return record is not None and record.deaths >= _MANY_DEATHS


def _defer_visits(app: App) -> Outcome:
    from veille.model.states import FullText
    from veille.store.queue import ground
    from veille.workflows.deferring import defer_visits

    ground.prepare(app.db)
    deferred = defer_visits(
        app.db,
        now=app.clock(),
        default=FullText(app.settings.collect.full_text),
        patience=app.settings.run.worker_timeout,
    )
    queue = deferred.queue
    if not queue.workers and queue.longest > _NOBODY_CAME:
        raise JobFailed(
            f"no worker is alive, and {plural(queue.waiting, 'errand')} wait: start 'veille worker'"
        )
    if not deferred.fresh:
        return Outcome(None, left=True)
    due = [plural(deferred.sources, "source")] if deferred.sources else []
    due += [plural(deferred.pages, "page")] if deferred.pages else []
    return Outcome(f"{' and '.join(due)} left to workers", left=True)


def _defer_editions(app: App) -> Outcome:
    from veille.store.queue import ground
    from veille.workflows.deferring import defer_editions

    ground.prepare(app.db)
    fresh = defer_editions(app.db, app.place)
    return Outcome("editions are left to workers" if fresh else None, left=True)


def _editions(app: App) -> Outcome:
    from veille.workflows.planning import take_steps

    said, failed = take_steps(app.db, rules(app), _House(app), act=app.machine)
    if failed:
        raise JobFailed("; ".join([*said, *map(str, failed)])) from failed[0]
    return Outcome("; ".join(said) or None)


class _House:
    """What the steps of editions need of a workspace."""

    def __init__(self, app: App) -> None:
        self._app = app

    def send(self, ref: str, planned: datetime | None) -> Sent:
        """Send an approved edition, and thank those who made it when the house wants that."""
        from veille.workflows import notices
        from veille.workflows import send as workflow

        app = self._app
        guard = workflow.Guard(
            place=app.place,
            late_after=timedelta(hours=app.settings.mail.late_after),
            planned=planned,
        )
        with app.lock("publish"):
            sent = workflow.send(
                app.db,
                ref,
                app.renderer,
                archive=app.archive,
                transport=app.transport,
                house=app.house,
                act=app.machine(),
                clock=app.clock,
                guard=guard,
                charter=app.charter,
            )
        if app.settings.workflow.thanks:
            with app.lock("notices"):
                notices.thank(app.db, ref, app.notices, act=app.machine())
        return sent

    def remind(self, ref: str, send: datetime) -> None:
        """Remind curators, each by a mail of their own where the house knows their addresses."""
        from veille.workflows import notices

        app = self._app
        if app.settings.workflow.curators:
            with app.lock("notices"):
                notices.remind(app.db, ref, app.notices, deadline=send, act=app.machine())
            return
        local = send.astimezone(app.zone)
        self.tell(f"edition {ref}", f"{ref} leaves on {local:%Y-%m-%d at %H:%M}: keep and comment")

    def tell(self, cause: str, message: str) -> None:
        """Tell whoever looks after the house."""
        tell(self._app, cause, message)


def tell(app: App, cause: str, message: str) -> bool:
    """Tell the operator by mail, once a day and cause; whether a mail left."""
    from veille.workflows.alerts import Alerts

    alerts = Alerts(
        db=app.db, transport=app.transport, sender=app.sender, operator=app.settings.run.operator
    )
    return alerts.tell(cause, message, now=app.clock())


def _mailbox(app: App) -> Outcome:
    from veille.schedule.letters import read_mailbox, summary

    reading = read_mailbox(app, app.machine())
    return Outcome(summary(reading) if reading and reading.judged else None)


def _backup(app: App) -> Outcome:
    from veille.workflows.backup import back_up_today

    run = app.settings.run
    made, removed = back_up_today(
        app.database_url,
        app.workspace / run.backup_folder,
        keep=run.backup_keep,
        now=app.clock(),
    )
    gone = f", {plural(len(removed), 'older one')} removed" if removed else ""
    return Outcome(f"{made.path.name}, {made.size / 1e6:.1f} MB, whole{gone}")


def _links(app: App) -> Outcome:
    from veille.workflows.links import dead_in_archive

    agent = app.settings.collect.user_agent
    checked, dead = dead_in_archive(app.db, app.web, agent=agent)
    if not checked:
        return Outcome(None)
    if dead:
        listed = "\n".join(f"{ref}: {url} ({why})" for ref, url, why in dead)
        tell(app, "links", f"Links of the archive that lead nowhere:\n{listed}")
    return Outcome(f"{plural(checked, 'link')} of the archive followed, {len(dead)} dead")


def _purge(app: App) -> Outcome:
    files = sweep(app)
    said = [f"{plural(len(files), 'file')} of dead runs removed"] if files else []
    if app.settings.retention.untouched is not None:
        from veille.curation.retention import age_of
        from veille.workflows.retention import purge

        age = age_of(app.settings.retention.untouched)
        gone = purge(app.db, age=age, act=app.machine()).items
        said += [f"{plural(gone, 'item')} that nobody touched removed"] if gone else []
    return Outcome("; ".join(said) or None)


def sweep(app: App) -> list[Path]:
    """Remove what dead runs left half written; only ours, only theirs (C12)."""
    from veille.delivery import atomic

    backups = app.workspace / app.settings.run.backup_folder
    folders = (app.workspace, app.workspace / "outbox", backups)
    return [path for folder in folders if folder.is_dir() for path in atomic.sweep(folder)]


_DEFERRED: Mapping[JobName, Callable[[App], Outcome]] = {
    JobName.EDITIONS: _defer_editions,
    JobName.COLLECT: _defer_visits,
}
_JOBS: Mapping[JobName, Callable[[App], Outcome]] = {
    JobName.EDITIONS: _editions,
    JobName.COLLECT: _collect,
    JobName.MAILBOX: _mailbox,
    JobName.BACKUP: _backup,
    JobName.LINKS: _links,
    JobName.PURGE: _purge,
}
