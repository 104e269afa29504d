"""A mail server that remembers, in a process of its own, and fails as its script says.

At the moment it accepts a mail it writes (recipient, Message-ID, hash of the bytes) and forces that
to disk before it answers: what it wrote is what was delivered. A script is a list of rules, each
``{"phase": …, "do": …, "to": part of the recipient, "skip": n, "times": n}``:

* phases: connect, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, dot, accepted, QUIT, RSET;
* what is done: a reply (``"451 later"``), ``eof``, ``hang``, ``garbage``, ``partial`` (a reply cut
  before its line end), ``pause`` (wait until the client is gone or the file ``go`` is there).

At ``dot`` nothing is accepted; at ``accepted`` the mail is delivered, then the fault comes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

LOCK = threading.Lock()
PATIENCE = 60


class Gone(Exception):  # noqa: N818
    """The client left, or we leave."""


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        self.mail: dict[str, Any] = {}
        self.secure = False
        if self.server.options.tls == "tls":
            self.secured()
        try:
            self.answer("connect", b"220 oracle.example ESMTP")
            while True:
                self.command(self.line())
        except (Gone, OSError, ValueError):
            pass

    def line(self) -> bytes:
        line = self.rfile.readline()
        if not line.endswith(b"\n"):
            raise Gone
        self.server.wire(line)
        return line.strip()

    def command(self, line: bytes) -> None:
        verb, _, rest = line.partition(b" ")
        handler = getattr(self, f"do_{verb.decode().lower()}", None)
        if handler is None:
            self.say(b"500 what?")
        else:
            handler(rest.decode())

    def do_ehlo(self, rest: str) -> None:
        features = ["oracle.example", "SIZE 10000000", *self.server.options.feature]
        if self.server.options.pipelining:
            features.append("PIPELINING")
        if self.server.options.tls == "starttls" and not self.secure:
            features.append("STARTTLS")
        if self.server.options.auth and (self.secure or self.server.options.tls == "none"):
            features.append("AUTH PLAIN LOGIN CRAM-MD5")
        lines = [f"250-{one}" for one in features[:-1]] + [f"250 {features[-1]}"]
        self.answer("EHLO", "\r\n".join(lines).encode())

    def do_starttls(self, rest: str) -> None:
        self.answer("STARTTLS", b"220 go ahead")
        self.secured()

    def secured(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.options.cert)
        try:
            self.request = context.wrap_socket(self.request, server_side=True)
        except OSError as error:
            raise Gone from error
        self.rfile = self.request.makefile("rb")
        self.wfile = self.request.makefile("wb", buffering=0)
        self.secure = True

    def do_auth(self, rest: str) -> None:
        words = rest.split()
        if words[0] == "LOGIN":
            self.say(b"334 UGFzc3dvcmQ6")
            self.line()
        self.answer("AUTH", b"235 welcome")

    def do_mail(self, rest: str) -> None:
        self.mail = {"mail": rest}
        if not self.answer("MAIL", b"250 ok").startswith(b"250"):
            self.mail = {}

    def do_rcpt(self, rest: str) -> None:
        if not self.mail:
            self.say(b"503 MAIL first")
            return
        self.mail["rcpt"] = rest
        self.mail["to"] = re.search(r"<(.*?)>", rest).group(1)
        self.mail["wanted"] = self.answer("RCPT", b"250 ok").startswith(b"250")

    def do_data(self, rest: str) -> None:
        if not self.mail.get("wanted") and not self.server.options.careless:
            self.say(b"503 RCPT first")
            return
        if self.answer("DATA", b"354 go on") != b"354 go on":
            return
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line.endswith(b"\n"):
                raise Gone  # RFC 5321 section 4.1.1.4: not whole, not delivered
            lines.append(line[1:] if line.startswith(b".") else line)
        self.mail["content"] = b"".join(lines)
        self.end()

    def end(self) -> None:
        if not self.mail.get("wanted"):
            self.say(b"554 no valid recipients")
            return
        rule = self.server.rule("dot", self.mail["to"])
        if rule is not None and rule["do"] != "pause":
            self.act(rule, b"250 queued")
            return
        if rule is not None:
            self.wait(rule)
        self.server.accept(self.mail)
        self.answer("accepted", b"250 2.0.0 queued as 4711")

    def do_rset(self, rest: str) -> None:
        self.answer("RSET", b"250 ok")

    def do_quit(self, rest: str) -> None:
        self.answer("QUIT", b"221 bye")
        raise Gone

    def answer(self, phase: str, usual: bytes) -> bytes:
        rule = self.server.rule(phase, self.mail.get("to", ""))
        if rule is None:
            if self.server.options.latency:
                time.sleep(self.server.options.latency)
            self.say(usual)
            return usual
        return self.act(rule, usual)

    def act(self, rule: dict[str, Any], usual: bytes) -> bytes:
        do = rule["do"]
        if do == "eof":
            raise Gone
        if do in ("hang", "pause"):
            self.wait(rule)
            if do == "hang":
                raise Gone
            self.say(usual)
            return usual
        if do == "garbage":
            self.wfile.write(b"\x16\x03\x01 what is this\r\n")
            raise Gone
        if do == "partial":
            self.wfile.write(usual)
            raise Gone
        self.say(do.encode())
        if do.startswith("421"):
            raise Gone
        return do.encode()

    def wait(self, rule: dict[str, Any]) -> None:
        self.server.state("paused")
        end = time.monotonic() + PATIENCE
        told = False
        while not told and time.monotonic() < end:
            # Told first, looked at the client second: one that was killed before "go" is gone.
            told = (self.server.folder / "go").exists()
            self.request.settimeout(0.02)
            try:
                if self.request.recv(1, socket.MSG_PEEK) == b"":
                    raise Gone
            except (TimeoutError, ValueError, ssl.SSLError):
                time.sleep(0.02)
        self.request.settimeout(None)

    def say(self, reply: bytes) -> None:
        self.wfile.write(reply + b"\r\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__((options.host, options.port), Session)
        self.options = options
        self.folder = Path(options.folder)

    def rule(self, phase: str, to: str) -> dict[str, Any] | None:
        """The first rule that fits and is not used up."""
        with LOCK:
            path = self.folder / "script.json"
            rules = json.loads(path.read_text())
            if not rules:
                return None
            for rule in rules:
                if rule["phase"] != phase or rule.get("to", "") not in to:
                    continue
                if rule.get("skip", 0) > 0:
                    rule["skip"] -= 1
                elif rule.get("times", 1) > 0:
                    rule["times"] = rule.get("times", 1) - 1
                    write(path, json.dumps(rules))
                    return rule
            write(path, json.dumps(rules))
            return None

    def accept(self, mail: dict[str, Any]) -> None:
        content = mail["content"]
        name = re.search(rb"(?m)^Message-ID: (<\S+>)", content)
        line = {
            "to": mail["to"], "message_id": name.group(1).decode() if name else None,
            "sha256": hashlib.sha256(content).hexdigest(), "mail": mail["mail"],
            "rcpt": mail["rcpt"], "at": time.monotonic(),
        }  # fmt: skip
        with LOCK:
            (self.folder / f"{line['sha256']}.eml").write_bytes(content)
            with (self.folder / "accepted.jsonl").open("a") as file:
                file.write(json.dumps(line) + "\n")
                file.flush()
                if self.options.durable:
                    os.fsync(file.fileno())

    def wire(self, line: bytes) -> None:
        with LOCK, (self.folder / "wire.log").open("ab") as file:
            file.write(line)

    def state(self, word: str) -> None:
        write(self.folder / "state", word)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def write(path: Path, text: str) -> None:
    other = path.with_name(f"{path.name}.{threading.get_ident()}")
    other.write_text(text)
    other.replace(path)


class Oracle:
    """The server as a test holds it."""

    def __init__(self, folder: Path, *rules: dict[str, Any], **options: Any) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.script(*rules)
        words = [f"--{name}={value}" for name, value in options.items() if name != "feature"]
        words += [f"--feature={one}" for one in options.get("feature", ())]
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(folder), *words], stdout=subprocess.PIPE, text=True
        )
        self.port = int(self.process.stdout.readline())

    def script(self, *rules: dict[str, Any]) -> None:
        write(self.folder / "script.json", json.dumps(rules))

    def accepted(self) -> list[dict[str, Any]]:
        path = self.folder / "accepted.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def recipients(self) -> list[str]:
        return sorted(one["to"] for one in self.accepted())

    def content(self, mail: dict[str, Any]) -> bytes:
        return (self.folder / f"{mail['sha256']}.eml").read_bytes()

    def wire(self) -> bytes:
        path = self.folder / "wire.log"
        return path.read_bytes() if path.exists() else b""

    def wait_until_paused(self) -> None:
        path = self.folder / "state"
        end = time.monotonic() + PATIENCE
        while not path.exists():
            assert time.monotonic() < end, "the sender never came to the phase"
            time.sleep(0.01)
        path.unlink()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", default="none")
    parser.add_argument("--cert")
    parser.add_argument("--auth", type=int, default=0)
    parser.add_argument("--feature", action="append", default=[])
    parser.add_argument("--latency", type=float, default=0)
    parser.add_argument("--pipelining", type=int, default=1)
    parser.add_argument("--careless", type=int, default=0)  # 354 to a mail for nobody
    parser.add_argument("--durable", type=int, default=1)
    with Server(parser.parse_args()) as server:
        print(server.server_address[1], flush=True)  # noqa: T201
        server.serve_forever()


if __name__ == "__main__":
    main()
