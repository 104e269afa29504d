"""``veille template``: the texts around the editions, and how to change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veille.cli.options import json_option
from veille.cli.table import Column
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from veille.cli.context import Session


@click.group()
def template() -> None:
    """How mails and pages look: list, copy, check."""


@template.command("list")
@json_option
@click.pass_obj
def list_templates(session: Session, as_json: bool) -> None:
    """List the templates, and which of them this workspace has changed."""
    from veille.digest.render import standard_templates
    from veille.workflows import templates

    found = templates.templates(standard_templates(), session.app.workspace / "templates")
    if as_json:
        session.show.json([{"name": one.name, "own": one.own} for one in found])
        return
    cells = [[one.name, "of this workspace" if one.own else ""] for one in found]
    session.show.table([Column(least=20), Column()], cells)


@template.command()
@click.argument("name")
@click.option("--digest", help="For this digest alone.")
@json_option
@click.pass_obj
def copy(session: Session, name: str, digest: str | None, as_json: bool) -> None:
    """Copy a template into the workspace, to change it there."""
    from veille.digest.render import standard_templates
    from veille.workflows import digests, templates

    if digest is not None:
        digests.find(session.app.db, digest)
    path = templates.copy(
        standard_templates(), session.app.workspace / "templates", name, digest=digest
    )
    if as_json:
        session.show.json({"name": name, "path": path})
        return
    session.show.say(f"{path}: change it, then 'veille template check'")


@template.command()
@json_option
@click.pass_obj
def check(session: Session, as_json: bool) -> None:
    """Render every text once; exit 1 with file and line when a template fails."""
    from veille.workflows import templates

    made = templates.check(session.app.renderer, session.app.workspace / "templates")
    if as_json:
        session.show.json({"rendered": made})
        return
    session.show.say(f"all templates render: {plural(made, 'text')} made")
