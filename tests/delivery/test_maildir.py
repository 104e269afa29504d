"""The folder transport: whole files, once."""

from __future__ import annotations

import os
import stat
import subprocess

import pytest

from veille.delivery.maildir import Outbox, deliver, file_name
from veille.errors import OutputError
from veille.model.delivery import Message

MAIL = Message(
    recipient="camille@musée.example", message_id="<a@b.example>", content=b"To: x\r\n\r\n"
)


@pytest.fixture
def outbox(tmp_path):
    return tmp_path / "deep" / "outbox"


def dead_process() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_mail_is_a_file_for_its_owner(outbox):
    """G8: 0600 in a folder of 0700, whatever the umask."""
    before = os.umask(0)
    try:
        path = deliver(outbox, "cinq-liens/3", [MAIL])[0]
    finally:
        os.umask(before)
    assert path.read_bytes() == MAIL.content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(outbox.stat().st_mode) == 0o700
    assert [file.name for file in outbox.iterdir()] == [path.name]


def test_handing_over_twice_is_handing_over_once(outbox):
    """I1, I4: the same file, untouched."""
    path = deliver(outbox, "cinq-liens/3", [MAIL])[0]
    os.utime(path, ns=(1, 1))
    assert deliver(outbox, "cinq-liens/3", [MAIL])[0] == path
    assert path.stat().st_mtime_ns == 1


def test_a_half_written_file_is_replaced(outbox):
    """C4: a file of a dead run that is not the mail becomes the mail."""
    path = deliver(outbox, "cinq-liens/3", [MAIL])[0]
    path.write_bytes(b"To:")
    deliver(outbox, "cinq-liens/3", [MAIL])[0]
    assert path.read_bytes() == MAIL.content


@pytest.mark.parametrize(
    "recipient",
    ["../../etc/passwd", "a/b@c", "ÀÉ@x.example", "x" * 300 + "@y.example", "日本@語", "\0@\n"],
)
def test_names_stay_in_the_folder(outbox, recipient):
    """O1: readable, ASCII, one path segment, different for each mail."""
    mail = Message(recipient=recipient, message_id="<a@b.example>", content=b"x")
    name = file_name("cinq-liens/3", mail)
    assert name.isascii()
    assert "/" not in name
    assert len(name) < 200
    assert deliver(outbox, "cinq-liens/3", [mail])[0].parent == outbox
    other = Message(recipient=recipient, message_id="<c@b.example>", content=b"x")
    assert file_name("cinq-liens/3", other) != name


def test_the_name_is_readable():
    assert file_name("cinq-liens/3", MAIL).startswith("cinq-liens-3.camille-at-musee.example.")


def test_leftovers_of_dead_runs_go_and_of_living_ones_stay(outbox):
    """C12: only ours, only the dead."""
    outbox.mkdir(parents=True)
    dead = outbox / f".veille-{dead_process()}-x.eml.tmp"
    alive = outbox / f".veille-{os.getppid()}-x.eml.tmp"
    others = [outbox / ".veille-x.tmp", outbox / "y.tmp", outbox / f".veille-{10**30}-z.tmp"]
    for path in (dead, alive, *others):
        path.touch()
    transport = Outbox(outbox)
    name = transport.deliver("cinq-liens/3", MAIL)
    assert transport.deliver("cinq-liens/3", MAIL) == name
    assert {path.name for path in outbox.iterdir()} == {
        name,
        alive.name,
        *(path.name for path in others),
    }


def test_a_folder_that_cannot_be_is_named(tmp_path):
    (tmp_path / "outbox").write_text("a file")
    with pytest.raises(OutputError, match=r"cannot be put into .*outbox"):
        Outbox(tmp_path / "outbox").deliver("cinq-liens/3", MAIL)
