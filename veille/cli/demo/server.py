"""The sample's web: a proxy on loopback that answers for three hosts, and for nothing else.

The sample's sites live under names that nobody can own (``musee.example``, RFC 2606), so that
addresses, and everything made from them, are the same at every run; a proxy needs no name server.
"""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = Path(__file__).parent / "sample"
_TYPES = {".xml": "application/xml; charset=utf-8", ".html": "text/html; charset=utf-8"}


_PATIENCE = 0.05  # seconds until it notices that it is to end


class _Handler(BaseHTTPRequestHandler):
    """Answers a proxy's GET (absolute address, RFC 9112 section 3.2.2) with a file of the sample."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = _sites().get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", _TYPES[Path(self.path).suffix] if body else "text/plain")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the parent's signature
        """Say nothing: the demo shows the collector's words, not the server's."""


def _sites() -> dict[str, bytes]:
    """Every file of the sample under its address: a folder is a host."""
    return {
        f"http://{path.relative_to(SAMPLE).as_posix()}": path.read_bytes()
        for path in SAMPLE.glob("*.example/*")
        if path.suffix in _TYPES
    }


@contextlib.contextmanager
def serving(port: int = 0) -> Iterator[str]:
    """Run the proxy on 127.0.0.1 and give its address, for ``http_proxy``."""
    with ThreadingHTTPServer(("127.0.0.1", port), _Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(_PATIENCE,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
