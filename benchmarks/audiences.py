"""Audiences: what many distinct selections cost for ten thousand readers.

``python -m benchmarks.audiences [--readers N] [--profiles P …]``: for each number of profiles, every one
of which gives another five of a pool of fifteen, the seconds to choose for all readers, to make the text
of each selection, and to write every mail, with the memory that the process held at most.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from veille.app import open_app
from veille.model.changes import ItemDraft
from veille.model.delivery import Delivery, Subscriber
from veille.model.edition import PickDraft
from veille.model.item import Endorsement, Marks
from veille.model.states import DeliveryState, Every, ItemState
from veille.store import editions, ingest, marks
from veille.workflows import audiences, compose
from veille.workflows.publish import message_name, write_mail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from veille.app import App
    from veille.workflows.compose import Table

POOL, EACH = 15, 5
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_BLURB = "Une raison de le lire, en une phrase ou deux, avec ce qu'il faut pour donner envie. " * 3


def fill(app: App) -> None:
    """A draft of fifteen commented links, of which each reader gets five."""
    with app.db.write() as conn:
        picks = []
        for number in range(POOL):
            draft = ItemDraft(
                url=f"https://site{number}.example/page", raw_url=f"https://site{number}.example/page",
                key=f"site{number}.example/page", title=f"Le lien sujet{number} de la veille", order=NOW,
            )  # fmt: skip
            item, _ = ingest.add_link(conn, draft, at=NOW)
            kept = Marks(state=ItemState.KEPT, kept=(Endorsement(by="camille", at=NOW),))
            marks.write(conn, item, marks.marks_of(conn, [item])[item], kept, at=NOW)
            picks.append(PickDraft(item=item, blurb=_BLURB))
        digest = editions.create_digest(
            conn, slug="bench", title="Cinq liens", links=POOL, every=Every.MONTH, locale="fr",
            query=None, at=NOW, per_reader=EACH,
        )  # fmt: skip
        edition = editions.create(conn, digest, "2026-11", at=NOW)
        editions.set_picks(conn, edition.id, picks)


def readers_of(count: int, profiles: int) -> list[Subscriber]:
    """So many readers with so many profiles among them, each asking for another five."""
    fives = itertools.islice(itertools.combinations(range(POOL), EACH), 1, profiles + 1)
    asked = [" OR ".join(f"title:sujet{place}" for place in five) for five in fives]
    return [
        Subscriber(
            id=number, email=f"r{number}@example.org", key=f"r{number}@example.org", name=None,
            digests=(), since=NOW, profiles={"bench": asked[number % profiles]},
        )
        for number in range(count)
    ]  # fmt: skip


def measure(app: App, table: Table, count: int, profiles: int) -> str:
    """One line."""
    readers = readers_of(count, profiles)
    started = time.perf_counter()
    with app.db.read() as conn:
        chosen = audiences.choices(conn, table.content, readers, now=NOW, zone=ZoneInfo("UTC"))
    chose = time.perf_counter() - started
    rows = sorted(_rows(app, table, readers, chosen), key=lambda row: row.selection or "")
    distinct = {row.selection for row in rows}
    started = time.perf_counter()
    tables = audiences.Tables(table, app.renderer)
    for row in rows:
        write_mail(tables.of(row), row, app.house)
    wrote = time.perf_counter() - started
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{count} readers, {profiles} profiles: {len(distinct)} selections, chosen in {chose:.2f} s, "
        f"all mails written in {wrote:.2f} s, {most:.0f} MB held at most till now"
    )


def _rows(app: App, table: Table, readers: Sequence[Subscriber], chosen: Any) -> Iterator[Delivery]:
    for reader in readers:
        name = message_name(table.edition, table.rendered.sha256, reader.key, app.house)
        row = Delivery(
            id=reader.id, recipient=reader.key, address=reader.email, name=None, message_id=name,
            state=DeliveryState.PLANNED, attempts=0, planned_at=NOW, code=None, reply=None, at=NOW,
        )  # fmt: skip
        yield replace(row, selection=chosen[reader.key].selection)


def main(arguments: Sequence[str]) -> int:
    """Print one line a number of profiles."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--profiles", type=int, nargs="*", default=[1, 100, 2_000])
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        watch = Path(folder) / "watch"
        environ = {"LOGNAME": "bench", "VEILLE_MAIL_SENDER": "Veille <veille@example.org>"}
        _create(watch)
        app = open_app(watch, curator=None, environ=environ)
        fill(app)
        table = compose.show(app.db, "bench/1", app.renderer)
        for profiles in asked.profiles:
            print(measure(app, table, asked.readers, profiles), flush=True)
        app.close()
    return 0


def _create(watch: Path) -> None:
    from veille.store import schema

    watch.mkdir()
    (watch / "veille.toml").write_text("[veille]\n")
    schema.create(f"sqlite:///{watch / 'veille.db'}", now=NOW)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
