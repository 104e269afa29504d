"""A reader app syncs a whole inbox: ids, then contents a thousand at a time, then marks read.

    python -m benchmarks.reader [--items 10000] [--database URL]

As NetNewsWire and Read You do it, by WSGI, without a socket; what is told is processor time between
a request and the last byte of its answer. The floor is the database alone: the same rows read by
plain SQL and encoded as JSON, in the same run.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from benchmarks.store import fill
from veille.app import open_app
from veille.model.event import Actor
from veille.store import schema
from veille.store.database import Database
from veille.web.reader import Reader
from veille.workflows import tokens
from veille.workflows.acting import Act

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ALL, READ = "user/-/state/com.google/reading-list", "user/-/state/com.google/read"
LONG = "tag:google.com,2005:reader/item/{:016x}"
_PAGE = 1_000


class App:
    """A reader app that knows its token."""

    def __init__(self, reader: Reader, token: str) -> None:
        self._reader = reader
        self._token = token
        self.bytes = 0
        self.seconds = 0.0

    def get(self, path: str, *parameters: tuple[str, object]) -> Any:
        """A list."""
        return json.loads(self._ask("GET", path, urlencode(parameters), b""))

    def post(self, path: str, *parameters: tuple[str, object]) -> bytes:
        """A change, or many ids."""
        return self._ask("POST", path, "", urlencode(parameters).encode())

    def _ask(self, method: str, path: str, query: str, body: bytes) -> bytes:
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": f"/reader/api/0/{path}",
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"GoogleLogin auth={self._token}",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
        }
        began = time.process_time()
        answer = b"".join(self._reader(environ, lambda *_: None))
        self.seconds += time.process_time() - began
        self.bytes += len(answer)
        return answer


def _timed(app: App, name: str, work: Callable[[], Any], floor: float | None = None) -> Any:
    before = app.seconds
    result = work()
    _tell(name, app.seconds - before, floor)
    return result


def _tell(name: str, seconds: float, floor: float | None = None) -> None:
    ratio = f", {seconds / floor:.1f} times the floor" if floor else ""
    print(f"{name:<40} {seconds * 1000:8.0f} ms{ratio}")


def _floor(db: Database, ids: Sequence[int]) -> float:
    """The rows that contents are made of, and JSON of them."""
    began = time.process_time()
    query = (
        "SELECT item.id, item.url, item.title, item.authors, item.published, item.collected, "
        "item.state, item_text.content FROM item JOIN item_text ON item_text.item_id = item.id "
        "WHERE item.id BETWEEN {} AND {}"
    )
    with db.read() as connection:
        for start in range(0, len(ids), _PAGE):
            some = ids[start : start + _PAGE]
            rows = connection.exec_driver_sql(query.format(min(some), max(some))).all()
            msgspec.json.encode([[str(part) for part in row] for row in rows])
    return time.process_time() - began


def _contents(app: App, ids: Sequence[int]) -> int:
    count = 0
    for start in range(0, len(ids), _PAGE):
        named = [("i", LONG.format(key)) for key in ids[start : start + _PAGE]]
        count += len(json.loads(app.post("stream/items/contents", *named))["items"])
    return count


def _ids(app: App) -> list[int]:
    page = app.get("stream/items/ids", ("s", ALL), ("xt", READ), ("n", 10_000))
    return [int(ref["id"]) for ref in page["itemRefs"]]


def _mark(app: App, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _PAGE):
        named = [("i", LONG.format(key)) for key in ids[start : start + _PAGE]]
        assert app.post("edit-tag", *named, ("a", READ)) == b"OK"


def main(arguments: list[str]) -> int:
    """Fill, sync, tell; 1 when an item was lost on the way."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--database", help="an empty one (default: SQLite)")
    given = parser.parse_args(arguments)
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="reader") as name:
        folder = Path(name)
        url = given.database or f"sqlite:///{folder / 'veille.db'}"
        (folder / "veille.toml").write_text(f'[database]\nurl = "{url}"\n', encoding="utf-8")
        schema.create(url, now=now)
        db = Database.open(url)
        fill(db, given.items)
        act = Act(actor=Actor(handle="camille", login="camille"), now=now)
        _, secret = tokens.make(db, "phone", read_only=False, act=act)
        reader = Reader(lambda: open_app(folder, curator=None, environ={"LOGNAME": "x"}))
        app = App(reader, secret)
        with closing(reader.lease):
            whole = _sync(app, db, given.items)
        db.close()
    return 0 if whole else 1


def _sync(app: App, db: Database, items: int) -> bool:
    _timed(app, "the first request", lambda: app.get("user-info"))
    _timed(app, "subscriptions, tags, counts", lambda: _around(app))
    unread = _timed(app, f"ids of {items} unread items", lambda: _ids(app))
    floor = _floor(db, unread)
    _tell("floor: their rows, as JSON", floor)
    count = _timed(app, "their contents, 1 000 at a time", lambda: _contents(app, unread), floor)
    _timed(app, "once more, as a second device", lambda: _contents(app, unread), floor)
    _timed(app, "10 times a feed of newsboat's (n=100)", lambda: _feeds(app))
    _timed(app, "half of them marked, 1 000 at a time", lambda: _mark(app, unread[: items // 2]))
    rest = _timed(app, "ids of what is unread still", lambda: _ids(app))
    _timed(app, "all marked at once", lambda: app.post("mark-all-as-read", ("s", ALL)))
    left = _ids(app)
    print(f"{app.bytes / 1e6:.1f} MB were sent")
    return count == len(unread) == items and len(rest) == items - items // 2 and not left


def _around(app: App) -> None:
    for path in ("subscription/list", "tag/list", "unread-count"):
        app.get(path, ("output", "json"))


def _feeds(app: App) -> None:
    for number in range(1, 11):
        app.get(f"stream/contents/feed/{number}", ("n", 100))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
