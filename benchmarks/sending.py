"""Sending: mails a second with the ledger's two durable commits a mail, beside the floor of the disk.

``python -m benchmarks.sending [--readers N] [--connections C] [--folder DIR]``: in one run, how often the
disk of DIR can make a small write durable (fsync) and SQLite a row, mails a second through a server on loopback with
the ledger and without it, and messages composed a second. The server takes everything at once and keeps nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import smtplib
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from veille.app import open_app
from veille.delivery.maildir import Outbox
from veille.model.delivery import Delivery, Message
from veille.model.states import DeliveryState
from veille.store import editions
from veille.store.engine import journal_mode
from veille.workflows import compose, send
from veille.workflows.publish import message_name, write_mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from veille.app import App
    from veille.delivery.smtp import Relay
    from veille.workflows.compose import Table

REF = "bench/1"


class _Bench(NamedTuple):
    """An open workspace with an approved edition."""

    app: App
    table: Table


class _Sink(asyncio.Protocol):
    """One connection to a server that says yes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._out = transport
        self._unread = bytearray()
        self._in_mail = False
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._unread += data
        replies = []
        while True:
            mark = b"\r\n.\r\n" if self._in_mail else b"\r\n"
            end = self._unread.find(mark)
            if end < 0:
                break
            verb = bytes(self._unread[:4]).upper()
            del self._unread[: end + len(mark)]
            replies.append(b"250 2.0.0 taken\r\n" if self._in_mail else _REPLIES.get(verb, _YES))
            self._in_mail = verb == b"DATA" and not self._in_mail
        self._out.write(b"".join(replies))


_YES = b"250 ok\r\n"
_REPLIES = {
    b"EHLO": b"250-sink\r\n250-DSN\r\n250-PIPELINING\r\n250 SIZE 10000000\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _veille(folder: Path, *words: object) -> None:
    """A command in the workspace; adding a link whose page is away ends with 3."""
    command = [sys.executable, "-m", "veille", "-q", *words]
    done = subprocess.run(
        [str(word) for word in command],
        check=False,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **_environ(1, 1), "VEILLE_WORKSPACE": str(folder)},
    )
    assert done.returncode in (0, 3), words


def _fill(folder: Path, readers: int) -> None:
    """A workspace with an approved edition of five links, and so many readers."""
    _veille(folder, "init", folder)
    for number in range(1, 6):
        _veille(folder, "add", f"http://127.0.0.1:1/{number}", "--title", f"Lien {number}")
        _veille(folder, "keep", number)
        _veille(folder, "comment", number, "Une raison de le lire, en une phrase. " * 6, "--blurb")
    _veille(folder, "digest", "create", "bench", "--title", "Cinq liens")
    _veille(folder, "edition", "draft", "bench", "--period", "2026-11")
    listed = folder / "readers.csv"
    listed.write_text("email\n" + "".join(f"reader{n}@example.org\n" for n in range(readers)))
    _veille(folder, "subscriber", "import", listed)
    _veille(folder, "edition", "approve", REF)


def _environ(port: int, connections: int) -> dict[str, str]:
    return {
        "LOGNAME": "bench",
        "VEILLE_MAIL_TRANSPORT": "smtp",
        "VEILLE_MAIL_SENDER": "Veille <veille@example.org>",
        "VEILLE_SMTP_HOST": "127.0.0.1",
        "VEILLE_SMTP_PORT": str(port),
        "VEILLE_SMTP_SECURITY": "none",
        "VEILLE_SMTP_CONNECTIONS": str(connections),
    }


def durable_writes(folder: Path, count: int = 400) -> float:
    """How many small writes a second the disk makes durable, one after the other: the floor."""
    path = folder / "floor"
    with path.open("wb") as file:
        started = time.perf_counter()
        for _ in range(count):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        spent = time.perf_counter() - started
    path.unlink()
    return count / spent


def durable_commits(folder: Path, count: int = 200) -> float:
    """How many commits of one row a second SQLite makes durable, set as ours: the ledger's floor."""
    path = folder / "commits.db"
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(f"PRAGMA journal_mode = {journal_mode()}")
    database.execute("PRAGMA synchronous = EXTRA")
    database.execute("CREATE TABLE ledger (state TEXT)")
    started = time.perf_counter()
    for number in range(count):
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO ledger VALUES (?)", (str(number),))
        database.execute("COMMIT")
    spent = time.perf_counter() - started
    database.close()
    path.unlink()
    return count / spent


def rows(bench: _Bench, count: int) -> list[Delivery]:
    """As many deliveries outside any ledger."""
    now = datetime.now(UTC)
    return [
        Delivery(
            id=number, recipient=f"r{number}@example.org", address=f"r{number}@example.org",
            name=None, state=DeliveryState.PLANNED, attempts=0, planned_at=now, code=None,
            reply=None, at=now,
            message_id=message_name(
                bench.table.edition, bench.table.rendered.sha256, f"r{number}", bench.app.house
            ),
        )
        for number in range(count)
    ]  # fmt: skip


