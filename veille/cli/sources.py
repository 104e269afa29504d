"""``veille source``: the subscribed feeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents
from veille.cli.options import json_option
from veille.cli.stats import source_yield
from veille.cli.table import Column
from veille.errors import ExitCode, UsageError
from veille.model.text import masked

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.model.source import Source
    from veille.workflows.discovery import Candidate
    from veille.workflows.subscribe import Added


@click.group()
def source() -> None:
    """Subscribe to sources, and look after them."""


def document(source: Source) -> dict[str, Any]:
    """A source in the shape of the JSON contract."""
    error = source.last_error
    return {
        "id": source.id,
        "url": masked(source.url),
        "title": source.name,
        "site": source.site,
        "categories": list(source.categories),
        "tags": list(source.tags),
        "kind": source.kind.value,
        "links": source.selector,
        "full_text": source.full_text and source.full_text.value,
        "state": source.state.value,
        "items": source.items,
        "kept": source.kept,
        "added": documents.instant(source.added),
        "last_fetch": documents.instant(source.last_fetch),
        "last_success": documents.instant(source.last_success),
        "next_fetch": documents.instant(source.next_fetch),
        "errors": source.errors,
        "last_error": error
        and {
            "kind": error.kind.value,
            "message": error.message,
            "at": documents.instant(error.at),
        },
    }


@source.command()
@click.argument("url")
@click.option("--title", help="What to call it (default: what the feed says).")
@click.option("--category", "categories", multiple=True, help="Its folder, such as Museums/France.")
@click.option("--tag", "tags", multiple=True, help="A tag of the source; may be repeated.")
@click.option("--first", is_flag=True, help="Of several feeds, take the best: the first.")
@click.option("--page", is_flag=True, help="Watch the page itself: its new links become items.")
@click.option("--links", metavar="CSS", help="With --page: which links (default: its content's).")
@click.option("--sitemap", is_flag=True, help="The address is a site map's: new pages are items.")
@json_option
@click.pass_obj
def add(
    session: Session,
    /,
    url: str,
    first: bool,
    as_json: bool,
    page: bool,
    sitemap: bool,
    **more: Any,
) -> None:
    """Subscribe to a feed, or to the feed that a page leads to.

    Several feeds are listed, the best first, and none is taken without --first. A site without feed
    can be watched by one of its pages, or by its site map.
    """
    from veille.model.states import SourceKind

    selector = more.pop("links")
    if (page and sitemap) or (selector is not None and not page):
        raise UsageError("--links belongs to --page, and --page and --sitemap exclude each other")
    kind = SourceKind.PAGE if page else SourceKind.SITEMAP if sitemap else SourceKind.FEED
    given: dict[str, Any] = {**more, "kind": kind, "selector": selector}
    added = _add(session, url, given, first=first, as_json=as_json)
    if as_json:
        session.show.json({**document(added.source), "created": added.created})
        return
    verb = "subscribed to" if added.created else "already there:"
    session.show.say(f"{verb} {added.source.name} (source {added.source.id})")


def _add(session: Session, url: str, given: dict[str, Any], *, first: bool, as_json: bool) -> Added:
    """Look where the address leads, unless it is there already, and subscribe."""
    from veille.model.states import SourceKind
    from veille.workflows import discovery, subscribe
    from veille.workflows.wanted import draft

    app = session.app
    asked = draft(url, **given)  # a mistake is told before anybody is asked
    known = subscribe.known(app.db, asked)
    if known is not None:
        return subscribe.Added(source=known, created=False)
    if asked.kind is SourceKind.FEED:
        found = discovery.candidates(app.web, asked.url)
    else:
        found = [discovery.watched(app.web, asked.url, asked.kind, asked.selector)]
    seen = _choose(session, found, first=first, as_json=as_json)
    if seen.warning:
        session.show.note(f"it does not answer now, and is tried again later: {seen.warning}")
    return subscribe.add(app.db, draft(seen.url, **given), seen=seen, act=session.act)


def _choose(session: Session, found: list[Candidate], *, first: bool, as_json: bool) -> Candidate:
    if len(found) == 1 or first:
        return found[0]
    if as_json:
        rows = [{"url": one.url, "title": one.title, "reason": one.reason} for one in found]
        session.show.json({"candidates": rows})
    else:
        for number, one in enumerate(found, 1):
            session.show.line(f"{number:>3}  {one.title or '(no title)'}: {one.url} ({one.reason})")
    raise UsageError(
        f"it leads to {len(found)} feeds: add one of them by its address, or the first with --first"
    )


@source.command("import")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@click.option("--lenient", is_flag=True, help="Read what can be read of a broken list.")
@json_option
@click.pass_obj
def import_list(session: Session, file: Path, lenient: bool, as_json: bool) -> ExitCode:
    """Subscribe to everything in an OPML list; '-' reads it from standard input."""
    from veille.feeds import opml
    from veille.workflows import subscribe

    app = session.app
    subscriptions = opml.read(session.bytes_of(file), lenient=lenient)
    done = subscribe.import_list(app.db, subscriptions, refusal=app.web.refusal, act=session.act)
    known = len(done.known) + done.variants
    if as_json:
        refused = [{"url": row.url, "reason": row.reason} for row in done.refused]
        session.show.json({"added": len(done.added), "known": known, "refused": refused})
    else:
        session.show.say(
            f"{len(done.added)} added, {known} already there, {len(done.refused)} refused"
        )
        for row in done.refused:
            session.show.note(f"refused {row.url or 'an outline'}: {row.reason}")
    if subscriptions.problem:
        session.show.note(
            f"the list is broken and was read as far as it goes: {subscriptions.problem}"
        )
    return ExitCode.PARTIAL if done.refused else ExitCode.DONE


@source.command()
@click.argument(
    "file", required=False, type=click.Path(dir_okay=False, allow_dash=True, path_type=Path)
)
@click.pass_obj
def export(session: Session, file: Path | None) -> None:
    """Write all sources as OPML, to FILE or to standard output ('-')."""
    from veille.feeds import opml
    from veille.model.states import SourceKind
    from veille.workflows import subscribe

    app = session.app
    listed = subscribe.everything(app.db)
    everything = [each for each in listed if each.kind is SourceKind.FEED]
    if len(everything) < len(listed):
        left = len(listed) - len(everything)
        session.show.note(f"{left} left out: OPML lists feeds, not watched pages and site maps")
    data = opml.write(everything, title=app.settings.veille.name, created=session.act.now)
    if file is None or file == Path("-"):
        session.show.line(data.decode().rstrip("\n"))
        return
    file.write_bytes(data)
    session.show.say(f"{len(everything)} sources written to {file}")


@source.command("list")
@click.option("--health", "healthy", is_flag=True, help="How each is doing, and what to do.")
@json_option
@click.pass_obj
def list_sources(session: Session, healthy: bool, as_json: bool) -> None:
    """Show all sources, by title."""
    from veille.workflows import subscribe

    if healthy:
        from veille.cli.source_health import list_health

        list_health(session, document if as_json else None)
        return
    everything = subscribe.everything(session.app.db)
    if as_json:
        session.show.json([document(each) for each in everything])
        return
    if not everything:
        session.show.note("no source yet: 'veille source import feeds.opml' brings a starter list")
        return
    columns = [
        Column(right=True, style="dim"),
        Column(least=16, most=60, style="bold"),
        Column(least=6),
        Column(right=True),
        Column(right=True, style="green"),
        Column(least=12, most=60, style="yellow"),
    ]
    header = ["ID", "SOURCE", "STATE", "ITEMS", "KEPT", "LAST ERROR"]
    session.show.table(columns, [header, *(_row(each) for each in everything)])


def _row(source: Source) -> list[str]:
    error = f"{source.last_error.kind} ({source.errors} in a row)" if source.last_error else ""
    return [
        str(source.id), source.name, source.state.value, str(source.items), str(source.kept), error,
    ]  # fmt: skip


@source.command()
@click.argument("reference", metavar="SOURCE")
@json_option
@click.pass_obj
def show(session: Session, reference: str, as_json: bool) -> None:
    """Show one source, named by id, address or part of its title."""
    from veille.cli import source_health
    from veille.workflows import health, subscribe

    found = subscribe.find(session.app.db, reference)
    record = health.record(session.app.db, found, now=session.act.now)
    shown = document(found)
    if as_json:
        session.show.json({**shown, **source_health.dossier(record)})
        return
    session.show.line(found.name, style="bold")
    last_error = shown.pop("last_error")
    for name, value in shown.items():
        if name != "title" and value not in (None, []):
            text = ", ".join(value) if isinstance(value, list) else str(value)
            session.show.line(f"{name.replace('_', ' '):<13} {text}")
    if last_error:
        text = f"{last_error['kind']}: {last_error['message']} ({last_error['at']})"
        session.show.line(f"{'last error':<13} {text}", style="yellow")
    source_health.tell(session, record)


@source.command()
@click.argument("reference", metavar="SOURCE")
@click.option("--url", help="Its new address; what it said before is asked anew.")
@click.option("--title", help="What to call it; an empty text gives the feed's own title back.")
@click.option("--site", help="The address of its site.")
@click.option("--category", "categories", multiple=True, help="Replaces its folders.")
@click.option("--tag", "tags", multiple=True, help="Replaces its tags.")
@click.option(
    "--full-text",
    type=click.Choice(["always", "on-keep", "never", "default"]),
    help="When its items' pages are read; default: as collect.full_text says.",
)
@click.pass_obj
def edit(session: Session, /, reference: str, **given: Any) -> None:
    """Change a source's address, title, site, categories or tags."""
    from veille.model.states import FullText
    from veille.workflows import subscribe

    changes = {name: value for name, value in given.items() if value not in (None, ())}
    if not changes:
        raise UsageError("nothing to change: name an option, such as --title")
    for name in ("title", "site"):
        if name in changes:
            changes[name] = changes[name].strip() or None
    if "full_text" in changes:
        chosen = changes["full_text"]
        changes["full_text"] = None if chosen == "default" else FullText(chosen)
    edited = subscribe.edit(session.app.db, reference, act=session.act, **changes)
    session.show.say(f"{edited.name} (source {edited.id}) changed")


@source.command()
@click.argument("reference", metavar="SOURCE")
@click.pass_obj
def pause(session: Session, reference: str) -> None:
    """Stop visiting a source until it is resumed."""
    from veille.workflows import subscribe

    paused = subscribe.pause(session.app.db, reference, act=session.act)
    session.show.say(f"{paused.name} (source {paused.id}) is paused")


@source.command()
@click.argument("reference", metavar="SOURCE")
@click.pass_obj
def resume(session: Session, reference: str) -> None:
    """Visit a paused or gone source again."""
    from veille.workflows import subscribe

    resumed = subscribe.resume(session.app.db, reference, act=session.act)
    session.show.say(f"{resumed.name} (source {resumed.id}) is visited again")


@source.command()
@click.argument("reference", metavar="SOURCE")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(session: Session, reference: str, yes: bool) -> None:
    """Unsubscribe; items that a curator touched stay."""
    from veille.workflows import subscribe

    found = subscribe.find(session.app.db, reference)
    if not yes:
        session.confirm(f"remove {found.name} and the items nobody touched?")
    removed, gone = subscribe.remove(session.app.db, str(found.id), act=session.act)
    session.show.say(f"{removed.name} removed, with {gone} items that nobody had touched")


source.add_command(source_yield)
