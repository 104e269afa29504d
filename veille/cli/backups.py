"""``veille backup``, ``restore``, ``upgrade`` and ``copy``: the database as a whole."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veille.cli.options import json_option
from veille.errors import UsageError
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from veille.cli.context import Session

# Those who write without anybody at the keyboard; a restore waits for none of them.
LOCKS = ("run", "collect", "publish")


@click.command()
@click.argument("file", type=click.Path())
@click.option("--overwrite", is_flag=True, help="Replace FILE when it exists.")
@json_option
@click.pass_obj
def backup(session: Session, file: str, overwrite: bool, as_json: bool) -> None:
    """Copy the database into one file, while others work; the copy is proven whole.

    FILE may be a folder: the copy is then named after this instant.
    """
    from veille.workflows.backup import back_up, dated

    target = Path(session.surroundings.here) / Path(file).expanduser()
    if target.is_dir():
        target = dated(target, session.begun.now)
    elif file.endswith(os.sep):
        raise UsageError(f"there is no folder {target}: make it, or name a file")
    made = back_up(session.app.database_url, target, overwrite=overwrite)
    if as_json:
        session.show.json(
            {
                "file": str(made.path),
                "bytes": made.size,
                "schema": made.contents.revision,
                "rows": dict(made.contents.rows),
            }
        )
        return
    session.show.say(f"{made.path}: {_told(made.contents.rows)}, {made.size / 1e6:.1f} MB, whole")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--other", is_flag=True, help="Although it is the backup of another workspace.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def restore(session: Session, file: Path, other: bool, yes: bool, as_json: bool) -> None:
    """Put a backup in the place of the database, which is kept aside.

    The backup is checked first. Nothing may use the workspace meanwhile: end 'veille run'.
    """
    from veille.workflows.restore import restore as workflow

    app = session.app
    source = Path(session.surroundings.here) / file.expanduser()
    if not yes:
        session.confirm(f"put {source} in the place of the database of {app.workspace}? [y/N] ")
    with contextlib.ExitStack() as locks:
        for name in LOCKS:
            locks.enter_context(app.lock(name))
        done = workflow(
            app.database_url, source, folder=app.workspace, other=other, act=session.begun
        )
    aside = str(done.aside) if done.aside else None
    if as_json:
        session.show.json(
            {
                "restored": str(source),
                "rows": dict(done.contents.rows),
                "upgraded": list(done.upgraded),
                "aside": aside,
            }
        )
        return
    session.show.say(f"restored from {source}: {_told(done.contents.rows)}")
    if done.upgraded:
        session.show.note(f"upgraded by {plural(len(done.upgraded), 'step')}")
    if aside:
        session.show.note(f"the former database is {aside}: remove it once all is well")
    if app.archive.exists():
        session.show.note(
            "mails that left since the backup are not known to it: look at the archive and the "
            "outbox before the next 'edition send'"
        )


@click.command()
@click.option("--no-backup", is_flag=True, help="Make no backup first.")
@json_option
@click.pass_obj
def upgrade(session: Session, no_backup: bool, as_json: bool) -> None:
    """Bring the database to the schema of this version, after a backup."""
    from veille.workflows.upgrade import upgrade as workflow

    app = session.app
    folder = None if no_backup else app.workspace / app.settings.run.backup_folder
    with app.lock("run"):
        done = workflow(app.database_url, folder, act=session.begun)
    if as_json:
        backup = str(done.backup) if done.backup else None
        session.show.json({"steps": list(done.steps), "backup": backup, "queue": done.queue})
        return
    if done.queue:
        session.show.note("the queue of workers was made anew; what is due is deferred again")
    if not done.steps:
        session.show.say("the database was up to date")
        return
    session.show.say(f"the database was upgraded by {plural(len(done.steps), 'step')}")
    if done.backup:
        session.show.note(f"as it was before: {done.backup}")


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@json_option
@click.pass_obj
def copy(session: Session, source: str, target: str, as_json: bool) -> None:
    """Copy a whole database into a new one, of either kind; the tables are compared afterwards.

    FROM and TO are addresses such as sqlite:///veille.db and postgresql+psycopg://HOST/NAME. End
    all work first: what is written meanwhile stays behind.
    """
    from veille.app import utc_now
    from veille.workflows.acting import Act
    from veille.workflows.copy import copy as workflow
    from veille.workspace import absolute_url, who_acts

    around = session.surroundings
    here = Path(around.here)
    act = Act(actor=who_acts(session.curator, around.environ), now=utc_now())
    done = workflow(absolute_url(source, here), absolute_url(target, here), folder=here, act=act)
    if as_json:
        session.show.json({"rows": dict(done.rows)})
        return
    session.show.say(f"copied: {_told(done.rows)}; all tables compared equal")
    session.show.note("now set database.url in veille.toml, and look with 'veille doctor'")


def _told(rows: Mapping[str, Any]) -> str:
    return ", ".join(
        plural(rows.get(table, 0), word)
        for table, word in (("item", "item"), ("source", "source"), ("edition", "edition"))
    )
