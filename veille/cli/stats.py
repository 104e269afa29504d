"""``veille stats`` and ``veille source yield``: figures, each with what they say."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents
from veille.cli.options import json_option
from veille.cli.table import Column
from veille.errors import UsageError
from veille.model import spreadsheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from veille.cli.context import Session
    from veille.digest.figures import Teller
    from veille.model.figures import Period, Stats, Yield

_TERMINAL = "en"  # the language of commands
_NAME, _NUMBER = Column(least=12, most=44), Column(right=True)
_STATS = ("table", "name", "measure", "value")
_YIELD = (
    "id", "source", "received", "kept", "rate", "published", "repeats", "delay_hours", "advice",
)  # fmt: skip


def output_options(days: int) -> Callable[[Any], Any]:
    """The period, and the forms in which figures come."""

    def add(command: Any) -> Any:
        options = (
            click.option("--period", metavar="P", help="2026, 2026-Q4, 2026-11, 2026-10/2026-11 …"),
            click.option(
                "--days",
                type=click.IntRange(1, 36_500),
                default=days,
                show_default=True,
                help="The last days, when no period is named.",
            ),
            json_option,
            click.option("--csv", "as_csv", is_flag=True, help="A table for a spreadsheet."),
            click.option(
                "--html",
                "page",
                type=click.Path(dir_okay=False, path_type=Path),
                metavar="FILE",
                help="A page with pictures, to be read or printed.",
            ),
            click.option(
                "--locale",
                type=click.Choice(["fr", "en"]),
                help="Language of the page (default: the workspace's).",
            ),
        )
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.command()
@output_options(30)
@click.pass_obj
def stats(session: Session, /, **asked: Any) -> None:
    """Show what the team did in a period, and what it says.

    Received, kept, published; curators; tags; editions; and the period before. Counts of few items are
    told with the room that chance has.
    """
    from veille.digest.figures import Teller
    from veille.workflows import figures

    found = figures.stats(
        session.app.db, _period(session, asked), zone=session.app.zone, act=session.act
    )
    teller = Teller(_TERMINAL)
    if asked["as_json"]:
        session.show.json(_stats_document(found, teller))
    elif asked["as_csv"]:
        _write_csv(session, _STATS, _stats_rows(found))
    elif asked["page"]:
        locale = asked["locale"] or session.app.settings.veille.locale
        made = session.app.renderer.stats(found, locale=locale, made=session.act.now)
        _write_page(session, asked["page"], made)
    else:
        _show_stats(session, found, teller)


def _period(session: Session, asked: dict[str, Any]) -> Period:
    from veille.workflows import figures

    forms = [name for name in ("as_json", "as_csv", "page") if asked[name]]
    if len(forms) > 1:
        raise UsageError("--json, --csv and --html are three outputs: give one")
    return figures.period(
        asked["period"], days=asked["days"], zone=session.app.zone, act=session.act
    )


def _write_csv(session: Session, columns: Sequence[str], rows: Iterator[dict[str, Any]]) -> None:
    session.show.line(spreadsheet.written(columns, rows).rstrip("\n"))


def _write_page(session: Session, path: Path, page: str) -> None:
    target = Path(session.surroundings.here, path)
    target.write_text(page, encoding="utf-8")
    session.show.say(f"written: {target}")


def _period_document(period: Period) -> dict[str, Any]:
    return {
        "name": period.name,
        "start": documents.instant(period.start),
        "end": documents.instant(period.end),
    }


def _stats_document(found: Stats, teller: Teller) -> dict[str, Any]:
    return {
        "period": _period_document(found.period),
        "interpretation": teller.of_stats(found),
        "flow": asdict(found.flow),
        "before": asdict(found.earlier),
        "steps": [{**asdict(step), "first": step.first.isoformat()} for step in found.steps],
        "curators": [asdict(one) for one in found.curators],
        "tags": [asdict(one) for one in found.tags],
        "editions": [asdict(one) for one in found.editions],
    }


def _stats_rows(found: Stats) -> Iterator[dict[str, Any]]:
    """One figure a line: what pivot tables want."""
    tables: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "period": [("now", asdict(found.flow)), ("before", asdict(found.earlier))],
        "steps": [(step.first.isoformat(), asdict(step)) for step in found.steps],
        "curators": [(one.handle, asdict(one)) for one in found.curators],
        "tags": [(one.name, asdict(one)) for one in found.tags],
        "editions": [(one.ref, asdict(one)) for one in found.editions],
    }
    for table, lines in tables.items():
        for name, measures in lines:
            for measure, value in measures.items():
                if value is None or isinstance(value, int | float):
                    row = (table, name, measure, value)
                    yield dict(zip(_STATS, row, strict=True))


def _show_stats(session: Session, found: Stats, teller: Teller) -> None:
    show = session.show
    _show_sentences(session, found.period, teller.of_stats(found))
    now, before = found.flow, found.earlier
    show.table(
        (_NAME, _NUMBER, _NUMBER),
        [
            ("", "now", "before"),
            ("received", teller.number(now.received), teller.number(before.received)),
            ("kept", teller.number(now.kept), teller.number(before.kept)),
            ("skipped", teller.number(now.skipped), teller.number(before.skipped)),
            ("skipped by rules", teller.number(now.by_rules), teller.number(before.by_rules)),
            ("links published", teller.number(now.published), teller.number(before.published)),
            ("from arrival to kept (median)", teller.span(now.delay), teller.span(before.delay)),
        ],
    )
    names = ("kept", "skipped", "tagged", "commented", "days")
    people = [(one.handle, *(str(getattr(one, name)) for name in names)) for one in found.curators]
    _show_table(session, ("curator", *names), people)
    tags = [(f"#{one.name}", str(one.kept), str(one.before)) for one in found.tags]
    _show_table(session, ("tag", "kept", "before"), tags)
    out = [(f"{one.ref} {one.title}", str(one.links), str(one.readers)) for one in found.editions]
    _show_table(session, ("edition", "links", "mails accepted"), out)


def _show_sentences(session: Session, period: Period, sentences: Sequence[str]) -> None:
    from veille.terminal.wording import moment

    zone = session.app.zone
    first, last = moment(period.start, zone), moment(period.end, zone)
    session.show.line(f"{first} to {last}", style="dim")
    for sentence in sentences:
        session.show.paragraph(f"- {sentence}")
    session.show.line()


def _show_table(session: Session, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if rows:
        session.show.line()
        session.show.table((_NAME, *[_NUMBER] * (len(names) - 1)), [names, *rows])


@click.command("yield")
@output_options(90)
@click.pass_obj
def source_yield(session: Session, /, **asked: Any) -> None:
    """Show what each source gives: what to weed, what to promote.

    Received in the period, and of that kept and published; how much others had shown first; the median
    from publication to collection; and advice, only where chance cannot explain the difference.
    """
    from veille.digest.figures import Teller
    from veille.workflows import figures

    found = figures.sources(session.app.db, _period(session, asked))
    teller = Teller(_TERMINAL)
    if asked["as_json"]:
        rows = [{**row, "title": row.pop("source")} for row in _yield_rows(found)]
        shape = {"period": _period_document(found.period), "sources": rows}
        session.show.json({**shape, "interpretation": teller.of_yield(found)})
    elif asked["as_csv"]:
        _write_csv(session, _YIELD, _yield_rows(found))
    elif asked["page"]:
        locale = asked["locale"] or session.app.settings.veille.locale
        made = session.app.renderer.yields(found, locale=locale, made=session.act.now)
        _write_page(session, asked["page"], made)
    else:
        _show_yield(session, found, teller)


def _yield_rows(found: Yield) -> Iterator[dict[str, Any]]:
    from veille.digest.figures import advise, average
    from veille.model.text import masked

    usual = average(found.sources)
    for one in found.sources:
        yield {
            "id": one.id,
            "source": masked(one.name),
            "received": one.received,
            "kept": one.kept,
            "rate": round(one.kept / one.received, 4) if one.received else None,
            "published": one.published,
            "repeats": one.repeats,
            "delay_hours": None if one.delay is None else round(one.delay / 3600, 1),
            "advice": advise(one, usual).value,
        }


def _show_yield(session: Session, found: Yield, teller: Teller) -> None:
    from veille.digest.charts import lines

    _show_sentences(session, found.period, teller.of_yield(found))
    names = ("source", "received", "kept", "rate", "published", "repeats", "delay", "advice")
    rows = [
        (
            one.name,
            one.received,
            one.kept,
            one.rate,
            one.published,
            one.repeats,
            one.delay,
            one.advice,
        )
        for one in lines(found, teller)
    ]
    columns = (Column(least=16, most=40, style="bold"), *[_NUMBER] * 6, Column(least=4))
    session.show.table(columns, [names, *rows])
