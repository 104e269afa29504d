"""Figures as pages of their own: one file that needs no other, to be sent, opened or printed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from veille.digest import charts
from veille.digest.catalogue import catalogue
from veille.digest.figures import Teller

if TYPE_CHECKING:
    from datetime import datetime

    from veille.digest.render.templates import Templates
    from veille.model.figures import Flow, Period, Stats, Yield


def stats(templates: Templates, found: Stats, *, locale: str, made: datetime) -> str:
    """The page of a period."""
    teller = Teller(locale)
    return templates.text(
        "report/stats.html",
        locale,
        **_common(templates, found.period, locale, made),
        sentences=teller.of_stats(found),
        chart=charts.columns(found, teller),
        flow=_flow(found.flow, found.earlier, teller),
        tags=found.tags,
        curators=found.curators,
        editions=found.editions,
    )


def yields(templates: Templates, found: Yield, *, locale: str, made: datetime) -> str:
    """The page of all sources."""
    teller = Teller(locale)
    return templates.text(
        "report/yield.html",
        locale,
        **_common(templates, found.period, locale, made),
        sentences=teller.of_yield(found),
        chart=charts.rows(found.sources, teller),
        lines=charts.lines(found, teller),
    )


def _common(templates: Templates, period: Period, locale: str, made: datetime) -> dict[str, Any]:
    style = templates.source("site/style.css") + templates.source("report/style.css")
    return {
        "language": locale.replace("_", "-"),
        "style": Markup(style),  # noqa: S704  our own files, or the house's
        "made": made,
        "start": period.start,
        "end": period.end - timedelta(microseconds=1),
    }


def _flow(now: Flow, before: Flow, teller: Teller) -> list[tuple[str, str, str]]:
    _ = catalogue(teller.locale).gettext
    counted = (
        (_("received"), now.received, before.received),
        (_("items kept"), now.kept, before.kept),
        (_("skipped"), now.skipped, before.skipped),
        (_("skipped by rules"), now.by_rules, before.by_rules),
        (_("links published"), now.published, before.published),
    )
    lines = [(name, teller.number(one), teller.number(two)) for name, one, two in counted]
    delay = _("from arrival to kept (median)")
    return [*lines, (delay, teller.span(now.delay), teller.span(before.delay))]
