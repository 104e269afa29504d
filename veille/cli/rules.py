"""``veille rule``: what is done to new items by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents, shapes
from veille.cli.options import json_option
from veille.cli.table import Column
from veille.errors import UsageError
from veille.terminal.counting import counted, plural
from veille.terminal.wording import mark, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from veille.cli.context import Session
    from veille.model.rule import Rule, RuleDraft, Tally
    from veille.workflows.ruling import Ruled, Trial

DAYS, PAGE = 30, 20

_LIST = (
    Column(style="bold", least=8),
    Column(least=12),
    Column(least=12),
    Column(right=True, style="dim"),
    Column(style="dim"),
)
_TRIAL = (
    Column(right=True, style="dim"),
    Column(style="green"),
    Column(least=6, most=30, style="yellow"),
    Column(least=16, style="bold"),
    Column(least=12, gives_way=True),
)

tag_option = click.option("--tag", "tags", multiple=True, metavar="T", help="Put on this tag.")


@click.group()
def rule() -> None:
    """Have new items tagged, skipped or kept for review.

    Rules are applied as items are collected. They never override a person, and 'veille show' tells
    which rule did what to an item, and why.
    """


def document(rule: Rule) -> dict[str, Any]:
    """A rule as JSON."""
    return {
        "name": rule.name,
        "where": rule.query,
        "tags": rule.tags,
        "skip": rule.skip,
        "keep_for_review": rule.review,
        "paused": rule.paused,
        "by": rule.by,
        "at": documents.instant(rule.at),
        "items": rule.items,
        "last": documents.instant(rule.last),
    }


def does(rule: RuleDraft) -> str:
    """What a rule does, in a few words: ``+emploi, skip``."""
    words = [f"+{tag}" for tag in rule.tags]
    words += ["skip"] if rule.skip else []
    words += ["keep for review"] if rule.review else []
    return ", ".join(words)


def what_it_does(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what a rule does."""
    skip = click.option("--skip", is_flag=True, help="Put the item aside.")
    review = click.option(
        "--keep-for-review",
        "review",
        is_flag=True,
        help="Keep it in the inbox, marked, whatever other rules skip, until a person looks.",
    )
    return tag_option(skip(review(command)))


@rule.command()
@click.argument("name")
@click.option("--where", "query", metavar="QUERY", required=True, help="Which items.")
@what_it_does
@click.option("--paused", is_flag=True, help="Apply it only after 'veille rule resume'.")
@json_option
@click.pass_obj
def add(session: Session, /, name: str, paused: bool, as_json: bool, **draft: Any) -> None:
    """Add a rule, applied from the next collection on."""
    from veille.model.rule import RuleDraft
    from veille.workflows import rules, ruling

    app = session.app
    made = rules.add(
        app.db, RuleDraft(name=name, **draft), paused=paused, zone=app.zone, act=session.act
    )
    if as_json:
        session.show.json(document(made))
        return
    session.show.say(f"{made.name}: {does(made)}{' (paused)' if paused else ''}")
    trial = ruling.test(app.db, made, days=DAYS, limit=0, zone=app.zone, act=session.act)
    _tell_trial(session, trial)
    session.show.note(
        f"'veille rule test {_quoted(made.name)}' shows them, 'veille rule apply' does the backlog"
    )


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


@rule.command("list")
@json_option
@click.pass_obj
def list_rules(session: Session, as_json: bool) -> None:
    """Show the rules, what they do, and to how many items they did it."""
    from veille.workflows import rules

    found = rules.everything(session.app.db)
    if as_json:
        session.show.json([document(each) for each in found])
        return
    session.show.table(_LIST, [_row(session, each) for each in found])
    if not found:
        session.show.note("no rule yet: 'veille rule add NAME --where QUERY --tag T' makes one")


def _row(session: Session, rule: Rule) -> Sequence[str]:
    last = moment(rule.last, session.app.zone) if rule.last else "never"
    state = "paused" if rule.paused else last
    return rule.name, rule.query, does(rule), plural(rule.items, "item"), state


@rule.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """Show one rule."""
    from veille.workflows import rules

    found = rules.find(session.app.db, name)
    if as_json:
        session.show.json(document(found))
        return
    zone = session.app.zone
    session.show.line(found.name + (" (paused)" if found.paused else ""), style="bold")
    session.show.line(f"   where  {found.query}")
    session.show.line(f"   does   {does(found)}")
    session.show.line(f"   made   by {found.by}, {moment(found.at, zone)}")
    last = f", last {moment(found.last, zone)}" if found.last else ""
    session.show.line(f"   did it to {plural(found.items, 'item')}{last}")
    if found.items:
        session.show.note(f"'veille list rule:{_quoted(found.name)}' shows them")


