"""The folder transport: each mail a file that a mail program, or another system, can take.

The name of the file is a function of edition and recipient, and the file appears by a rename: handing
the same mail over twice has the effect of once. Addresses are in the names; the files and the
folder are for their owner's eyes only (G8).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from veille import access
from veille.delivery import atomic
from veille.errors import OutputError
from veille.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from veille.model.delivery import Message

_UNSAFE = re.compile(r"[^a-z0-9.]+")


def deliver(outbox: Path, ref: str, messages: Sequence[Message]) -> list[Path]:
    """Puts ``messages`` of the edition ``ref`` into ``outbox`` (made when missing); their files.

    All of them are lasting when this returns, and each is there whole or not at all before. A file
    that holds the same bytes already is left alone. Raises OutputError.
    """
    paths = [outbox / file_name(ref, message) for message in messages]
    try:
        access.make_folder(outbox, private=True)
        atomic.write_all(
            {
                path: message.content
                for path, message in zip(paths, messages, strict=True)
                if atomic.read(path) != message.content
            },
            0o600,
        )
    except OSError as error:
        raise OutputError(
            f"a mail cannot be put into {outbox}: {error.strerror}; "
            "make room or give the folder to the user veille runs as, then send again"
        ) from error
    return paths


class Outbox:
    """A folder as a transport: :func:`deliver` bound to it, leftovers of dead runs swept first."""

    def __init__(self, folder: Path) -> None:
        """``folder`` need not exist yet."""
        self._folder = folder
        self._swept = False

    def deliver(self, ref: str, mail: Message) -> str:
        """Puts ``mail`` into the folder and returns the name of its file. Raises OutputError."""
        return self.deliver_all(ref, [mail])[0]

    def deliver_all(self, ref: str, mails: Sequence[Message]) -> list[str]:
        """:meth:`deliver` for several, which costs much less than each on its own."""
        if not self._swept:
            atomic.sweep(self._folder)
            self._swept = True
        return [path.name for path in deliver(self._folder, ref, mails)]


def file_name(ref: str, message: Message) -> str:
    """``five-links-3.camille-at-musee.fr.1f0c2a9b.eml``: readable, and different for each mail."""
    person = _UNSAFE.sub("-", fold(message.recipient).replace("@", "-at-"))[:80].strip("-.")
    digest = hashlib.sha256(f"{message.recipient}\0{message.message_id}".encode()).hexdigest()
    return f"{ref.replace('/', '-')}.{person}.{digest[:8]}.eml"
