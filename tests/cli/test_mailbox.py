"""``veille mailbox read``: each letter judged once, and what was made of it."""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from tests.delivery.imap_server import ImapServer
from tests.program import Program
from veille.delivery.mailbox.imap import quoted

LETTERS = Path(__file__).parents[1] / "data" / "letters"
REF = "cinq-liens/1"
NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
ZOE, LUC = "zoe@lecteur.example", "luc@lecteur.example"


@pytest.fixture(scope="module")
def sent(tmp_path_factory) -> Path:
    """A workspace whose first edition went to two readers, made once."""
    folder = tmp_path_factory.mktemp("mailbox") / "watch"
    veille = Program(
        here=folder.parent,
        environ={"LOGNAME": "camille", "XDG_CONFIG_HOME": str(folder.parent / "none")},
        clock=lambda: NOW,
    )
    veille("init", folder, "--locale", "fr")
    veille.environ["VEILLE_WORKSPACE"] = str(folder)
    veille.environ["VEILLE_MAIL_SENDER"] = "Veille <veille@reseau.example>"
    veille("add", "http://127.0.0.1:1/1", "--title", "Une trouvaille")
    veille("keep", 1)
    veille("comment", 1, "À lire.", "--blurb")
    veille("digest", "create", "cinq-liens", "--title", "Cinq liens")
    for reader in (ZOE, LUC):
        veille("subscriber", "add", reader)
    veille("edition", "draft", "cinq-liens", "--period", "2026-11")
    assert veille("edition", "approve", REF).code == 0
    assert veille("edition", "send", REF).code == 0
    return folder


