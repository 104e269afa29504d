"""``veille doctor``: what is wrong, and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from veille.cli.options import json_option
from veille.errors import ExitCode, SchemaError, StoreError, VeilleError, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from veille.app import App
    from veille.cli.context import Session
    from veille.workflows.findings import Finding
    from veille.workflows.inspecting import Setup

_SOURCES = 20
_SIGNS = {"ok": "ok", "warning": "note", "wrong": "WRONG"}
_STYLES = {"ok": "dim", "warning": "yellow", "wrong": "bold red"}


@click.command()
@click.option("--dns", is_flag=True, help="Look at what the sending domain publishes, too.")
@json_option
@click.pass_obj
def doctor(session: Session, dns: bool, as_json: bool) -> ExitCode:
    """Say what is wrong, and how to mend it; exit 1 when something is.

    With --dns also whether SPF, the DKIM key and DMARC of the sending domain are there and agree.
    """
    from veille.workflows.doctor import examine
    from veille.workflows.findings import Level

    app = session.app
    findings = examine(
        app.database_url, app.workspace, now=session.begun.now, zone=app.zone, setup=_setup(app)
    )
    if dns:
        from veille.workflows import domain

        findings += domain.examine(app.domain, app.look_up)
    wrong = [finding for finding in findings if finding.level is Level.WRONG]
    if as_json:
        session.show.json({"ok": not wrong, "findings": [_document(each) for each in findings]})
    else:
        _tell_all(session, findings)
    return ExitCode.FAILED if wrong else ExitCode.DONE


def _setup(app: App) -> Setup:
    from veille.workflows.inspecting import Setup

    settings = app.settings
    return Setup(
        transport=settings.mail.transport,
        sender=settings.mail.sender,
        base_url=settings.veille.base_url,
        operator=settings.run.operator,
        backs_up=settings.run.backup_at != "never",
        exposed=app.servers.exposed,
        unusable=_unusable(app),
        missing=app.servers.missing,
        folders=tuple(app.workspace / path for path in _elsewhere(app)),
        workers=settings.run.workers,
        worker_timeout=settings.run.worker_timeout,
    )


def _elsewhere(app: App) -> Iterator[Path]:
    run = app.settings.run
    if run.backup_at != "never":
        yield Path(run.backup_folder)
    if run.metrics is not None:
        yield Path(run.metrics).parent


def _unusable(app: App) -> str | None:
    """Why no mail could leave as things are set up; nothing is asked of a server."""
    try:
        _ = app.transport, app.house
    except (SchemaError, StoreError, WorkspaceError):
        return None  # the database's own finding
    except VeilleError as error:
        return str(error)
    return None


def _document(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check,
        "level": finding.level.value,
        "message": finding.message,
        "remedy": finding.remedy,
        "source": finding.source,
    }


def _tell_all(session: Session, findings: list[Finding]) -> None:
    """All findings, of sources the first few: a list of a hundred names is not read."""
    of_sources = [finding for finding in findings if finding.source is not None]
    left_out = {id(finding) for finding in of_sources[_SOURCES:]}
    for finding in findings:
        if id(finding) not in left_out:
            _tell(session, finding)
    if left_out:
        session.show.line(
            f"{'':<5}  and {len(left_out)} more sources: 'veille source list --health' shows all"
        )


def _tell(session: Session, finding: Finding) -> None:
    sign = _SIGNS[finding.level]
    session.show.line(f"{sign:<5}  {finding.message}", style=_STYLES[finding.level])
    if finding.remedy:
        session.show.line(f"       → {finding.remedy}")
