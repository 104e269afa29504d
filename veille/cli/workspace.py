"""``veille init``: a new workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from veille.cli.zone import local_zone

if TYPE_CHECKING:
    from veille.cli.context import Session


def starter_list() -> bytes:
    """The starter list of sources: of the installed package, or of the checkout."""
    package = Path(__file__).parents[1]
    for path in (package / "starter.opml", package.parent / "feeds.opml"):
        if path.is_file():
            return path.read_bytes()
    raise FileNotFoundError("the starter list is missing: install veille again")


@click.command()
@click.argument(
    "folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path)
)
@click.option("--name", help="What the watch is called (default: the folder's name).")
@click.option("--locale", type=click.Choice(["fr", "en"]), help="Language of what readers get.")
@click.option(
    "--database", metavar="URL", help="postgresql+psycopg://… for a team (default: SQLite)."
)
@click.pass_obj
def init(
    session: Session, folder: Path, name: str | None, locale: str | None, database: str | None
) -> None:
    """Make a workspace; nothing that is there is overwritten."""
    from veille.app import utc_now
    from veille.settings import commented, load, read
    from veille.workflows.start import start
    from veille.workspace import MARKER, absolute_url

    environ = session.surroundings.environ
    target = (Path(session.surroundings.here) / folder.expanduser()).resolve()
    values = {"veille": {"name": name or target.name or "veille", "timezone": local_zone(environ)}}
    if locale:
        values["veille"]["locale"] = locale
    if database:
        values["database"] = {"url": database}
    text, marker = commented(values), target / MARKER
    settings = load(marker, environ) if marker.exists() else read(text, marker, environ)
    done = start(
        target,
        settings=text,
        starter=starter_list(),
        database=absolute_url(settings.database.url, target),
        now=utc_now(),
    )
    if not done.made:
        session.show.say(f"{target} is a workspace already: nothing was changed")
        return
    session.show.say(f"{target}: made {', '.join(done.made)}")
    session.show.note("next: 'veille source import feeds.opml' there, then 'veille collect'")
