"""A web of many hosts behind one proxy on loopback, and its log: ``python -m benchmarks.proxy FOLDER N [MOST]``.

Plays the N feeds of :func:`addresses` under their own addresses, each answer after its latency, writes
its port to FOLDER/port and a line a request to FOLDER/access.log: address, begun, ended (seconds).
The feeds are short: what is measured with them is who asks when.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path

from benchmarks.feeds import PORT_FILE

LOG = "access.log"
_MOST = 40  # feeds of the largest hosts
_ENTRIES = 5


def addresses(count: int, most: int = _MOST) -> list[str]:
    """The addresses of N feeds: nearly all hosts have one to five, one in a hundred has the ``most``."""
    made: list[str] = []
    sizes, host = random.Random(7), 0
    while len(made) < count:
        size = most if host % 100 == 0 else sizes.choice((1, 1, 1, 2, 2, 5))
        made += [f"http://h{host}.example/feed{number}" for number in range(size)]
        host += 1
    return made[:count]


def read_log(path: Path) -> list[tuple[str, float, float]]:
    """The requests so far."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [(url, float(begun), float(ended)) for url, begun, ended in map(str.split, lines)]


def _feed(url: str) -> bytes:
    entries = "".join(
        f"<item><title>Entry {n} of {url}</title><link>{url}/{n}</link><guid>{url}/{n}</guid>"
        f"<description>What {url} says, for the {n}th time.</description></item>"
        for n in range(_ENTRIES)
    )
    return f'<rss version="2.0"><channel><title>{url}</title>{entries}</channel></rss>'.encode()


async def serve(folder: Path, count: int, most: int = _MOST) -> None:
    """Answer until the end."""
    number_of = {url: number for number, url in enumerate(addresses(count, most))}
    log = (folder / LOG).open("a", buffering=1)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                begun, url = time.monotonic(), head.split(b" ", 2)[1].decode()
                number = number_of.get(url)
                await asyncio.sleep(0.1 + (number or 0) * 37 % 200 / 1000)
                if number is None:
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                else:
                    body = _feed(url)
                    fields = f"Content-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n"
                    writer.write(f"HTTP/1.1 200 OK\r\n{fields}".encode() + body)
                await writer.drain()
                log.write(f"{url} {begun:.4f} {time.monotonic():.4f}\n")
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    running = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=512)
    (folder / PORT_FILE).write_text(str(running.sockets[0].getsockname()[1]))
    await running.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), *map(int, sys.argv[2:])))
