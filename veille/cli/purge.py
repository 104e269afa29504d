"""``veille purge``: what is old and nobody touched leaves the pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from veille.cli.options import json_option
from veille.cli.table import Column
from veille.errors import Refused, UsageError
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.workflows.retention import Leaving

_COLUMNS = (Column(right=True, style="dim"), Column(least=16), Column(right=True))
_MOST = 10  # sources listed


@click.command()
@click.option(
    "--older-than",
    metavar="AGE",
    help="Another age than retention.untouched says, such as '2 years' or 18m.",
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def purge(
    session: Session, older_than: str | None, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Remove for good what is old and nobody touched.

    Only items that nobody kept, tagged, commented, chose or decided in any way, as long as
    retention.untouched says. What goes does not come back from its sources; 'veille add URL' brings
    it in again. It cannot be undone: make a backup first.
    """
    from veille.curation.retention import age_of
    from veille.workflows import retention

    app, act = session.app, session.act
    written = older_than or app.settings.retention.untouched
    if written is None:
        raise UsageError(
            "nothing says how old items must be: set retention.untouched in veille.toml, "
            "or try --dry-run --older-than '2 years'"
        )
    age = age_of(written)
    _check_clock(session)
    if dry_run or (session.interactive and not yes):
        found = retention.look(app.db, age=age, now=act.now)
        if dry_run:
            _tell(session, found, as_json, "would go")
            return
        if found.items:
            session.confirm(f"remove {plural(found.items, 'item')} {_before(found)} for good?")
    _tell(session, retention.purge(app.db, age=age, act=act), as_json, "removed", done=True)


def _check_clock(session: Session) -> None:
    """A clock that leapt ahead would make everything old (T4)."""
    from veille.schedule.clock import Verdict, told
    from veille.schedule.desk import newest

    now, watched = session.act.now, newest(session.app, trust=False)
    noted = watched.newest
    verdict = watched.look(now, 0)
    if verdict is not Verdict.GOOD and noted is not None:
        raise Refused(told(verdict, now, noted))


def _tell(
    session: Session, found: Leaving, as_json: bool, verb: str, *, done: bool = False
) -> None:
    if as_json:
        session.show.json(_document(found, done=done))
        return
    session.show.say(f"{plural(found.items, 'item')} {_before(found)} {verb}")
    if not done and found.items:
        rows = [(str(number), name, str(count)) for number, name, count in found.sources[:_MOST]]
        session.show.table(_COLUMNS, rows)
        if len(found.sources) > _MOST:
            session.show.note(f"and of {plural(len(found.sources) - _MOST, 'other source')}")


def _before(found: Leaving) -> str:
    return f"collected before {found.before:%Y-%m-%d} that nobody touched"


def _document(found: Leaving, *, done: bool) -> dict[str, Any]:
    return {
        "before": found.before,
        "items": found.items,
        "removed": done,
        "sources": [
            {"id": number, "title": name, "items": count} for number, name, count in found.sources
        ],
    }