@pytest.fixture
def watch(sent: Path, tmp_path: Path, monkeypatch) -> Path:
    for name in list(os.environ):
        if name.startswith("VEILLE_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "watch"
    shutil.copytree(sent, folder)
    for name in ("new", "cur", "tmp"):
        (folder / "mail" / name).mkdir(parents=True)
    return folder


@pytest.fixture
def veille(watch: Path) -> Program:
    return Program(
        here=watch,
        environ={
            "LOGNAME": "camille",
            "XDG_CONFIG_HOME": str(watch / "none"),
            "VEILLE_WORKSPACE": str(watch),
            "VEILLE_MAIL_SENDER": "Veille <veille@reseau.example>",
            "VEILLE_MAILBOX_MAILDIR": "mail",
        },
        clock=lambda: NOW + timedelta(hours=1),
    )


class Post:
    """Letters about the mail of a reader, and the folder they are put into."""

    def __init__(self, watch: Path, veille: Program) -> None:
        self.watch = watch
        self.veille = veille
        self.count = 0

    def letter(self, name: str, reader: str = ZOE, ref: str = REF) -> bytes:
        rows = {row["email"]: row for row in self.veille("ledger", ref, "--json").json}
        message_id = rows[reader]["message_id"]
        (mail,) = (
            path for path in (self.watch / "outbox").iterdir()
            if message_id.encode() in path.read_bytes()
        )  # fmt: skip
        token = re.search(rb"unsubscribe%20([a-z2-7]{32})", mail.read_bytes())[1]
        key = message_id[1:].partition("@")[0]
        data = (LETTERS / f"{name}.eml").read_bytes()
        for mark, value in (
            (b"@KEY@", key.encode()),
            (b"@MESSAGE_ID@", message_id.encode()),
            (b"@TOKEN@", token),
        ):
            data = data.replace(mark, value)
        return data

    def put(self, data: bytes) -> Path:
        self.count += 1
        path = self.watch / "mail" / "new" / f"{self.count:03}.host"
        path.write_bytes(data)
        return path

    def read(self) -> dict:
        done = self.veille("mailbox", "read", "--json")
        assert done.code == 0, done.err
        return done.json

    def states(self, ref: str = REF) -> dict[str, str]:
        return {r["email"]: r["state"] for r in self.veille("ledger", ref, "--json").json}

    def readers(self) -> list[str]:
        return [row["email"] for row in self.veille("subscriber", "list", "--json").json]

    def inbox(self) -> list[dict]:
        return self.veille("list", "is:inbox", "--json").json


@pytest.fixture
def post(watch: Path, veille: Program) -> Post:
    return Post(watch, veille)


@pytest.mark.parametrize("name", ["dsn-postfix", "dsn-by-message-id", "exim-in-words"])
def test_a_failure_is_bounced(post: Post, name: str) -> None:
    """5b: accepted → bounced, matched by ENVID, Message-ID or VERP; the edition stays sent; once."""
    post.put(post.letter(name))
    done = post.read()
    assert [one["who"] for one in done["bounced"]] == [ZOE]
    assert post.states() == {ZOE: "bounced", LUC: "accepted"}
    row = next(r for r in post.veille("ledger", REF, "--json").json if r["email"] == ZOE)
    assert row["reply"].startswith(("5.1.1", "5.2.2"))
    assert post.veille("edition", "show", REF, "--json").json["state"] == "sent"
    assert post.readers() == [LUC, ZOE]
    assert post.read()["read"] == 0


def test_what_does_not_name_a_delivery_changes_nothing(post: Post) -> None:
    """A report can be forged; the name of a delivery cannot be guessed."""
    post.put(post.letter("not-ours"))
    assert post.read()["ignored"] == {"failure": 1}
    assert post.states() == {ZOE: "accepted", LUC: "accepted"}


def test_a_delay_is_a_note(post: Post) -> None:
    """5b: 4.x.x: no state changes."""
    post.put(post.letter("delay"))
    (delayed,) = post.read()["delayed"]
    assert delayed["who"] == ZOE
    assert "4.2.2" in delayed["what"]
    assert post.states()[ZOE] == "accepted"


def test_a_failure_settles_a_doubt(post: Post, watch: Path) -> None:
    """5b: a report proves that an uncertain mail left the house: nobody need decide any more."""
    from veille.model.delivery import Move
    from veille.model.states import DeliveryState
    from veille.store import deliveries, editions
    from veille.store.database import Database

    db = Database.open(f"sqlite:///{watch / 'veille.db'}")
    with db.write() as connection:
        edition = editions.get(connection, "cinq-liens", 1)
        row = next(r for r in deliveries.of_edition(connection, edition.id) if r.recipient == ZOE)
        deliveries.move(
            connection,
            Move(mail=row.id, expected=row.state, to=DeliveryState.UNCERTAIN, phase="dot"),
            at=NOW,
            run="r",
        )
    db.close()
    post.put(post.letter("dsn-postfix"))
    post.read()
    assert post.states()[ZOE] == "bounced"


@pytest.mark.parametrize("name", ["vacation", "vacation-unmarked"])
def test_vacation_replies_are_ignored(post: Post, name: str) -> None:
    """5.7: RFC 3834 and what is older: no bounce, no suggestion, no farewell."""
    post.put(post.letter(name))
    assert post.read()["ignored"] == {"automatic": 1}
    assert post.states()[ZOE] == "accepted"
    assert post.inbox() == []


def test_an_address_that_always_fails_is_let_go(post: Post) -> None:
    """5.7: by policy, after so many mails in a row; the machine is named as who did it."""
    post.veille.environ["VEILLE_MAILBOX_BOUNCES"] = "1"
    post.put(post.letter("dsn-postfix"))
    assert "1 in a row: nothing is sent there any more" in post.read()["bounced"][0]["what"]
    assert post.readers() == [LUC]
    event = next(e for e in post.veille("log", "--json").json if e["action"] == "subscriber-remove")
    assert event["by"] is None
    assert event["after"] == {"reason": "1 mail in a row came back"}


def test_leaving_with_the_token(post: Post) -> None:
    """E15, 5.7: whoever shows it: it is the reader's, from any address."""
    post.put(post.letter("unsubscribe-token"))
    assert post.read()["left"] == [{"who": ZOE, "what": "cinq-liens (token)"}]
    assert post.readers() == [LUC]


def test_a_token_that_is_not_ours(post: Post) -> None:
    data = post.letter("unsubscribe-token")
    post.put(re.sub(rb"(unsubscribe )[a-z2-7]{32}", rb"\1" + b"a" * 32, data))
    assert post.read()["left"] == []
    assert post.readers() == [LUC, ZOE]


def test_leaving_in_words(post: Post) -> None:
    """5.7: "Désabonnement, merci." in answer to a mail of ours, and nothing else in the letter."""
    post.put(post.letter("unsubscribe-words"))
    assert post.read()["left"] == [{"who": ZOE, "what": "cinq-liens (in words)"}]
    assert post.readers() == [LUC]
    post.put(
        post.letter("doubtful").replace(b"dmarc=fail", b"dmarc=pass").replace(b"zoe@", b"luc@")
    )
    assert post.read()["left"] == [{"who": LUC, "what": "every digest (in words)"}]
    assert post.readers() == []


@pytest.mark.parametrize("name", ["question", "quoting-the-way-out", "doubtful"])
def test_what_only_speaks_of_leaving(post: Post, name: str) -> None:
    """5.7: a question, a quotation of our footer, a sender whose domain denies it: a person reads it."""
    post.put(post.letter(name))
    assert [one["who"] for one in post.read()["asked"]] == [ZOE]
    assert post.readers() == [LUC, ZOE]


def test_a_complaint_is_a_farewell(post: Post) -> None:
    """RFC 5965: who calls it spam does not get it again."""
    post.put(post.letter("complaint"))
    assert post.read()["left"] == [{"who": ZOE, "what": "cinq-liens (complaint)"}]


def test_a_link_is_a_suggestion(post: Post) -> None:
    """5.7: state inbox, tag, their words; and who to thank when it is published."""
    from contextlib import closing

    from veille.app import open_app
    from veille.store import letters

    post.put(post.letter("suggestion"))
    assert [one["who"] for one in post.read()["suggested"]] == [ZOE]
    (item,) = post.inbox()
    assert item["url"] == "http://127.0.0.1:1/expo.html"
    assert item["tags"] == ["suggestion"]
    (comment,) = item["comments"]
    assert comment["by"] == ZOE
    assert comment["text"].startswith("Bonjour, vous avez vu ça ?")
    with (
        closing(open_app(post.watch, curator=None, environ={"LOGNAME": "x"})) as app,
        app.db.read() as connection,
    ):
        thanks = letters.suggested(connection, [item["id"]])
    assert [one.address for one in thanks[item["id"]]] == [ZOE]
    post.put(post.letter("suggestion"))  # the same letter at another place
    assert post.read()["ignored"] == {"known": 1}
    assert len(post.inbox()[0]["comments"]) == 1


def test_a_stranger_suggests_nothing(post: Post) -> None:
    """Only readers do; and links to the house's own pages are none."""
    post.put(post.letter("stranger"))
    post.put(
        b"From: zoe@lecteur.example\nMessage-ID: <own@x>\nSubject: x\n\nhttps://reseau.example/veille/a\n"
    )
    post.veille.environ["VEILLE_VEILLE_BASE_URL"] = "https://reseau.example/veille"
    done = post.read()
    assert (done["suggested"], done["ignored"]) == ([], {"personal": 1})
    assert len(done["asked"]) == 1
    assert post.inbox() == []


def test_the_report_for_people(post: Post) -> None:
    """One line, then each letter that mattered."""
    post.put(post.letter("unsubscribe-token"))
    post.put(post.letter("vacation"))
    done = post.veille("mailbox", "read")
    assert done.out == "2 letters read: 1 left\n"
    assert f"left: {ZOE}: cinq-liens (token)" in done.err


def test_letters_are_flagged_or_moved_never_deleted(post: Post, watch: Path) -> None:
    """5.7: what was dealt with is seen, the rest stays new for people; or it is moved."""
    path = post.put(post.letter("dsn-postfix"))
    post.put(post.letter("stranger"))
    post.read()
    assert (watch / "mail" / "cur" / f"{path.name}:2,S").exists()
    assert [p.name for p in (watch / "mail" / "new").iterdir()] == ["002.host"]
    post.veille.environ["VEILLE_MAILBOX_MOVE_TO"] = "Veille"
    post.put(post.letter("unsubscribe-token"))
    post.read()
    assert (watch / "mail" / ".Veille" / "cur" / "003.host:2,S").exists()
    assert post.read()["read"] == 0


def test_hostile_things_in_the_folder(post: Post, watch: Path) -> None:
    """A link out of it, a folder, an unreadable letter: no traceback, nothing followed."""
    (watch / "mail" / "new" / "link").symlink_to("/etc/passwd")
    (watch / "mail" / "new" / "folder").mkdir()
    post.put(b'Content-Type: multipart/mixed; boundary="x"\n\n' * 100)
    assert post.read()["ignored"] == {"unreadable": 1}


def test_without_a_mailbox(veille: Program) -> None:
    del veille.environ["VEILLE_MAILBOX_MAILDIR"]
    done = veille("mailbox", "read")
    assert done.code == 2
    assert "mailbox.host" in done.err
    veille.environ["VEILLE_MAILBOX_MAILDIR"] = "nothing"
    assert "is no maildir" in veille("mailbox", "read").err
    veille.environ["VEILLE_MAILBOX_HOST"] = "imap.example"
    assert "keep one" in veille("mailbox", "read").err
    del veille.environ["VEILLE_MAILBOX_MAILDIR"]
    assert "mailbox.user" in veille("mailbox", "read").err
    veille.environ["VEILLE_MAILBOX_USER"] = "veille"
    assert "mailbox.password_env" in veille("mailbox", "read").err


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate for 127.0.0.1, and the file of its authority."""
    folder = tmp_path_factory.mktemp("ca")
    ca = trustme.CA()
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(folder / "cert.pem")
    )
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    return folder


@pytest.fixture
def imap(authority, veille: Program):
    """Starts a server and points the workspace at it."""
    servers = []

    def start(**options) -> ImapServer:
        server = ImapServer(str(authority / "cert.pem"), **options)
        servers.append(server)
        del veille.environ["VEILLE_MAILBOX_MAILDIR"]
        veille.environ |= {
            "VEILLE_MAILBOX_HOST": "127.0.0.1",
            "VEILLE_MAILBOX_PORT": str(server.port),
            "VEILLE_MAILBOX_USER": "veille",
            "VEILLE_MAILBOX_PASSWORD_ENV": "SECRET",
            "VEILLE_MAILBOX_CA_FILE": str(authority / "ca.pem"),
            "VEILLE_MAILBOX_SECURITY": "tls" if server.mode == "tls" else "starttls",
            "SECRET": "wonderful secret",
        }
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.mark.parametrize("mode", ["tls", "starttls"])
def test_over_imap(post: Post, imap, mode: str) -> None:
    """5.7: read without marking it read, judged once by UIDVALIDITY and UID, flagged when dealt with."""
    server = imap(mode=mode)
    server.letters = {4: post.letter("dsn-postfix"), 9: post.letter("stranger")}
    assert [one["who"] for one in post.read()["bounced"]] == [ZOE]
    assert post.states()[ZOE] == "bounced"
    said = server.commands
    assert r"UID STORE 4 +FLAGS.SILENT (\Seen)" in said
    assert not any("STORE 9" in one or "MOVE" in one or "EXPUNGE" in one for one in said)
    assert all("BODY.PEEK" in one for one in said if "FETCH" in one)
    assert "UID SEARCH SINCE 5-Aug-2026" in said
    server.commands.clear()
    assert post.read()["read"] == 0
    assert not any("FETCH" in one for one in server.commands)
    server.validity = 8  # the server numbered all letters afresh: they are known by their names
    assert post.read()["ignored"] == {"known": 2}


def test_moved_on_the_server(post: Post, imap) -> None:
    server = imap()
    post.veille.environ["VEILLE_MAILBOX_MOVE_TO"] = "Relevés & lus"
    server.letters = {4: post.letter("dsn-postfix"), 9: b""}
    post.read()
    assert 'UID MOVE 4 "Relev&AOk-s &- lus"' in server.commands
    assert list(server.letters) == [9]


def test_a_server_that_cannot_move_flags(post: Post, imap) -> None:
    server = imap(features="STARTTLS")
    post.veille.environ["VEILLE_MAILBOX_MOVE_TO"] = "Lus"
    server.letters = {4: post.letter("dsn-postfix")}
    post.read()
    assert not any("MOVE" in one for one in server.commands)
    assert list(server.letters) == [4]


def test_a_server_nobody_vouches_for(post: Post, imap) -> None:
    """M6: the certificate is verified; no password on the wire."""
    server = imap()
    del post.veille.environ["VEILLE_MAILBOX_CA_FILE"]
    done = post.veille("mailbox", "read")
    assert done.code == 1
    assert "cannot be trusted" in done.err
    assert server.commands == []


def test_a_server_without_starttls(post: Post, imap) -> None:
    """M6: a stripped STARTTLS ends it before the login."""
    server = imap(mode="plain", features="")
    done = post.veille("mailbox", "read")
    assert done.code == 1
    assert "offers no STARTTLS" in done.err
    assert not any("LOGIN" in one for one in server.commands)


def test_a_wrong_password_is_repeated_nowhere(post: Post, imap) -> None:
    """M21: neither the password nor what the server says of it."""
    imap()
    post.veille.environ["SECRET"] = "canary"
    for words in (("mailbox", "read"), ("-v", "mailbox", "read")):
        done = post.veille(*words)
        assert done.code == 1
        assert "refuses the login of veille" in done.err
        assert "canary" not in done.err + done.out


@pytest.mark.parametrize("verb", ["SELECT", "UID"])
def test_a_server_that_refuses(post: Post, imap, verb: str) -> None:
    server = imap()
    server.refused = {verb}
    done = post.veille("mailbox", "read")
    assert done.code == 1
    assert "Traceback" not in done.err


def test_a_server_that_is_away(post: Post, imap) -> None:
    imap()
    post.veille.environ["VEILLE_MAILBOX_PORT"] = "1"
    done = post.veille("mailbox", "read")
    assert done.code == 1
    assert "try again later" in done.err


@pytest.mark.parametrize(
    ("folder", "written"),
    [
        ("INBOX", '"INBOX"'),
        ("Éléments lus", '"&AMk-l&AOk-ments lus"'),
        ('a "b" \\ & c', '"a \\"b\\" \\\\ &- c"'),
        ("日本語", '"&ZeVnLIqe-"'),
    ],
)
def test_names_of_folders(folder: str, written: str) -> None:
    """RFC 3501 section 5.1.3, its own example among them."""
    assert quoted(folder) == written
