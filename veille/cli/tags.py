"""``tag`` and ``tags``: what items are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veille.cli import shapes
from veille.cli.options import Selection, json_option, note_option, selection_options
from veille.cli.table import Column
from veille.cli.triage import report
from veille.curation.tags import parse_changes
from veille.errors import UsageError
from veille.model.text import tag_key
from veille.terminal.counting import plural
from veille.workflows import curate, tagging, thesaurus

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.curation.thesaurus import Thesaurus
    from veille.model.item import TagCount

_COLUMNS = (Column(least=10), Column(right=True, style="dim"), Column(style="yellow"))


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, metavar="ITEM… +TAG… -TAG…")
@selection_options
@note_option
@json_option
@click.pass_obj
def tag(
    session: Session,
    words: tuple[str, ...],
    where: str | None,
    yes: bool,
    note: str | None,
    as_json: bool,
) -> None:
    """Put tags on items (+TAG) or take them off (-TAG).

    A tag of several words goes in quotes: veille tag 12 "+livre numérique" -brouillon
    """
    references = [word for word in words if word[:1].isdigit()]
    changes = parse_changes([word for word in words if not word[:1].isdigit()])
    if not (changes.add or changes.remove):
        raise UsageError("name the tags: +TAG puts one on, -TAG takes one off")
    ids = Selection(references, where, yes).ids(session, "tag")
    new = thesaurus.new_tags(session.app.db, changes.add) if ids else []
    outcome = curate.tag(session.app.db, ids, changes, act=session.noted(note))
    report(session, outcome, "tagged", as_json=as_json)
    for each in new:
        close = f": did you mean {' or '.join(each.close)}?" if each.close else ""
        session.show.note(f"new tag: {each.name}{close}")


@click.group(invoke_without_command=True)
@click.pass_context
def tags(context: click.Context) -> None:
    """List, rename and merge tags."""
    if context.invoked_subcommand is None:
        context.invoke(list_tags)


@tags.command("list")
@json_option
@click.pass_obj
def list_tags(session: Session, as_json: bool) -> None:
    """Show the tags in use, with how many items carry each."""
    found = tagging.tags(session.app.db)
    terms = thesaurus.load(session.app.db)
    if as_json:
        session.show.json([{**shapes.tag(each), "term": _term(terms, each)} for each in found])
    else:
        rows = [(each.name, str(each.items), _standing(terms, each)) for each in found]
        session.show.table(_COLUMNS, rows)
        if not found:
            session.show.note("no tag yet: 'veille tag ITEM +TAG' puts one on")


def _term(terms: Thesaurus, tag: TagCount) -> str | None:
    term = terms.meant(tag.name)
    return term.name if term else None


def _standing(terms: Thesaurus, tag: TagCount) -> str:
    """How a tag stands to the thesaurus, if there is one: new, or a synonym."""
    term = _term(terms, tag)
    if term is None:
        return "new" if terms.terms else ""
    return "" if tag_key(term) == tag_key(tag.name) else f"→ {term}"


@tags.command()
@click.argument("old")
@click.argument("new")
@click.pass_obj
def rename(session: Session, old: str, new: str) -> None:
    """Give a tag another name, on all items."""
    count = tagging.rename(session.app.db, old, new, act=session.act)
    session.show.say(f"renamed on {plural(count, 'item')}: {old} → {new}")


@tags.command()
@click.argument("old")
@click.argument("into")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def merge(session: Session, old: str, into: str, yes: bool) -> None:
    """Replace one tag by another, on all items."""
    if not yes:
        session.confirm(f"replace the tag '{old}' by '{into}' everywhere?")
    count = tagging.merge(session.app.db, old, into, act=session.act)
    session.show.say(f"merged on {plural(count, 'item')}: {old} → {into}")