def compose_all(bench: _Bench, waiting: Sequence[Delivery]) -> float:
    """Messages written a second."""
    started = time.perf_counter()
    for row in waiting:
        write_mail(bench.table, row, bench.app.house)
    return len(waiting) / (time.perf_counter() - started)


def _at_once(connections: int, carry: Callable[[], None]) -> float:
    """Seconds that ``carry`` takes in so many threads."""
    threads = [threading.Thread(target=carry) for _ in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def smtplib_alone(port: int, mails: Sequence[Message], connections: int) -> float:
    """Finished mails a second by the standard library's client: the floor."""
    left = deque(mails)

    def carry() -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            while left:
                try:
                    mail = left.popleft()
                except IndexError:
                    break
                client.sendmail("veille@example.org", [mail.recipient], mail.content)

    return len(mails) / _at_once(connections, carry)


def without_ledger(bench: _Bench, waiting: Sequence[Delivery], connections: int) -> float:
    """Mails written and sent through the server a second, nothing written down."""
    relay: Relay = bench.app.transport  # type: ignore[assignment]
    left = deque(waiting)

    def carry() -> None:
        line = relay.line()
        line.open()
        while left:
            try:
                row = left.popleft()
            except IndexError:
                break
            content = write_mail(bench.table, row, bench.app.house).content
            assert line.offer(relay.envelope(row), content) is None
            assert line.commit().state is DeliveryState.ACCEPTED
        line.close()

    return len(waiting) / _at_once(connections, carry)


def into_folder(bench: _Bench, waiting: Sequence[Delivery], folder: Path) -> float:
    """Mails written and put into a folder a second, lasting, nothing written down."""
    outbox = Outbox(folder)
    started = time.perf_counter()
    for start in range(0, len(waiting), send.HANDED_OVER_AT_ONCE):
        some = waiting[start : start + send.HANDED_OVER_AT_ONCE]
        outbox.deliver_all(REF, [write_mail(bench.table, row, bench.app.house) for row in some])
    return len(waiting) / (time.perf_counter() - started)


def with_ledger(app: App) -> tuple[int, float]:
    """Mails handed over, and a second, with the ledger: what 'edition send' does."""
    started = time.perf_counter()
    done = send.send(
        app.db, REF, app.renderer, archive=app.archive, transport=app.transport, house=app.house,
        act=app.act(), clock=app.clock, guard=send.Guard(place=app.place),
    )  # fmt: skip
    assert all(row.state is DeliveryState.ACCEPTED for row in done.ledger)
    return done.handed_over, done.handed_over / (time.perf_counter() - started)


def _report(folder: Path, port: int, readers: int, connections: int) -> Iterator[str]:
    floor = durable_writes(folder)
    yield f"durable writes of 4 kB, one after the other: {floor:,.0f} a second (the floor)"
    commits = durable_commits(folder)
    yield f"durable commits of a row, one after the other: {commits:,.0f} a second"
    _fill(folder / "watch", readers)
    app = open_app(folder / "watch", curator=None, environ=_environ(port, connections))
    table = compose.show(app.db, REF, app.renderer)
    bench = _Bench(app, table)
    waiting = rows(bench, 2_000)
    yield f"messages written: {compose_all(bench, waiting):,.0f} a second"
    mails = [write_mail(table, row, app.house) for row in waiting]
    alone, bare, again = (
        smtplib_alone(port, mails, connections),
        without_ledger(bench, waiting, connections),
        smtplib_alone(port, mails, connections),
    )
    floor_of_client = (alone + again) / 2
    yield (
        f"without ledger, {connections} connections: {bare:,.0f} mails a second, 10 000 in "
        f"{10_000 / bare:.1f} s; smtplib alone {floor_of_client:,.0f} ({bare / floor_of_client:.2f} of it)"
    )
    filed = into_folder(bench, waiting, folder / "outbox")
    yield f"into a folder: {filed:,.0f} a second, 10 000 in {10_000 / filed:.1f} s, {filed / floor:.2f} of the floor"
    count, rate = with_ledger(app)
    yield (
        f"with ledger, {connections} connections: {count} mails, {rate:,.0f} a second, "
        f"two commits a mail at {2 * rate / commits:.1f} times the rate of SQLite alone "
        f"(lines that wait share one), {rate / bare:.2f} of without"
    )
    with app.db.read() as connection:
        assert editions.get(connection, "bench", 1) is not None
    app.close()


def main(arguments: Sequence[str]) -> int:
    """Print one line a measurement."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=1_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--sink", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.sink:
        asyncio.run(_serve())
    sink = [sys.executable, "-m", "benchmarks.sending", "--sink"]
    with (
        tempfile.TemporaryDirectory(dir=asked.folder) as folder,
        subprocess.Popen(sink, stdout=subprocess.PIPE, text=True) as server,
    ):
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            for line in _report(Path(folder), port, asked.readers, asked.connections):
                print(line, flush=True)
        finally:
            server.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
