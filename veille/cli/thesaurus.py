"""``veille thesaurus``: the tags a team agreed on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veille.cli.options import json_option
from veille.cli.table import Column
from veille.errors import ExitCode, UsageError
from veille.terminal.counting import plural
from veille.workflows import thesaurus as workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from veille.cli.context import Session
    from veille.model.thesaurus import Term
    from veille.workflows.thesaurus import Imported

_TREE = (
    Column(least=12, style="bold"),
    Column(least=12, gives_way=True),
    Column(least=12, gives_way=True),
)
_SUFFIXES = {".csv": "csv", ".ttl": "turtle", ".turtle": "turtle", ".rdf": "xml", ".xml": "xml"}

format_option = click.option(
    "--format",
    "syntax",
    type=click.Choice(["csv", "turtle", "xml"]),
    help="CSV, or SKOS in Turtle or RDF/XML (default: by the file's name).",
)


def described(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that describe a term."""
    options = (
        click.option("--synonym", "synonyms", multiple=True, metavar="S", help="Means the same."),
        click.option(
            "--broader", metavar="TERM", help="The wider term it belongs to; '' for none."
        ),
        click.option("--note", help="When to use it (scope note); '' for none."),
        click.option("--fr", metavar="LABEL", help="What readers of French see; '' for the tag."),
        click.option("--en", metavar="LABEL", help="What readers of English see; '' for the tag."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@click.pass_context
def thesaurus(context: click.Context) -> None:
    """Say what tags mean: preferred forms, synonyms, wider terms, labels."""
    if context.invoked_subcommand is None:
        context.invoke(list_terms)


def document(term: Term) -> dict[str, Any]:
    """A term as JSON."""
    return {
        "term": term.name,
        "synonyms": term.synonyms,
        "broader": term.broader,
        "note": term.note,
        "fr": term.fr,
        "en": term.en,
    }


@thesaurus.command("list")
@json_option
@click.pass_obj
def list_terms(session: Session, as_json: bool) -> None:
    """Show all terms, narrower ones under their wider one."""
    there = workflow.load(session.app.db)
    if as_json:
        session.show.json([document(term) for term in there.terms])
        return
    # No-break spaces: what is indented must not be folded.
    rows = [(f"{chr(0xA0) * 2 * depth}{term.name}", *_names(term)) for depth, term in there.tree()]
    session.show.table(_TREE, rows)
    if not rows:
        session.show.note("no term yet: 'veille thesaurus add TERM', or 'import FILE'")


def _names(term: Term) -> tuple[str, str]:
    labels = [
        f"{language} {label}" for language in ("fr", "en") if (label := getattr(term, language))
    ]
    return ", ".join(f"= {synonym}" for synonym in term.synonyms), ", ".join(labels)


@thesaurus.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """Show one term, found by any of its names."""
    there = workflow.load(session.app.db)
    term = there.term(name)
    narrower = [one.name for one in there.narrower(term.name)]
    if as_json:
        session.show.json({**document(term), "narrower": narrower})
        return
    session.show.line(term.name, style="bold")
    facts = (
        ("same as", ", ".join(term.synonyms)),
        ("wider", term.broader),
        ("narrower", ", ".join(narrower)),
        ("fr", term.fr),
        ("en", term.en),
        ("note", term.note),
    )
    for what, value in facts:
        if value:
            session.show.paragraph(f"{what}: {value}", indent="   ")


@thesaurus.command()
@click.argument("name")
@described
@click.pass_obj
def add(session: Session, /, name: str, **given: Any) -> None:
    """Add a term: the form in which its tag is stored from now on."""
    from veille.model.thesaurus import Term

    term = workflow.add(session.app.db, Term(name=name, **given), act=session.act)
    session.show.say(f"added: {_told(term)}")


def _told(term: Term) -> str:
    words = [term.name, *(f"= {synonym}" for synonym in term.synonyms)]
    words += [f"< {term.broader}"] if term.broader else []
    return " ".join(words)


@thesaurus.command()
@click.argument("name")
@click.option("--name", "new", metavar="NEW", help="Its preferred form from now on.")
@described
@click.option("--no-synonym", "gone", multiple=True, metavar="S", help="No longer means the same.")
@click.pass_obj
def edit(
    session: Session, /, name: str, new: str | None, gone: Sequence[str], **given: Any
) -> None:
    """Change a term; --synonym adds one to those there are."""
    from veille.model.text import tag_key

    changes = {key: value for key, value in given.items() if value not in (None, ())}
    if new is not None:
        changes["name"] = new
    if "synonyms" in changes or gone:
        without = set(map(tag_key, gone))
        there = workflow.load(session.app.db).term(name).synonyms
        kept = [one for one in there if tag_key(one) not in without]
        changes["synonyms"] = (*kept, *changes.get("synonyms", ()))
    if not changes:
        raise UsageError("nothing to change: name an option, such as --synonym")
    term = workflow.edit(session.app.db, name, act=session.act, **changes)
    session.show.say(f"changed: {_told(term)}")


@thesaurus.command()
@click.argument("name")
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Take a term out; its tag stays on items, and what was under it goes up."""
    term = workflow.remove(session.app.db, name, act=session.act)
    session.show.say(f"removed: {_told(term)}")


@thesaurus.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@format_option
@json_option
@click.pass_obj
def import_file(session: Session, file: Path, syntax: str | None, as_json: bool) -> ExitCode:
    """Bring in terms from a CSV file or from SKOS.

    Terms that are there become what the file says of them; 'veille undo' takes the whole import back.
    """
    terms = _read(session, file, syntax or _syntax(file))
    done = workflow.import_terms(session.app.db, terms, act=session.act)
    if as_json:
        refused = [{"term": name, "reason": reason} for name, reason in done.refused]
        shape = {"added": done.added, "changed": done.changed, "same": done.same}
        session.show.json({**shape, "refused": refused})
    else:
        _tell(session, done)
    return ExitCode.PARTIAL if done.refused else ExitCode.DONE


def _tell(session: Session, done: Imported) -> None:
    session.show.say(
        f"{plural(len(done.added), 'term')} added, {len(done.changed)} changed, "
        f"{len(done.same)} the same, {len(done.refused)} refused"
    )
    for name, reason in done.refused:
        session.show.note(f"  {name}: {reason}")


def _read(session: Session, file: Path, syntax: str) -> Sequence[Term]:
    data = file.read_bytes()
    if syntax == "csv":
        from veille.curation.termlist import from_csv

        return from_csv(data)
    from veille.curation.skos import Syntax, from_skos

    return from_skos(data, Syntax(syntax), locale=session.app.settings.veille.locale)


def _syntax(file: Path | None) -> str:
    found = "csv" if file is None else _SUFFIXES.get(file.suffix.lower())
    if found is None:
        raise UsageError(f"'{file}' does not say what it is: give --format csv, turtle or xml")
    return found


@thesaurus.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@format_option
@click.pass_obj
def export(session: Session, file: Path | None, syntax: str | None) -> None:
    """Write all terms to FILE, or to standard output (CSV).

    What is written can be imported again, without loss.
    """
    terms = workflow.load(session.app.db).terms
    text = _written(session, terms, syntax or _syntax(file))
    if file is None:
        session.show.line(text.rstrip("\n"))
        return
    file.write_bytes(text.encode())
    session.show.say(f"{plural(len(terms), 'term')} written to {file}")


def _written(session: Session, terms: Sequence[Term], syntax: str) -> str:
    if syntax == "csv":
        from veille.curation.termlist import to_csv

        return to_csv(terms)
    from veille.curation.skos import Syntax, to_skos

    app = session.app
    house = app.settings.veille
    instance = app.sender.instance
    return to_skos(terms, Syntax(syntax), instance=instance, title=house.name, locale=house.locale)


@thesaurus.command()
@json_option
@click.pass_obj
def check(session: Session, as_json: bool) -> None:
    """Show what does not fit: synonyms that items still carry, unknown tags, unused terms."""
    faults = workflow.check(session.app.db)
    if as_json:
        session.show.json(
            [{"rule": one.rule, "message": one.message, "fix": one.fix} for one in faults]
        )
        return
    columns = (Column(), Column(least=20), Column(least=20, gives_way=True, style="dim"))
    session.show.table(columns, [(one.rule, one.message, one.fix) for one in faults])
    if not faults:
        session.show.note("every tag is a term, and every term is used")
