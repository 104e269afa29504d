"""``veille lint``: any mail against the rules of a good one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from veille.cli.options import json_option
from veille.cli.table import Column
from veille.errors import ExitCode
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from veille.cli.context import Session


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def lint(session: Session, file: Path, as_json: bool) -> ExitCode:
    """Check a mail (a .eml file) against the rules of a good one.

    Whoever wrote it: each finding cites its rule and where that comes from.
    """
    from veille.delivery.audit import Severity, audit

    findings = audit(file.read_bytes())
    errors = [one for one in findings if one.severity is Severity.ERROR]
    code = ExitCode.FAILED if errors else ExitCode.DONE
    if as_json:
        session.show.json(
            [
                {
                    "rule": one.rule,
                    "severity": one.severity.value,
                    "message": one.message,
                    "source": one.source,
                }
                for one in findings
            ]
        )
        return code
    columns = [Column(), Column(), Column(least=20), Column(least=12, style="dim")]
    cells = [[one.rule, one.severity.value, one.message, one.source] for one in findings]
    if cells:
        session.show.table(columns, cells)
    session.show.say(
        f"{file.name}: {plural(len(errors), 'error')}, "
        f"{plural(len(findings) - len(errors), 'warning')}"
    )
    return code
