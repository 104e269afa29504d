"""How sources are doing, for ``veille source list --health`` and ``veille source show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from veille.cli import documents
from veille.cli.table import Column
from veille.model.text import masked
from veille.terminal.wording import age, moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from veille.cli.context import Session
    from veille.model.source import Source
    from veille.workflows.health import Health, Record


def document(health: Health) -> dict[str, Any]:
    """The health of a source, beside the keys of the contract."""
    return {
        "condition": health.condition.value,
        "per_week": health.per_week,
        "yield": None if health.kept is None else round(health.kept, 3),
        "newest": documents.instant(health.newest),
        "words": health.words,
        "remedy": health.remedy,
    }


def dossier(record: Record) -> dict[str, Any]:
    """Health, past failures and former addresses."""
    moved = record.health.source.moved
    return {
        "health": document(record.health),
        "failures": [
            {
                "kind": failure.kind.value,
                "message": failure.message,
                "at": documents.instant(failure.at),
            }
            for failure in record.failures
        ],
        "former_addresses": [
            {
                "url": masked(former.url),
                "until": documents.instant(former.until),
                "why": former.why.value,
            }
            for former in record.former
        ],
        "redirects_to": moved.to if moved else None,
        "left_alone_until": documents.instant(record.wait),
    }


def list_health(session: Session, shape: Callable[[Source], dict[str, Any]] | None) -> None:
    """All sources with their health: those that need somebody first.

    With a ``shape`` for the keys of the contract, as JSON.
    """
    from veille.workflows import health

    everything = health.of_all(session.app.db, now=session.act.now)
    if shape is not None:
        rows = [shape(each.source) | {"health": document(each)} for each in everything]
        session.show.json(rows)
        return
    columns = [
        Column(right=True, style="dim"),
        Column(least=16, most=40, style="bold"),
        Column(),
        Column(right=True),
        Column(right=True, style="green"),
        Column(right=True),
        Column(least=12, style="yellow"),
    ]
    header = ["ID", "SOURCE", "CONDITION", "A WEEK", "KEPT", "READ", "WHAT TO DO"]
    now = session.act.now
    everything.sort(key=lambda each: (not each.condition.is_wrong, each.condition.is_well))
    session.show.table(columns, [header, *(_row(each, now) for each in everything)])


def _row(health: Health, now: datetime) -> list[str]:
    source = health.source
    return [
        str(source.id),
        source.name,
        health.condition.value,
        f"{health.per_week:g}",
        _percent(health),
        age(source.last_success, now) if source.last_success else "never",
        f"{health.words}: {health.remedy}" if health.words and not health.condition.is_well else "",
    ]


def _percent(health: Health) -> str:
    return "" if health.kept is None else f"{health.kept:.0%}"


def tell(session: Session, record: Record) -> None:
    """The health of one source, line by line."""
    health, zone = record.health, session.app.zone
    rhythm = f"{health.per_week:g} items a week, {_percent(health) or 'none'} kept"
    _line(session, "rhythm", rhythm)
    if health.words:
        _line(session, health.condition.value, health.words, style="yellow")
        _line(session, "what to do", health.remedy or "")
    if record.wait:
        _line(session, "left alone", f"until {moment(record.wait, zone)}: its host asked for it")
    for failure in record.failures:
        text = f"{moment(failure.at, zone)} {failure.kind}: {failure.message}"
        _line(session, "failed", text, style="dim")
    for former in record.former:
        _line(
            session,
            "lived at",
            f"{masked(former.url)} until {moment(former.until, zone)} ({former.why})",
        )


def _line(session: Session, name: str, text: str, style: str = "") -> None:
    session.show.line(f"{name:<13} {text}", style=style)
