"""A workspace with an approved edition, and a sender in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.program import Program

if TYPE_CHECKING:
    from pathlib import Path

SENDER = "Veille <veille@musee.example>"
REF = "cinq-liens/1"
READERS = ("ana@lecteur.example", "bob@lecteur.example", "cyr@lecteur.example")


class Newsroom:
    """A workspace that sends through one server; ``send()`` in this process, ``start()`` in another."""

    def __init__(self, folder: Path, port: int, **smtp: Any) -> None:
        self.folder = folder
        self.environ = {
            "LOGNAME": "camille",
            "XDG_CONFIG_HOME": str(folder / "none"),
            "VEILLE_WORKSPACE": str(folder),
            "VEILLE_MAIL_TRANSPORT": "smtp",
            "VEILLE_MAIL_SENDER": SENDER,
            "VEILLE_SMTP_HOST": "127.0.0.1",
            "VEILLE_SMTP_PORT": str(port),
            "VEILLE_SMTP_SECURITY": "none",
            "VEILLE_SMTP_TIMEOUT": "5",
            "VEILLE_SMTP_FINAL_TIMEOUT": "5",
        }
        self.set(**smtp)
        self.program = Program(here=folder, environ=self.environ)

    def set(self, **smtp: Any) -> None:
        for name, value in smtp.items():
            section = "MAIL" if name in ("rate", "verp", "bounce_address") else "SMTP"
            self.environ[f"VEILLE_{section}_{name.upper()}"] = str(value)

    def veille(self, *words: object) -> Any:
        return self.program(*words)

    def send(self, *words: object) -> Any:
        return self.program("edition", "send", REF, "--json", *words)

    def start(self, *before: str) -> subprocess.Popen[str]:
        """A sending in another process, after the words of ``before`` (strace)."""
        words = [*before, sys.executable, "-m", "veille", "edition", "send", REF, "--json"]
        return subprocess.Popen(
            words, env={**os.environ, **self.environ}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def ledger(self) -> dict[str, dict[str, Any]]:
        return {row["email"]: row for row in self.veille("ledger", REF, "--json").json}

    def states(self) -> dict[str, str]:
        return {email.partition("@")[0]: row["state"] for email, row in self.ledger().items()}

    def state(self) -> str:
        return self.veille("edition", "show", REF, "--json").json["state"]
