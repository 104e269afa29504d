"""A folder that shows an edition as it would go out, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille import access
from veille.delivery import atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from veille.model.delivery import Message
    from veille.model.edition import Rendered


def write(folder: Path, rendered: Rendered, mail: Message, stylesheet: bytes) -> list[Path]:
    """Write the parts of an edition into ``folder`` (made if need be) and return their paths.

    ``page.html`` is the archive's page; its style sheet lies beside it, as it does there.
    """
    parts: Mapping[str, bytes] = {
        "subject.txt": f"{rendered.subject}\n".encode(),
        "body.txt": rendered.text.encode(),
        "body.html": rendered.html.encode(),
        "message.eml": mail.content,
        "page.html": rendered.page.encode(),
        "style.css": stylesheet,
    }
    access.make_folder(folder)
    for name, content in parts.items():
        atomic.prepare(folder / name, content, 0o644).replace(folder / name)
    return [folder / name for name in parts]
