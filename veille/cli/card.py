"""One item on the terminal, as a card a curator can read from top to bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.cli.table import Column
from veille.terminal.counting import plural
from veille.terminal.wording import because, mark, moment, seen_already, what_happened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from veille.cli.context import Session
    from veille.curation.relevance import Score
    from veille.model.item import Item, ItemContent
    from veille.workflows.lookup import Dossier

INDENT = "   "
_HISTORY = (Column(style="dim"), Column(style="cyan"), Column(least=20))


def show_card(
    session: Session, dossier: Dossier, *, whole: bool = False, score: Score | None = None
) -> None:
    """Print title, origin, marks, summary (or the ``whole`` text), comments and history.

    ``score`` says what speaks for the item, or against it.
    """
    item, show = dossier.item, session.show
    show.line(f"{item.id} {mark(item, unicode=show.unicode)} {item.title}", style="bold")
    if item.url:
        show.line(f"{INDENT}{item.url}", style="cyan")
    for line in (*_facts(session, item), *because(score)):
        show.paragraph(line, indent=INDENT)
    for line in _origin_of_text(session, dossier.content):
        show.paragraph(line, indent=INDENT)
    for paragraph in _texts(dossier, whole=whole):
        show.line()
        show.paragraph(paragraph, indent=INDENT)
    _show_comments(session, item)
    _show_history(session, dossier)


def _facts(session: Session, item: Item) -> Iterator[str]:
    zone = session.app.zone
    if item.sources:
        yield "from " + ", ".join(f"{source.title} ({source.id})" for source in item.sources)
    for other in item.also:
        where = f"{other.source}: " if other.source else ""
        yield f"the same story: {other.id} {where}{other.title}"
    published = [f"published {moment(item.published, zone)}"] if item.published else []
    words = [plural(item.words, "word")] if item.words else []
    language = [item.language] if item.language else []
    authors = [f"by {', '.join(item.authors)}"] if item.authors else []
    collected = [f"collected {moment(item.collected, zone)}"]
    yield " · ".join(authors + published + collected + language + words)
    if item.identifiers:
        yield " · ".join(one.shown for one in item.identifiers)
    if item.kept_by:
        yield f"kept by {', '.join(item.kept_by)}"
    if item.review:
        yield "kept for review by a rule: keep it or skip it"
    if item.tags:
        yield " ".join(f"#{tag}" for tag in item.tags)
    yield from seen_already(item)


def _origin_of_text(session: Session, content: ItemContent) -> Iterator[str]:
    page = content.page
    if page is None:
        return
    read = moment(page.at, session.app.zone)
    if page.taken:
        yield f"text from its page, read {read}"
    else:
        again = f"; again {moment(page.next_try, session.app.zone)}" if page.next_try else ""
        yield f"text from the feed; its page, asked {read}: {page.problem}{again}"


def _texts(dossier: Dossier, *, whole: bool) -> list[str]:
    """What to print of the words of an item, by paragraphs."""
    text, summary = dossier.content.text, dossier.item.summary
    if whole and text:
        return text.split("\n\n")
    return [summary] if summary else []


def _show_comments(session: Session, item: Item) -> None:
    for comment in item.comments:
        read = " (blurb: what readers see)" if comment is item.blurb else ""
        former = " (earlier blurb)" if comment.blurb and not read else ""
        session.show.line()
        heading = f"{comment.by}, {moment(comment.at, session.app.zone)}{read}{former}"
        session.show.line(f"{INDENT}{heading}", style="dim")
        session.show.paragraph(comment.text, indent=INDENT)


def _show_history(session: Session, dossier: Dossier) -> None:
    if not dossier.history:
        return
    session.show.line()
    rows = [
        (moment(event.at, session.app.zone), event.by or "-", what_happened(event))
        for event in dossier.history
    ]
    session.show.table(_HISTORY, rows, indent=INDENT)
