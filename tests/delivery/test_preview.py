"""The folder of a preview: what would go out, to the byte."""

from __future__ import annotations

from veille.delivery import preview
from veille.model.delivery import Message


def test_a_preview_holds_every_part_as_it_would_go_out(tmp_path, rendered):
    """Contract: subject.txt, body.txt, body.html, message.eml, page.html, and the page's style."""
    mail = Message(recipient="a@b.example", message_id="<x@b.example>", content=b"To: a\r\n\r\n")
    paths = preview.write(tmp_path / "out", rendered, mail, b"body {}")
    assert {path.name: path.read_bytes() for path in paths} == {
        "subject.txt": f"{rendered.subject}\n".encode(),
        "body.txt": rendered.text.encode(),
        "body.html": rendered.html.encode(),
        "message.eml": mail.content,
        "page.html": rendered.page.encode(),
        "style.css": b"body {}",
    }
    assert sorted(paths) == sorted((tmp_path / "out").iterdir())
