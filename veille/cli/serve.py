"""``veille serve``: the pool in any reader app."""

from __future__ import annotations

import signal
import threading
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veille.cli.lasting import settle_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.app import App
    from veille.cli.context import Session


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Where (default: serve.listen).")
@click.option("--read-only", is_flag=True, help="Apps may look, and change nothing.")
@click.pass_obj
def serve(session: Session, listen: str | None, read_only: bool) -> None:
    """Let reader apps curate into the pool: the Google Reader API, as FreshRSS has it.

    Unread is the inbox, a star keeps, labels are tags, and what was read stays in the inbox. Each app
    comes in with a token of 'veille token add'.
    """
    from veille.schedule.journal import Journal
    from veille.schedule.systemd import Supervisor
    from veille.web.reader import Reader
    from veille.web.serving import place
    from veille.web.serving import serve as run

    app, show = session.app, session.show
    where = listen or app.settings.serve.listen
    host, _ = place(where)
    as_json = app.settings.run.log == "json"
    journal = Journal(show.note, app.clock, as_json=as_json, complain=show.trace)
    if not _is_loopback(host):
        journal.warning(
            "serve",
            f"{host} may be reached by others, and this is not encrypted: put TLS before it",
        )
    log = partial(journal.warning, "serve")
    reader = Reader(_opener(session), read_only=read_only, log=log)
    reader.lease.app()  # a mistake is told now, not at the first request
    settle_in()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, lambda *_: reader.lease.renew())
    run(
        reader,
        listen=where,
        trusted_proxy=app.settings.serve.trusted_proxy,
        journal=journal,
        supervisor=Supervisor(app.environ),
        stop=stop,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _opener(session: Session) -> Callable[[], App]:
    """What opens the workspace again, with the settings as they are then."""
    around, curator = session.surroundings, session.curator
    workspace = Path(session.app.workspace)
    return lambda: around.opener(workspace, curator, around)
