"""``veille subscriber``, ``veille edition send``, ``veille ledger``: who gets what, once."""

from __future__ import annotations

import fcntl
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

REF = "cinq-liens/1"


@pytest.fixture
def approved(veille, workspace: Path, kept: list[int]) -> Path:
    """An approved edition of five links; gives the outbox."""
    veille("edition", "draft", "cinq-liens", "--period", "2026-11")
    assert veille("edition", "approve", REF).code == 0
    return workspace / "outbox"


def mails(outbox: Path) -> dict[str, bytes]:
    """The mails by file name."""
    return {path.name: path.read_bytes() for path in sorted(outbox.glob("*"))}


def addresses(outbox: Path) -> set[str]:
    """To whom the mails are."""
    parsed = (message_from_bytes(raw, policy=policy.default) for raw in mails(outbox).values())
    return {message["To"].addresses[0].addr_spec for message in parsed}


@pytest.mark.parametrize(
    "email",
    [
        "a@b.example, evil@c.example",
        "x@y.example>\r\nRCPT TO:<z@y.example>",
        "with space@x.example",
        "",
        "@",
        "a@",
    ],
)
def test_a_bad_address_is_refused(veille, workspace, email: str) -> None:
    """M8: exit 2, one line, nobody added."""
    refused = veille("subscriber", "add", "--", email)
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    assert veille("subscriber", "list", "--json").json == []


def test_one_person_in_two_spellings_is_one_reader(veille, workspace) -> None:
    """M9: case does not make another person."""
    veille("subscriber", "add", "Ana@Example.org", "--name", "Ana")
    assert veille("subscriber", "add", "ana@example.org").code == 0
    (reader,) = veille("subscriber", "list", "--json").json
    assert reader["name"] == "Ana"
    assert "1 reader" in veille("subscriber", "list").err


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("email,name\na@example.org,Ana\nb@example.org,\n", {"a@example.org", "b@example.org"}),
        ("\ufeffNom;Courriel\r\nAna;a@example.org\r\n", {"a@example.org"}),
        ("a@example.org\n\nb@example.org\n", {"a@example.org", "b@example.org"}),
        ("Ana\ta@example.org\n", {"a@example.org"}),
    ],
)
def test_import_reads_what_spreadsheets_write(veille, workspace, tmp_path, data, expected) -> None:
    """I8: comma, semicolon or tab, with or without a header, BOM and CRLF."""
    path = tmp_path / "readers.csv"
    path.write_bytes(data.encode())
    done = veille("subscriber", "import", path, "--json").json
    assert (done["added"], done["refused"]) == (len(expected), [])
    assert {reader["email"] for reader in veille("subscriber", "list", "--json").json} == expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_import_reads_utf_16(veille, workspace, tmp_path, encoding: str) -> None:
    """I8: what spreadsheets call Unicode text; and lists that come by standard input."""
    path = tmp_path / "readers.txt"
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path.write_bytes(f"{mark}Nom\tCourriel\r\nZoé\ta@example.org\r\n".encode(encoding))
    assert veille("subscriber", "import", path).code == 0
    assert [reader["name"] for reader in veille("subscriber", "list", "--json").json] == ["Zoé"]
    piped = veille("subscriber", "import", "-", stdin="email\na@example.org\nb@example.org\n")
    assert "1 added, 1 already there" in piped.out


def test_a_list_may_mix_newcomers_readers_and_those_who_left(veille, workspace, tmp_path) -> None:
    """M9: one reader whatever the spelling; who left is asked back; an event for each newcomer."""
    veille("digest", "create", "d", "--title", "D")
    veille("subscriber", "add", "ana@example.org", "--name", "Ana")
    veille("subscriber", "add", "bob@example.org")
    veille("subscriber", "remove", "bob@example.org")
    path = tmp_path / "readers.csv"
    listed = ["zoe,Zoé", "ZOE,Autre", "ana,", "bob,", *(f"r{number}," for number in range(40))]
    path.write_text(
        "email,name\n" + "".join(f"{one.replace(',', '@example.org,')}\n" for one in listed)
    )
    done = veille("subscriber", "import", path, "--digest", "d", "--json").json
    assert (done["added"], done["known"], done["refused"]) == (42, 2, [])
    readers = {one["email"]: one for one in veille("subscriber", "list", "--json").json}
    assert len(readers) == 43
    assert all(one["digests"] == ["d"] for one in readers.values())
    assert readers["zoe@example.org"]["name"] == "Zoé"
    assert veille("suppression", "list", "--json").json == []
    told = [
        one["subject"]
        for one in veille("log", "--limit", 0, "--json").json
        if one["action"] == "subscriber-add"
    ]
    assert len(told) == len(set(told)) + 1 == 44  # bob twice


def test_import_names_the_line_of_a_bad_row(veille, workspace, tmp_path) -> None:
    """I8, M8: exit 3; the good rows are in; a second import knows them."""
    path = tmp_path / "readers.csv"
    path.write_bytes("email;nom\nana@example.org;Zoé\nnobody;X\n;Y\n".encode("cp1252"))
    done = veille("subscriber", "import", path, "--json")
    assert done.code == 3
    assert [row["line"] for row in done.json["refused"]] == [3, 4]
    assert veille("subscriber", "list", "--json").json[0]["name"] == "Zoé"
    again = veille("subscriber", "import", path)
    assert "0 added, 1 already there, 2 refused" in again.out
    assert "line 3:" in again.err


@pytest.mark.parametrize("data", [b"", b"name\nAna\n", b"\n \n"])
def test_import_refuses_what_is_no_list(veille, workspace, tmp_path, data: bytes) -> None:
    """One line says why."""
    path = tmp_path / "readers.csv"
    path.write_bytes(data)
    refused = veille("subscriber", "import", path)
    assert refused.code == 2
    assert veille("subscriber", "list", "--json").json == []


