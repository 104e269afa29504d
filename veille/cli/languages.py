"""``language``: what an item is written in, where its source does not say it, or says it wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veille.cli.options import Selection, json_option, note_option, selection_options
from veille.cli.triage import report
from veille.curation.languages import parse_language
from veille.workflows import curate

if TYPE_CHECKING:
    from veille.cli.context import Session


@click.command()
@click.argument("references", nargs=-1, metavar="ITEM…")
@click.argument("code", metavar="LANGUAGE")
@selection_options
@note_option
@json_option
@click.pass_obj
def language(
    session: Session,
    references: tuple[str, ...],
    code: str,
    where: str | None,
    yes: bool,
    note: str | None,
    as_json: bool,
) -> None:
    """Say which language items are written in.

    LANGUAGE is a code such as fr, en or pt-BR; '' leaves it to what the source says. Readers see a
    mark at what is not in the language of their digest, and screen readers change their voice.
    """
    said = parse_language(code)
    ids = Selection(references, where, yes).ids(session, "language")
    outcome = curate.written_in(session.app.db, ids, said, act=session.noted(note))
    done = f"in {said}" if said else "in the language its source says"
    report(session, outcome, done, as_json=as_json)