@rule.command()
@click.argument("name")
@click.option("--name", "new", metavar="NEW", help="Its name from now on.")
@click.option("--where", "query", metavar="QUERY", help="Which items.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="These tags only; '' for none.")
@click.option("--skip/--no-skip", default=None, help="Put items aside, or no longer.")
@click.option(
    "--keep-for-review/--no-keep-for-review",
    "review",
    default=None,
    help="Keep them for review, or no longer.",
)
@click.pass_obj
def edit(session: Session, /, name: str, new: str | None, **given: Any) -> None:
    """Change a rule; what it did stays done."""
    from veille.workflows import rules

    changes = {key: value for key, value in given.items() if value not in (None, ())}
    if "tags" in changes:
        changes["tags"] = tuple(filter(None, changes["tags"]))
    if new is not None:
        changes["name"] = new
    if not changes:
        raise UsageError("nothing to change: name an option, such as --where")
    app = session.app
    edited = rules.edit(app.db, name, zone=app.zone, act=session.act, **changes)
    session.show.say(f"{edited.name}: {does(edited)} where {edited.query}")


@rule.command()
@click.argument("name")
@click.pass_obj
def pause(session: Session, name: str) -> None:
    """Stop applying a rule until it is resumed."""
    _set_paused(session, name, True)


@rule.command()
@click.argument("name")
@click.pass_obj
def resume(session: Session, name: str) -> None:
    """Apply a paused rule again, from the next collection on."""
    _set_paused(session, name, False)


def _set_paused(session: Session, name: str, paused: bool) -> None:
    from veille.workflows import rules

    app = session.app
    found = rules.edit(app.db, name, zone=app.zone, act=session.act, paused=paused)
    session.show.say(f"{found.name} is {'paused' if paused else 'active'}")


@rule.command()
@click.argument("name")
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Remove a rule; what it did stays done."""
    from veille.workflows import rules

    gone = rules.remove(session.app.db, name, act=session.act)
    session.show.say(f"removed: {gone.name} ({does(gone)} where {gone.query})")


@rule.command()
@click.argument("name", required=False)
@click.option("--where", "query", metavar="QUERY", help="Try this search instead of the rule's.")
@what_it_does
@click.option(
    "--days", type=click.IntRange(1, 3650), default=DAYS, show_default=True, help="How far back."
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=PAGE,
    show_default=True,
    help="Items shown; 0 is all.",
)
@json_option
@click.pass_obj
def test(session: Session, /, name: str | None, days: int, limit: int, **given: Any) -> None:
    """Show what a rule would have done to the last 30 days.

    NAME is a rule that is there; options try it otherwise. Without NAME, options say all of a rule that
    is not there yet. Nothing is changed.
    """
    from veille.workflows import ruling

    as_json = given.pop("as_json")
    draft = _tried(session, name, given)
    app = session.app
    trial = ruling.test(
        app.db, draft, days=days, limit=limit or None, zone=app.zone, act=session.act
    )
    if as_json:
        session.show.json(_trial_document(trial))
        return
    session.show.table(_TRIAL, [_tried_row(session, *each) for each in trial.done])
    _tell_trial(session, trial)
    if trial.tally.items > len(trial.done):
        session.show.note(f"the newest {len(trial.done)} are shown: --limit N for more, 0 for all")


def _tried(session: Session, name: str | None, given: dict[str, Any]) -> RuleDraft:
    from veille.model.rule import RuleDraft
    from veille.workflows import rules

    changes = {key: value for key, value in given.items() if value}
    if name is not None:
        return replace(rules.find(session.app.db, name), **changes)
    if "query" not in changes:
        raise UsageError("name a rule, or give --where QUERY and what to do: --tag T, --skip …")
    return RuleDraft(name="this rule", **changes)


def _trial_document(trial: Trial) -> dict[str, Any]:
    return {
        "days": trial.days,
        "collected": trial.collected,
        **tally_document(trial.tally),
        "kept_since": trial.kept,
        "matches": [
            {**shapes.item(item), "would": _would(ruled), "because": _because(ruled)}
            for item, ruled in trial.done
        ],
    }


def tally_document(tally: Tally) -> dict[str, Any]:
    """What rules did, as JSON."""
    return {
        "items": tally.items,
        "tagged": tally.tagged,
        "skipped": tally.skipped,
        "review": tally.review,
        "problems": tally.problems,
    }


def _because(ruled: Ruled) -> list[dict[str, str]]:
    return [{"field": reason.field, "value": reason.value} for reason in ruled.because]


def _would(ruled: Ruled) -> str:
    before, after = ruled.step.before, ruled.step.after
    words = [f"+{tag}" for tag in after.tags if tag not in before.tags]
    words += ["skip"] if before.state is not after.state else []
    words += ["review"] if before.review is not after.review else []
    return " ".join(words)


def _tried_row(session: Session, item: Any, ruled: Ruled) -> Sequence[str]:
    because = ", ".join(map(str, ruled.because))
    sign = mark(item, unicode=session.show.unicode)
    return str(item.id), sign, _would(ruled), item.title or item.url or "(no title)", because


def _tell_trial(session: Session, trial: Trial) -> None:
    collected = f"{plural(trial.collected, 'item')} collected in the last {trial.days} days"
    session.show.say(f"{collected}; it would apply to {counted(trial.tally)}")
    if trial.kept:
        named = " ".join(map(str, trial.kept[:PAGE])) + (" …" if len(trial.kept) > PAGE else "")
        session.show.say(f"{len(trial.kept)} of these kept by somebody, and skipped then: {named}")


@rule.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def apply(
    session: Session, names: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Apply rules to the items that are there.

    All rules that are not paused, or those named. What a person touched is left alone, but for tags;
    'veille undo' takes all of it back at once.
    """
    from veille.workflows import ruling

    app = session.app
    if dry_run or (session.interactive and not yes):
        done = ruling.plan(app.db, names, zone=app.zone, act=session.act)
    if not dry_run:
        if session.interactive and not yes and done.items:
            session.confirm(f"{counted(done)}: apply the rules?")
        done = ruling.apply(app.db, names, zone=app.zone, act=session.act)
    if as_json:
        session.show.json(tally_document(done))
    else:
        session.show.say(f"{'would apply to' if dry_run else 'applied to'} {counted(done)}")
