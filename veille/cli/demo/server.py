"""The sample's web server: three small sites on loopback, for as long as the demo runs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parent / "sample"
PLACEHOLDER = b"{{base}}"
_TYPES = {
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}


class _Handler(BaseHTTPRequestHandler):
    """Answers GET with the files of the sample, their own address filled in."""

    protocol_version = "HTTP/1.1"
    files: dict[str, bytes]

    def do_GET(self) -> None:  # noqa: N802  the name http.server looks for
        body = self.files.get(self.path)
        self.send_response(200 if body is not None else 404)
        kind = _TYPES.get(Path(self.path).suffix, "text/plain; charset=utf-8")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the parent's signature
        """Say nothing: the demo shows the collector's words, not the server's."""


def filled(path: Path, base: str) -> bytes:
    """A file of the sample with the address it is served under."""
    return path.read_bytes().replace(PLACEHOLDER, base.encode())


@contextlib.contextmanager
def serving(port: int = 0) -> Iterator[str]:
    """Serve the sample on 127.0.0.1 and give its base address, without a final slash."""
    handler = type("Handler", (_Handler,), {"files": {}})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.daemon_threads = True
        base = f"http://127.0.0.1:{server.server_address[1]}"
        handler.files = {
            f"/{path.relative_to(SAMPLE).as_posix()}": filled(path, base)
            for path in sorted(SAMPLE.rglob("*"))
            if path.suffix in _TYPES
        }
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield base
        finally:
            server.shutdown()
            thread.join()
