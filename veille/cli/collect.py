"""``veille collect``: visit the sources that are due."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents, shapes
from veille.cli.options import json_option
from veille.errors import ExitCode
from veille.model.states import SourceState
from veille.model.text import masked
from veille.terminal.counting import counted, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from veille.app import App
    from veille.cli.context import Session
    from veille.feeds.fetch import Fetcher
    from veille.model.source import Source
    from veille.workflows.acting import Act
    from veille.workflows.fulltext import Readers, Texts
    from veille.workflows.stories import Found
    from veille.workflows.visiting import Report


@click.command()
@click.argument("references", metavar="[SOURCE]...", nargs=-1)
@click.option("--force", is_flag=True, help="Visit sources that are not due yet, too.")
@click.option(
    "--concurrency", type=click.IntRange(1, 256), help="How many requests at once, over all hosts."
)
@json_option
@click.pass_obj
def collect(
    session: Session,
    references: tuple[str, ...],
    force: bool,
    concurrency: int | None,
    as_json: bool,
) -> ExitCode:
    """Fetch what is due and store what is new."""
    from veille.workflows.collect import collect as run

    app = session.app
    started = time.monotonic()
    with app.lock("collect"), app.readers() as readers, _progress(session) as progress:
        chosen = _chosen(app, references)
        report = run(
            app.db,
            web := app.fetcher(concurrency),
            readers,
            act=session.act,
            chosen=chosen,
            force=force or bool(references),
            first_fetch=app.settings.collect.first_fetch,
            zone=app.zone,
            progress=progress,
            meanwhile=_load,
        )
        from veille.workflows import stories

        texts = read_texts(app, web, readers, session.act)
        told = stories.find(app.db, act=session.act)
    seconds = time.monotonic() - started
    _tell_resting(session, chosen or ())
    if as_json:
        more = {"texts": _texts(texts), "stories": shapes.found(told)}
        session.show.json(document(report, seconds) | more)
    else:
        _tell(session, report, seconds, named=bool(references))
        _tell_texts(session, texts)
        _tell_stories(session, told)
    return ExitCode.PARTIAL if report.failures else ExitCode.DONE


def _load() -> None:
    """Load what comes after the sources, while their answers are on their way."""
    from veille.workflows import fulltext, stories  # noqa: F401


def _chosen(app: App, references: tuple[str, ...]) -> list[Source] | None:
    """The sources that were named, None when all are meant."""
    if not references:
        return None
    from veille.workflows import subscribe

    return subscribe.select(app.db, references)


def _tell_resting(session: Session, chosen: Iterable[Source]) -> None:
    for one in chosen:
        if one.state is not SourceState.ACTIVE:
            session.show.note(f"{one.name} is {one.state}: 'veille source resume {one.id}' first")


def document(report: Report, seconds: float) -> dict[str, Any]:
    """A report in the shape of the JSON contract."""
    return {
        "sources": report.sources,
        "fetched": report.fetched,
        "not_modified": report.not_modified,
        "failed": len(report.failures),
        "skipped": report.skipped,
        "new": report.new,
        "updated": report.updated,
        "seen": report.seen,
        "rules": {
            "items": report.rules.items,
            "tagged": report.rules.tagged,
            "skipped": report.rules.skipped,
            "review": report.rules.review,
            "problems": list(report.rules.problems),
        },
        "seconds": round(seconds, 1),
        "outage_since": documents.instant(report.outage.began) if report.outage else None,
        "failures": [
            {
                "source": failed.source.id,
                "title": failed.source.name,
                "url": masked(failed.source.url),
                "kind": failed.failure.kind.value,
                "message": failed.failure.message,
                "next_try": documents.instant(failed.next_try),
            }
            for failed in report.failures
        ],
    }


def _tell(session: Session, report: Report, seconds: float, *, named: bool) -> None:
    visited = report.sources - report.skipped
    session.show.say(
        f"{plural(visited, 'source')} visited in {seconds:.1f} s: {report.new} new, "
        f"{report.updated} updated, {report.not_modified} not modified, "
        f"{len(report.failures)} failed"
    )
    if report.outage is not None:
        since = documents.instant(report.outage.began)
        session.show.note(
            f"nothing could be reached since {since}: the fault is this machine's network, and no "
            "source's; it is tried again in a few minutes"
        )
    elif report.skipped and not visited and not named:
        session.show.note("nothing is due yet: --force visits everything now")
    if report.rules.items:
        session.show.say(f"rules: {counted(report.rules)}")
    for problem in report.rules.problems:
        session.show.note(f"  {problem}: correct it with 'veille rule edit'")
    # In an outage every source fails alike: the line above says it once.
    for failed in report.failures if report.outage is None or session.verbosity else ():
        session.show.note(
            f"  {failed.source.name}: {failed.failure.kind}: {failed.failure.message}"
        )
    if session.verbosity:
        for source, problem in report.problems:
            session.show.note(f"  {source.name}: read, though {problem}")


def read_texts(app: App, web: Fetcher, readers: Readers, act: Act) -> Texts:
    """Read the pages of items that want it, after the sources were visited."""
    from veille.model.states import FullText
    from veille.workflows.fulltext import read_wanted

    rules = app.settings.collect
    default, agent = FullText(rules.full_text), rules.user_agent
    return read_wanted(app.db, web, readers, act=act, default=default, agent=agent)


def _texts(texts: Texts) -> dict[str, Any]:
    """What became of the pages of items, for the JSON document."""
    return {
        "wanted": texts.wanted,
        "read": texts.taken,
        "failed": [
            {"item": page.item, "url": page.url, "message": problem}
            for page, problem in texts.problems
        ],
    }


def _tell_stories(session: Session, found: Found) -> None:
    if found.told:
        session.show.say(f"{plural(found.told, 'item')} among them in a story with others")


def _tell_texts(session: Session, texts: Texts) -> None:
    if texts.taken:
        session.show.say(f"{plural(texts.taken, 'full text')} read")
    for page, problem in texts.problems:
        session.show.note(f"  item {page.item}, {page.url}: {problem}")


@contextlib.contextmanager
def _progress(session: Session) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal, nothing elsewhere."""
    if not session.show.animated:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("collecting"), BarColumn(), MofNCompleteColumn())
    console = Console(file=session.surroundings.stderr)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("collecting", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