def test_send_writes_one_mail_a_reader(veille, approved: Path) -> None:
    """Digest and readers of everything; not those of another digest."""
    veille("digest", "create", "other", "--title", "Autre")
    veille("subscriber", "add", "ana@example.org")
    veille("subscriber", "add", "bob@example.org", "--digest", "cinq-liens")
    veille("subscriber", "add", "cyr@example.org", "--digest", "other")
    assert veille("subscriber", "add", "dan@example.org", "--digest", "nothing").code == 1
    assert len(veille("subscriber", "list", "--digest", "cinq-liens", "--json").json) == 2
    sent = veille("edition", "send", REF, "--json")
    assert sent.code == 0
    assert sent.json["ledger"] == {"accepted": 2}
    assert addresses(approved) == {"ana@example.org", "bob@example.org"}


def test_send_twice_changes_nothing(veille, approved: Path) -> None:
    """M12: the second says so; new readers wait for the next edition."""
    veille("subscriber", "add", "ana@example.org")
    veille("edition", "send", REF)
    before = mails(approved)
    veille("subscriber", "add", "late@example.org")
    again = veille("edition", "send", REF)
    assert again.code == 0
    assert "nothing was sent again" in again.out
    assert mails(approved) == before


def test_send_without_readers_says_what_to_do(veille, approved: Path) -> None:
    """Nobody to write to: the page is out, exit 1, and sending later works."""
    refused = veille("edition", "send", REF)
    assert refused.code == 1
    assert "subscriber add" in refused.err
    assert veille("edition", "show", REF, "--json").json["state"] == "published"
    veille("subscriber", "add", "ana@example.org")
    assert veille("edition", "send", REF).code == 0
    assert addresses(approved) == {"ana@example.org"}


def test_a_removed_reader_gets_nothing(veille, approved: Path) -> None:
    """M11: not even a reader of everything."""
    veille("subscriber", "add", "ana@example.org")
    veille("subscriber", "add", "bob@example.org")
    assert veille("subscriber", "remove", "ANA@example.org").code == 0
    assert veille("subscriber", "remove", "ana@example.org").code == 1
    veille("edition", "send", REF)
    assert addresses(approved) == {"bob@example.org"}


def test_dry_run_and_test_leave_the_ledger_alone(veille, approved: Path) -> None:
    """M18: who would get it; one marked copy to one address."""
    veille("subscriber", "add", "ana@example.org")
    assert veille("edition", "send", REF, "--dry-run").out == "ana@example.org\n"
    assert veille("edition", "send", REF, "--dry-run", "--json").json["would_receive"] == [
        "ana@example.org"
    ]
    assert not mails(approved) if approved.exists() else True
    assert veille("edition", "send", REF, "--test", "editor@example.org").code == 0
    assert addresses(approved) == {"editor@example.org"}
    (raw,) = mails(approved).values()
    assert "test" in message_from_bytes(raw, policy=policy.default)["Subject"].lower()
    assert veille("ledger", REF, "--json").json == []
    assert veille("edition", "show", REF, "--json").json["state"] == "approved"


def test_the_ledger_has_a_row_a_reader(veille, approved: Path) -> None:
    """State, attempts, the answer; before the sending it says there is none."""
    assert veille("ledger", REF).code == 1
    veille("subscriber", "add", "ana@example.org")
    veille("edition", "send", REF)
    (row,) = veille("ledger", REF, "--json").json
    assert (row["email"], row["state"], row["attempts"], row["code"]) == (
        "ana@example.org",
        "accepted",
        1,
        250,
    )
    assert row["message_id"].startswith("<")
    assert "accepted" in veille("ledger", REF).out


def test_two_senders_at_once(veille, approved: Path, workspace: Path) -> None:
    """M12: the second ends with 75 and writes nothing."""
    veille("subscriber", "add", "ana@example.org")
    with (workspace / ".publish.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert veille("edition", "send", REF).code == 75
    assert not approved.exists() or not mails(approved)


def test_an_outbox_that_cannot_be_written(veille, approved: Path, workspace: Path) -> None:
    """O9: exit 1 with the path; once it can be, the same sending ends well."""
    veille("subscriber", "add", "ana@example.org")
    (workspace / "outbox").write_text("a file where the folder should be")
    failed = veille("edition", "send", REF)
    assert failed.code == 1
    assert "outbox" in failed.err
    (workspace / "outbox").unlink()
    assert veille("edition", "send", REF).code == 0
    assert addresses(approved) == {"ana@example.org"}
    (row,) = veille("ledger", REF, "--json").json
    assert row["state"] == "accepted"


def test_whom_nobody_writes_to(veille, workspace: Path) -> None:
    """5.5: removed, left, added by hand, each with its reason; forgiven on demand."""
    veille("subscriber", "add", "zoe@x.example")
    veille("subscriber", "remove", "zoe@x.example")
    assert veille("suppression", "add", "Luc@x.example", "--note", "par téléphone").code == 0
    rows = veille("suppression", "list", "--json").json
    assert [(row["email"], row["digest"], row["reason"]) for row in rows] == [
        ("luc@x.example", None, "par téléphone"), ("zoe@x.example", None, "removed"),
    ]  # fmt: skip
    assert "par téléphone" in veille("suppression", "list").out
    assert veille("suppression", "remove", "luc@x.example").code == 0
    assert veille("suppression", "remove", "luc@x.example").code == 1
    assert len(veille("suppression", "list", "--json").json) == 1
    actions = [event["action"] for event in veille("log", "--json").json]
    assert actions[:2] == ["suppression-remove", "suppression-add"]
