"""The end of the river: preview, approve, publish; the archive. Sending is in its own module."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from veille.cli import shapes
from veille.cli.notices import edition
from veille.cli.options import json_option
from veille.cli.thanks import thank_when_out
from veille.errors import OutputError, UsageError
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.workflows.compose import Table

__all__ = ["archive", "edition"]

PREVIEW_READER = "reader@example.org"  # RFC 2606: nobody's address


@edition.command()
@click.argument("ref")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write (default: preview/REF in the workspace).",
)
@click.option("--for", "reader", metavar="EMAIL", help="As this reader gets it.")
@click.option("--open", "in_browser", is_flag=True, help="Show the page in the browser.")
@json_option
@click.pass_obj
def preview(
    session: Session,
    ref: str,
    out: Path | None,
    reader: str | None,
    in_browser: bool,
    as_json: bool,
) -> None:
    """Write what would go out, byte for byte, into a folder."""
    from veille.delivery import preview as folder
    from veille.workflows import compose, publish

    app = session.app
    table = compose.show(app.db, ref, app.renderer)
    if reader is not None:
        table = _part(session, table, reader)
    mail = publish.sample_message(table, reader or PREVIEW_READER, app.house)
    target = out if out is not None else app.workspace / "preview" / Path(ref)
    written = folder.write(target, table.rendered, mail, app.renderer.stylesheet())
    if as_json:
        session.show.json({"ref": ref, "sha256": table.rendered.sha256, "files": written})
    else:
        for path in written:
            session.show.line(str(path))
    if in_browser:
        from veille.cli.browser import show_page

        show_page(session, target / "page.html")


def _part(session: Session, table: Table, reader: str) -> Table:
    from veille.workflows import audiences

    app = session.app
    part, choice = audiences.of_reader(
        app.db, table, reader, app.renderer, now=session.act.now, zone=app.zone
    )
    if choice.problem:
        session.show.note(
            f"their profile cannot be used, they get the common links: {choice.problem}"
        )
    elif choice.filled:
        size = len(part.content.picks)
        session.show.note(
            f"{choice.filled} of {size} links come from the common order: "
            "the pool has no more that fit their profile"
        )
    return part


@edition.command()
@click.argument("ref")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def pdf(session: Session, ref: str, file: Path | None) -> None:
    """Write an edition for paper: A4, addresses in full.

    FILE is DIGEST-NUMBER.pdf unless given. What is printed is the page as it would be published.
    """
    from veille.delivery import atomic
    from veille.digest import paper
    from veille.workflows import compose

    app = session.app
    table = compose.show(app.db, ref, app.renderer)
    written = paper.pdf(table.rendered.page, app.renderer.stylesheet())
    target = Path(session.surroundings.here) / (file or f"{ref.replace('/', '-')}.pdf")
    try:
        atomic.prepare(target, written, 0o644).replace(target)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}") from error
    session.show.line(str(target))


@edition.command()
@click.argument("ref")
@json_option
@click.pass_obj
def approve(session: Session, ref: str, as_json: bool) -> None:
    """Approve an edition exactly as it is now; one changed byte lapses it."""
    from veille.workflows import approving

    app = session.app
    table = approving.approve(
        app.db,
        ref,
        app.renderer,
        act=session.act,
        charter=app.charter,
        severities=app.severities,
    )
    standing = approving.standing(app.db, table, app.charter)
    if as_json:
        session.show.json(shapes.edition(table, standing))
        return
    then = (
        f"{plural(standing.missing, 'approval')} still missing"
        if standing.missing
        else f"send it with 'veille edition send {ref}'"
    )
    session.show.say(
        f"{ref} approved by {session.act.by} (sha256 {table.rendered.sha256[:12]}…); {then}"
    )


@edition.command()
@click.argument("ref")
@json_option
@click.pass_obj
def publish(session: Session, ref: str, as_json: bool) -> None:
    """Put the page of an approved edition into the archive."""
    from veille.workflows import publish as workflow

    app = session.app
    with app.lock("publish"):
        done = workflow.publish(
            app.db,
            ref,
            app.renderer,
            archive=app.archive,
            act=session.act,
            charter=app.charter,
        )
    if done.first:
        thank_when_out(session, ref)
    if as_json:
        session.show.json({"ref": ref, "page": done.page, "first": done.first})
        return
    verb = "published" if done.first else "was published already; its archive is up to date"
    session.show.say(f"{ref} {verb}: {done.page}")


@click.group()
def archive() -> None:
    """The static site of all published editions."""


@archive.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write (default: archive in the workspace).",
)
@click.option(
    "--internal",
    is_flag=True,
    help="With the editions for colleagues; needs --out, a folder apart.",
)
@click.option(
    "--forget",
    is_flag=True,
    help="Take away pages of editions that the database does not know.",
)
@json_option
@click.pass_obj
def build(session: Session, out: Path | None, internal: bool, forget: bool, as_json: bool) -> None:
    """Write the archive from the database; what did not change is not touched.

    An edition of which the database knows nothing stops it: readers hold its address.
    """
    from veille.workflows import publish as workflow

    app = session.app
    if internal and (out is None or out.resolve() == app.archive.resolve()):
        raise UsageError("--internal needs --out DIR, apart from the archive that everybody reads")
    if out is not None and app.workspace.is_relative_to(out.resolve()):
        raise UsageError(
            f"{out} holds the workspace, and an archive is replaced whole: name a folder of its own"
        )
    with app.lock("publish"):
        report = workflow.build(
            app.db, app.renderer, archive=out or app.archive, internal=internal, forget=forget
        )
    counts = {
        "written": len(report.written),
        "unchanged": len(report.unchanged),
        "removed": len(report.removed),
    }
    if as_json:
        session.show.json(counts)
        return
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    session.show.say(f"{out or app.archive}: {told}")
