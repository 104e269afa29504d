"""A small IMAP server over TLS, with the letters of a test; it remembers every command."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from typing import Any


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        try:
            if self.server.mode == "tls":
                self.secure()
            self.say("* OK [CAPABILITY IMAP4rev1] ready")
            while line := self.rfile.readline():
                self.command(line.decode().strip())
        except OSError:
            pass
        finally:
            for one in (self.rfile, self.wfile, self.request):
                one.close()

    def finish(self) -> None:
        """All is closed already."""

    def secure(self) -> None:
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile = self.request.makefile("rb")
        self.wfile = self.request.makefile("wb", buffering=0)

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def command(self, line: str) -> None:
        tag, verb, *rest = line.split(" ", 2)
        words = rest[0] if rest else ""
        self.server.commands.append(f"{verb.upper()} {words}".strip())
        if verb.upper() in self.server.refused:
            self.say(f"{tag} NO not today")
            return
        getattr(self, f"do_{verb.lower()}")(tag, words)

    def done(self, tag: str, *lines: str) -> None:
        for line in lines:
            self.say(f"* {line}")
        self.say(f"{tag} OK done")

    def do_capability(self, tag: str, words: str) -> None:
        self.done(tag, f"CAPABILITY IMAP4rev1 {self.server.features}")

    def do_starttls(self, tag: str, words: str) -> None:
        self.done(tag)
        self.secure()

    def do_login(self, tag: str, words: str) -> None:
        if words != 'veille "wonderful secret"':
            self.say(f"{tag} NO [AUTHENTICATIONFAILED] {words}")
            return
        self.done(tag)

    def do_select(self, tag: str, words: str) -> None:
        self.done(
            tag, f"{len(self.server.letters)} EXISTS", f"OK [UIDVALIDITY {self.server.validity}] it"
        )

    def do_uid(self, tag: str, words: str) -> None:
        verb, _, rest = words.partition(" ")
        getattr(self, f"uid_{verb.lower()}")(tag, rest)

    def uid_search(self, tag: str, words: str) -> None:
        self.done(tag, " ".join(["SEARCH", *map(str, self.server.letters)]))

    def uid_fetch(self, tag: str, words: str) -> None:
        uid = int(words.split()[0])
        length = int(re.search(r"<0\.(\d+)>", words)[1])
        letter = self.server.letters.get(uid)
        if letter is not None:
            body = letter[:length]
            self.wfile.write(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(body)}}}\r\n".encode())
            self.wfile.write(body + b")\r\n")
        self.done(tag)

    def uid_store(self, tag: str, words: str) -> None:
        self.done(tag)

    def uid_move(self, tag: str, words: str) -> None:
        del self.server.letters[int(words.split()[0])]
        self.done(tag)

    def do_logout(self, tag: str, words: str) -> None:
        self.done(tag, "BYE bye")


class ImapServer(socketserver.ThreadingTCPServer):
    """``letters`` by UID; ``refused`` verbs are answered NO."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, cert: str, *, mode: str = "tls", features: str = "MOVE STARTTLS") -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.mode = mode
        self.features = features
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert)
        self.letters: dict[int, bytes] = {}
        self.validity = 7
        self.commands: list[str] = []
        self.refused: set[str] = set()
        self.port: int = self.server_address[1]
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
