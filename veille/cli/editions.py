"""``veille edition``: the editor's table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents, shapes
from veille.cli.options import json_option, one_item
from veille.cli.table import Column
from veille.curation import picks as arrange
from veille.errors import UsageError
from veille.model.event import Action
from veille.model.states import EditionState, Visibility
from veille.terminal.counting import plural
from veille.terminal.wording import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from veille.cli.context import Session
    from veille.digest.charter import Standing
    from veille.model.edition import Edition, Pick, PickDraft
    from veille.workflows.compose import Table


@click.group()
def edition() -> None:
    """From kept items to what readers get."""


@edition.command()
@click.argument("digest")
@click.option("--period", help="Such as 2026-11 (default: the current one).")
@click.option("--now", "ahead", is_flag=True, help="Open the next one before its time.")
@json_option
@click.pass_obj
def draft(session: Session, digest: str, period: str | None, ahead: bool, as_json: bool) -> None:
    """Open the edition of a period and propose its picks; prints its reference."""
    from veille.workflows import compose

    app = session.app
    drafted = compose.draft(
        app.db, digest, period=period, ahead=ahead, zone=app.zone, act=session.act
    )
    opened = drafted.edition
    if as_json:
        session.show.json(_shown(session, opened.ref))
        return
    session.show.line(opened.ref)
    if not drafted.opened:
        session.show.note(f"it was open already, with {plural(drafted.proposed, 'pick')}")
        return
    session.show.note(f"{drafted.proposed} of {opened.digest.links} picks proposed")
    if drafted.proposed < opened.digest.links:
        other = "no other kept item" if drafted.proposed else "no kept item"
        session.show.note(
            f"{other} fits that was not published yet: "
            f"keep more, then 'veille edition add {opened.ref} ITEM'"
        )
    else:
        session.show.note(f"what it still lacks: 'veille edition lint {opened.ref}'")


def _shown(session: Session, ref: str) -> dict[str, Any]:
    from veille.workflows import approving, compose

    app = session.app
    table = compose.show(app.db, ref, app.renderer)
    return shapes.edition(table, approving.standing(app.db, table, app.charter))


@edition.command("list")
@click.argument("digest")
@json_option
@click.pass_obj
def list_editions(session: Session, digest: str, as_json: bool) -> None:
    """Show the editions of a digest, oldest first."""
    from veille.workflows import compose

    editions = compose.of_digest(session.app.db, digest)
    if as_json:
        session.show.json(
            [
                {
                    "ref": each.ref,
                    "period": each.period,
                    "state": each.state.value,
                    "title": each.title,
                    "published_at": documents.instant(each.published_at),
                }
                for each in editions
            ]
        )
        return
    if not editions:
        session.show.note(f"no edition yet: 'veille edition draft {digest}' opens the first")
    columns = [Column(style="bold"), Column(), Column(), Column(least=10, most=60), Column()]
    zone = session.app.zone
    session.show.table(
        columns,
        [
            [
                each.ref,
                each.period,
                each.state.value,
                each.title or each.digest.title,
                moment(each.published_at, zone) if each.published_at else "",
            ]
            for each in editions
        ],
    )


@edition.command()
@click.argument("ref")
@json_option
@click.pass_obj
def show(session: Session, ref: str, as_json: bool) -> None:
    """Show an edition as it stands."""
    from veille.workflows import approving, compose, correct

    app = session.app
    table = compose.show(app.db, ref, app.renderer)
    standing = approving.standing(app.db, table, app.charter)
    notices, restriction = correct.standing(app.db, table.edition)
    visibility = restriction.visibility if restriction else Visibility.PUBLIC
    if as_json:
        told = {"visibility": visibility.value, "errata": [*map(shapes.erratum, notices)]}
        session.show.json(shapes.edition(table, standing) | told | _selections(session, table))
        return
    row, content = table.edition, table.content
    session.show.line(f"{row.ref}  {content.title}", style="bold")
    session.show.line(f"{row.period}, {approvals(row, standing)}", style="dim")
    if restriction:
        why = f": {restriction.reason}" if restriction.reason else ""
        session.show.line(f"{visibility} since {restriction.at:%Y-%m-%d}{why}", style="yellow")
    for notice in notices:
        about = f", item {notice.item}" if notice.item else ""
        about += ", which is withdrawn" if notice.withdraws else ""
        session.show.line(f"erratum {notice.id} of {notice.at:%Y-%m-%d}{about}", style="yellow")
        session.show.paragraph(notice.text, indent="   ")
    if content.pool:
        session.show.line(_divided(session, table), style="dim")
    if content.intro:
        session.show.line()
        session.show.paragraph(content.intro)
    if not content.approved:
        session.show.note(f"no link yet: 'veille edition add {ref} ITEM'")
    talkers = compose.talkers(app.db, table)
    for pick in content.approved:
        session.show.line()
        session.show.line(f"{pick.position}. {pick.headline}", style="bold")
        session.show.line(f"   {', '.join(_facts(pick, talkers.get(pick.item, ())))}", style="dim")
        session.show.paragraph(pick.blurb or "(no blurb yet)", indent="   ")
        session.show.line(f"   {pick.url}", style="cyan")


def _facts(pick: Pick, talkers: Sequence[str]) -> Iterator[str]:
    """Where a pick is from, who chose it, and who said something about it."""
    if pick.source:
        yield pick.source
    yield f"item {pick.item}"
    if pick.chosen_by:
        yield f"kept by {', '.join(pick.chosen_by)}"
    if talkers:
        yield f"commented by {', '.join(talkers)}"


def _divided(session: Session, table: Table) -> str:
    """How the readers of a pool divide, on one line."""
    content, found = table.content, _selections(session, table)["selections"]
    readers = sum(share["readers"] for share in found)
    return (
        f"each reader gets {len(content.picks)} of {len(content.pool)} links: "
        f"{plural(len(found), 'selection')} for {plural(readers, 'reader')}; "
        f"the page shows the first {len(content.picks)}"
    )


def _selections(session: Session, table: Table) -> dict[str, Any]:
    """How readers divide among the selections of a pool, the largest first."""
    if not table.content.pool:
        return {}
    from veille.workflows import audiences

    app = session.app
    shares, _ = audiences.shares(app.db, table, now=session.act.now, zone=app.zone)
    size = len(table.content.picks)
    return {
        "selections": [
            {
                "positions": [int(place) for place in share.selection.split(",")]
                if share.selection
                else list(range(1, size + 1)),
                "readers": share.readers,
            }
            for share in shares
        ]
    }


def approvals(row: Edition, standing: Standing) -> str:
    """The state of an edition, who approved it and how many are still to, for the line under a title."""
    names = ", ".join(yes.by for yes in standing.approvals)
    parts = [] if names and row.state is EditionState.APPROVED else [row.state.value]
    if names:
        missing = f" ({plural(standing.missing, 'approval')} missing)" if standing.missing else ""
        parts.append(f"approved by {names}{missing}")
    if standing.missing and standing.lapsed and not row.state.is_public:
        parts.append(f"changed since {' and '.join(standing.lapsed)} approved it")
    return ", ".join(parts)


@edition.command()
@click.argument("ref")
@click.argument("item")
@click.pass_obj
def add(session: Session, ref: str, item: str) -> None:
    """Put an item at the end of an edition."""
    number = one_item(item)

    _rearrange(session, ref, Action.EDITION_ADD, lambda picks: arrange.add(picks, number, ref))
    session.show.say(f"item {number} added to {ref}")
    _tell_lapsed(session, ref)


@edition.command()
@click.argument("ref")
@click.argument("item")
@click.pass_obj
def remove(session: Session, ref: str, item: str) -> None:
    """Take an item out of an edition; it stays kept."""
    number = one_item(item)

    _rearrange(
        session, ref, Action.EDITION_REMOVE, lambda picks: arrange.remove(picks, number, ref)
    )
    session.show.say(f"item {number} removed from {ref}")
    _tell_lapsed(session, ref)


@edition.command()
@click.argument("ref")
@click.argument("item")
@click.argument("position", type=click.IntRange(min=1))
@click.pass_obj
def move(session: Session, ref: str, item: str, position: int) -> None:
    """Move an item to a position, counted from 1."""
    number = one_item(item)

    _rearrange(
        session,
        ref,
        Action.EDITION_MOVE,
        lambda picks: arrange.move(picks, number, ref, position),
    )
    session.show.say(f"item {number} moved in {ref}")
    _tell_lapsed(session, ref)


@edition.command()
@click.argument("ref")
@click.option("--title", help="The title of this edition; '' takes it away.")
@click.option("--intro", help="What stands before the links (Markdown); '' takes it away.")
@click.option("--item", help="The item whose texts are given by --headline and --blurb.")
@click.option("--headline", help="Its headline here; '' gives the item's own title back.")
@click.option("--blurb", help="Its blurb here (Markdown); '' gives the item's own blurb back.")
@click.pass_obj
def edit(
    session: Session,
    ref: str,
    title: str | None,
    intro: str | None,
    item: str | None,
    headline: str | None,
    blurb: str | None,
) -> None:
    """Change an edition's title and introduction, or the texts of one item in it."""
    from veille.workflows import compose

    texts = {
        name: text for name, text in (("headline", headline), ("blurb", blurb)) if text is not None
    }
    changes = {
        name: text for name, text in (("title", title), ("intro", intro)) if text is not None
    }
    if bool(texts) != (item is not None):
        raise UsageError("--item goes with --headline or --blurb, and they with it")
    if not texts and not changes:
        raise UsageError("nothing to change: name an option, such as --title")
    if changes:
        compose.edit(session.app.db, ref, act=session.act, **changes)
    if item is not None:
        number = one_item(item)
        _rearrange(
            session,
            ref,
            Action.EDITION_EDIT,
            lambda picks: arrange.rewrite(picks, number, ref, **texts),
        )
    session.show.say(f"{ref} changed")
    _tell_lapsed(session, ref)


def _rearrange(
    session: Session,
    ref: str,
    action: Action,
    change: Callable[[list[PickDraft]], list[PickDraft]],
) -> None:
    from veille.workflows import compose

    compose.change_picks(session.app.db, ref, change, action=action, act=session.act)


def _tell_lapsed(session: Session, ref: str) -> None:
    """Say so when what was done took an approval away."""
    from veille.workflows import approving, compose

    app = session.app
    if not compose.find(app.db, ref).approvals:
        return
    standing = approving.standing(app.db, compose.show(app.db, ref, app.renderer), app.charter)
    if standing.lapsed:
        session.show.note(
            f"it is no longer what {' and '.join(standing.lapsed)} approved: "
            f"once it is ready, 'veille edition approve {ref}'"
        )
