"""A workspace on each kind of database, and reader apps that ask it by WSGI, without a socket."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from wsgiref.validate import validator

import pytest

from tests.program import Program, veille
from tests.store.conftest import Pool
from veille.app import open_app
from veille.store.database import Database
from veille.web.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["veille"]

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
READ, STARRED = "user/-/state/com.google/read", "user/-/state/com.google/starred"
ALL = "user/-/state/com.google/reading-list"


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """A reader app; ``token`` is what it was given, ``address`` where it asks from."""

    reader: Reader
    token: str = ""
    address: str = "192.0.2.1"
    errors: io.StringIO = field(default_factory=io.StringIO)

    def get(self, path: str, *parameters: tuple[str, object], **more: str) -> Answered:
        query = urlencode(parameters)
        return self.ask("GET", path, query=query, **more)

    def post(self, path: str, *parameters: tuple[str, object], **more: str) -> Answered:
        return self.ask("POST", path, body=urlencode(parameters).encode(), **more)

    def edit(self, *parameters: tuple[str, object]) -> Answered:
        """``edit-tag``, with the token of a change as apps send it."""
        return self.post("edit-tag", ("T", "x"), *parameters)

    def ids(self, *parameters: tuple[str, object], s: str = ALL) -> list[int]:
        """The ids of a page."""
        answer = self.get("stream/items/ids", ("s", s), ("output", "json"), *parameters)
        assert answer.status == 200, answer.text
        return [int(ref["id"]) for ref in answer.json["itemRefs"]]

    def unread(self) -> list[int]:
        """What an app takes for unread."""
        return self.ids(("xt", READ), ("n", 1000))

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: bytes = b"",
        prefix: str = "/api/greader.php/reader/api/0/",
        **more: str,
    ) -> Answered:
        """One request."""
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": (prefix + path).encode().decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self.address,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": self.errors,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **({"CONTENT_TYPE": "application/x-www-form-urlencoded"} if body else {}),
            **({"HTTP_AUTHORIZATION": f"GoogleLogin auth={self.token}"} if self.token else {}),
            **more,
        }
        seen: dict[str, Any] = {}

        def start_response(status: str, fields: list[tuple[str, str]], exc_info: Any = None) -> Any:
            seen.update(status=int(status[:3]), fields=dict(fields))
            return seen.update

        parts = validator(self.reader)(environ, start_response)
        with closing(parts):
            body = b"".join(parts)
        return Answered(seen["status"], seen["fields"], body)


@dataclass
class Clocks:
    """The wall's clock and the one that only goes forward."""

    now: datetime = NOW
    monotonic: float = 0.0

    def pass_(self, **time: float) -> None:
        step = timedelta(**time)
        self.now += step
        self.monotonic += step.total_seconds()


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@dataclass
class House:
    """A workspace that is served."""

    folder: Path
    program: Program
    pool: Pool
    reader: Reader
    environ: dict[str, str]  # of the server

    def cli(self, *words: object, by: str = "camille") -> Any:
        """A command at the command line, by a curator."""
        done = self.program("--as", by, *words)
        assert done.code == 0, done.err
        return done

    def client(self, by: str = "camille", name: str = "phone", *options: str) -> Client:
        """An app of a curator, let in."""
        token = self.cli("token", "add", name, *options, "--json", by=by).json["token"]
        return Client(self.reader, token)

    def item(self, number: int) -> Any:
        """An item as ``veille show --json`` tells it."""
        return self.cli("show", number, "--json").json

    def settings(self, text: str) -> None:
        """Other settings, which the server reads when its workspace is opened again."""
        path = self.folder / "veille.toml"
        path.write_text(path.read_text() + text)
        self.reader.lease.renew()


def _house(url: str, tmp_path: Path, program: Program, clocks: Clocks) -> Iterator[House]:
    folder = tmp_path / "watch"
    folder.mkdir()
    (folder / "veille.toml").write_text(
        f'[veille]\ntimezone = "Europe/Paris"\n[database]\nurl = "{url}"\n'
    )
    program.environ["VEILLE_WORKSPACE"] = str(folder)
    program.clock = lambda: clocks.now
    environ = {"LOGNAME": "server"}
    reader = Reader(
        lambda: open_app(folder, curator=None, environ=environ, clock=lambda: clocks.now),
        monotonic=lambda: clocks.monotonic,
    )
    db = Database.open(url)
    try:
        yield House(folder, program, Pool(db), reader, environ)
    finally:
        reader.lease.close()
        db.close()


@pytest.fixture
def house(
    request: pytest.FixtureRequest, tmp_path: Path, veille: Program, clocks: Clocks
) -> Iterator[House]:
    """An empty workspace that is served: on SQLite, or where :data:`on_both` says."""
    if getattr(request, "param", "sqlite") == "sqlite":
        path = tmp_path / "veille.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield from _house(f"sqlite:///{path}", tmp_path, veille, clocks)
        return
    server = request.getfixturevalue("postgresql")
    url = server.copy()
    yield from _house(url, tmp_path, veille, clocks)
    server.drop(url)


# For what is a question of SQL.
on_both = pytest.mark.parametrize("house", ["sqlite", "postgresql"], indirect=True)
