"""``veille edition lint``: what should not go out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from veille.cli.editions import edition
from veille.cli.options import json_option
from veille.errors import ExitCode
from veille.model.edition import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.cli.context import Session
    from veille.model.edition import Finding

__all__ = ["edition", "lint"]


@edition.command()
@click.argument("ref")
@click.option("--offline", is_flag=True, help="Do not follow the links.")
@json_option
@click.pass_obj
def lint(session: Session, ref: str, offline: bool, as_json: bool) -> ExitCode:
    """Say everything that should not go out; exit 1 when it is an error.

    Links are followed, to find those that are dead or moved. docs/lint.md lists all rules.
    """
    from veille.workflows import compose, links

    app = session.app
    agent = app.settings.collect.user_agent
    found = compose.lint(
        app.db,
        ref,
        app.renderer,
        follow=None if offline else partial(links.visit, app.web, agent=agent),
        severities=app.severities,
    )
    if as_json:
        session.show.json([_finding(one) for one in found])
    else:
        _tell(session, ref, found)
    failed = any(one.severity is Severity.ERROR for one in found)
    return ExitCode.FAILED if failed else ExitCode.DONE


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "position": finding.position,
        "message": finding.message,
        "fix": finding.fix,
    }


def _tell(session: Session, ref: str, found: Sequence[Finding]) -> None:
    for one in found:
        style = "yellow" if one.severity is Severity.WARNING else "bold"
        where = f"link {one.position}: " if one.position else ""
        session.show.line(f"{one.severity} [{one.rule}] {where}{one.message}", style=style)
        session.show.paragraph(one.fix, indent="    ")
    if not found:
        session.show.note(f"{ref}: nothing to say against it")
