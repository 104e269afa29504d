"""Generated feeds and their server, each feed on a host of its own; and a bare client.

``python -m benchmarks.feeds serve FOLDER N`` serves N feeds and writes its ports, plain and TLS, to
FOLDER/port and the certificate to trust to FOLDER/ca.pem; once
FOLDER/changed exists, one feed in twenty has an entry more. ``python -m benchmarks.feeds ask ETAGS``
asks for the addresses on standard input as a client does that does nothing else, and remembers the
validators in the file ETAGS.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import ssl
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

PORT_FILE = "port"
CERTIFICATE = "ca.pem"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_AT_ONCE = 64
_CHANGED = 20  # one feed in so many
_TEXT = """la bibliothèque ouvre ses collections numérisées aux lecteurs pendant que les musées cherchent
    encore comment dire ce que les archives gardent the library opens its reading rooms and museums
    share their catalogues with everyone who asks for records under an open licence médiation culture
    patrimoine manuscrit exposition métadonnées été œuvre déjà données"""
_WORDS = _TEXT.split()


def hosts(count: int) -> list[str]:
    """A host a feed: all of 127/8 is this machine."""
    return [f"127.7.{number // 250}.{number % 250 + 1}" for number in range(count)]


def addresses(count: int, port: int, scheme: str = "http") -> list[str]:
    """The addresses of the feeds."""
    return [f"{scheme}://{host}:{port}/feed" for host in hosts(count)]


def opml(urls: list[str]) -> str:
    """A subscription list."""
    lines = "".join(f'<outline type="rss" text="{url}" xmlUrl="{url}"/>' for url in urls)
    return f'<opml version="2.0"><head/><body>{lines}</body></opml>'


@cache
def _entry(number: int, place: int) -> str:
    made = random.Random(number * 1000 + place)
    paragraphs = "".join(
        f'<p>{" ".join(made.choices(_WORDS, k=90))}, <a href="/n/{place}?p={part}">suite</a>'
        f" <em>{made.choice(_WORDS)}</em>.</p>\n"
        for part in range(5)
    )
    body = f'<h2>Un titre</h2>{paragraphs}<img src="/i/{place}.jpg" width="600" alt="Vue">'
    title = " ".join(made.choices(_WORDS, k=9)).capitalize()
    link = f"https://site{number}.example/n/{place}?utm_source=rss"
    date = NOW - timedelta(hours=7 * (60 - place), minutes=number % 60)
    if number % 2:
        return (
            f"<entry><id>tag:site{number}.example,2026:{place}</id><title>{escape(title)}</title>"
            f'<link rel="alternate" href="{link}"/><updated>{date:%Y-%m-%dT%H:%M:%SZ}</updated>'
            f'<author><name>Zoé Ünal</name></author><content type="html">{escape(body)}</content></entry>\n'
        )
    return (
        f'<item><title>{escape(title)}</title><link>{link}</link><guid isPermaLink="false">{place}@{number}</guid>'
        f"<pubDate>{date:%a, %d %b %Y %H:%M:%S} GMT</pubDate><category>veille</category>"
        f"<description><![CDATA[{body}]]></description></item>\n"
    )


def feed(number: int, *, changed: bool) -> bytes:
    """A feed of 20 to 50 entries, the newest first; RSS and Atom in turn."""
    count = 20 + number * 7 % 31 + (changed and number % _CHANGED == 0)
    entries = "".join(_entry(number, place) for place in reversed(range(count)))
    if number % 2:
        head = f"<title>Site {number}</title><id>tag:{number}</id><updated>2026-11-20T09:00:00Z</updated>"
        text = f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'
    else:
        head = (
            f"<title>Site {number}</title><link>https://site{number}.example/</link><description/>"
        )
        text = f'<rss version="2.0"><channel>{head}{entries}</channel></rss>'
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + text.encode()


async def serve(folder: Path, count: int) -> None:
    """Answer until the end, each request after its latency."""
    bodies = {done: [feed(n, changed=done) for n in range(count)] for done in (False, True)}
    etags = {
        done: [f'"{hashlib.sha256(body).hexdigest()[:20]}"' for body in made]
        for done, made in bodies.items()
    }

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0].split(".")
        number = int(host[2]) * 250 + int(host[3]) - 1
        try:
            while (head := await reader.readuntil(b"\r\n\r\n")) is not None:
                await asyncio.sleep(0.1 + number * 37 % 200 / 1000)
                done = (folder / "changed").exists()
                etag = etags[done][number]
                if etag.encode() in head:
                    writer.write(f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode())
                else:
                    body = bodies[done][number]
                    fields = f"ETag: {etag}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}"
                    writer.write(f"HTTP/1.1 200 OK\r\n{fields}\r\n\r\n".encode() + body)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    plain = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=512)
    tls = await asyncio.start_server(
        answer, "0.0.0.0", 0, backlog=512, ssl=_tls(folder / CERTIFICATE, count)
    )
    unfinished = folder / f"{PORT_FILE}.new"
    ports = [server.sockets[0].getsockname()[1] for server in (plain, tls)]
    unfinished.write_text(" ".join(map(str, ports)))
    unfinished.rename(folder / PORT_FILE)
    await asyncio.gather(plain.serve_forever(), tls.serve_forever())


def _tls(certificate: Path, count: int) -> ssl.SSLContext:
    """A context for all the hosts; whoever trusts the file at ``certificate`` trusts them."""
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*hosts(count)).configure_cert(context)
    return context


async def ask(urls: list[str], remembered: Path) -> None:
    """The floor: what a client takes that asks, reads, and forgets."""
    import aiohttp

    etags = json.loads(remembered.read_text()) if remembered.exists() else {}
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(session: aiohttp.ClientSession, url: str) -> None:
        host = urlsplit(url).hostname
        headers = {"If-None-Match": etags[host]} if host in etags else {}
        async with slots, session.get(url, headers=headers) as answer:
            await answer.read()
            etags[host] = answer.headers["etag"]

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(one(session, url) for url in urls))
    remembered.write_text(json.dumps(etags))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(serve(Path(sys.argv[2]), int(sys.argv[3])))
    else:
        asyncio.run(ask(sys.stdin.read().split(), Path(sys.argv[2])))
