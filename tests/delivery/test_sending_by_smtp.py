"""Sending by SMTP through a scripted server: what is accepted, deferred, rejected, in doubt."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from tests.delivery.sending import READERS, REF
from veille.delivery.envelope import Envelope
from veille.delivery.smtp import Line, Server
from veille.workflows.relay import wait_after

NOBODY: dict[str, str] = {}


def later(room, **how: float) -> None:
    """Move the clock of the newsroom."""
    moment = datetime.now(UTC) + timedelta(**how)
    room.program.clock = lambda: moment


def test_every_reader_gets_exactly_one(newsroom) -> None:
    """I2, I5: with a healthy server exactly one each; a second run sends nothing (M12)."""
    room, oracle = newsroom()
    done = room.send()
    assert done.code == 0, done.err
    assert done.json["state"] == "sent"
    assert done.json["ledger"] == {"accepted": 3}
    assert oracle.recipients() == sorted(READERS)
    assert room.send().json["handed_over"] == 0
    assert len(oracle.accepted()) == 3
    row = room.ledger()[READERS[0]]
    assert (row["code"], row["attempts"]) == (250, 1)
    assert "4711" in row["reply"]


@pytest.mark.parametrize("do", ["eof", "hang", "garbage", "partial"])
@pytest.mark.parametrize("phase", ["dot", "accepted"])
def test_silence_after_the_dot_is_doubt(newsroom, phase: str, do: str) -> None:
    """M4, E15: EOF, timeout, garbage or half a reply after the dot: uncertain, never sent again."""
    room, oracle = newsroom({"phase": phase, "to": "bob", "do": do}, smtp={"final_timeout": "0.5"})
    done = room.send()
    assert done.code == 3
    assert room.states() == {"ana": "accepted", "bob": "uncertain", "cyr": "accepted"}
    assert room.state() == "incomplete"
    again = room.send()
    assert (again.code, again.json["handed_over"]) == (3, 0)
    copies = oracle.recipients().count("bob@lecteur.example")
    assert copies == (1 if phase == "accepted" else 0)


def test_a_doubt_is_named_and_settled_by_a_person(newsroom) -> None:
    """5b, C4: the report names it; --assume-sent settles it with name and reason, in the log."""
    room, oracle = newsroom({"phase": "accepted", "to": "bob", "do": "eof"})
    told = room.veille("edition", "send", REF)
    assert "bob@lecteur.example is uncertain" in told.err
    assert f"veille ledger resolve {REF} bob@lecteur.example --assume-sent" in told.err
    settle = ("ledger", "resolve", REF, "Bob@lecteur.example")
    assert room.veille(*settle, "--note", "x").code == 2
    assert room.veille(*settle, "--assume-sent").code == 2  # no reason given
    done = room.veille(*settle, "--assume-sent", "--note", "vu dans sa boîte", "--json")
    assert done.json["reply"] == "assumed sent by camille: vu dans sa boîte"
    assert room.state() == "sent"
    assert room.veille(*settle, "--resend", "--note", "x").code == 1
    assert "ledger-resolve" in room.veille("log").out
    assert len(oracle.accepted()) == 3


def test_a_deliberate_second_copy_is_the_same_mail(newsroom) -> None:
    """I4, E09, E56: --resend sends equal bytes under the same Message-ID."""
    room, oracle = newsroom({"phase": "accepted", "to": "bob", "do": "eof"})
    room.send()
    room.veille("ledger", "resolve", REF, "bob@lecteur.example", "--resend", "--note", "absent")
    assert room.send().code == 0
    copies = [mail for mail in oracle.accepted() if mail["to"].startswith("bob")]
    assert len(copies) == 2
    assert copies[0]["sha256"] == copies[1]["sha256"]
    assert copies[0]["message_id"] == copies[1]["message_id"]
    unknown = ("ledger", "resolve", REF, "nobody@x.example", "--resend", "--note", "x")
    assert room.veille(*unknown).code == 1


def test_a_server_that_is_away(newsroom) -> None:
    """M1: deferred, tried again after 5 minutes, then everybody gets one; nothing is lost."""
    room, oracle = newsroom()
    room.set(port=1)
    done = room.send()
    assert (done.code, done.json["ledger"]) == (3, {"deferred": 3})
    rows = room.ledger().values()
    assert {row["attempts"] for row in rows} == {1}
    waits = {
        datetime.fromisoformat(row["next_try"]) - datetime.fromisoformat(row["at"]) for row in rows
    }
    assert waits == {timedelta(minutes=5)}
    assert "run the same command after" in room.veille("edition", "send", REF).err
    room.set(port=oracle.port)
    assert room.send().json["handed_over"] == 0  # not due yet
    later(room, minutes=6)
    assert room.send().code == 0
    assert oracle.recipients() == sorted(READERS)


@pytest.mark.parametrize(
    ("first", "told", "date"),
    [
        (datetime(2026, 10, 25, 0, 57, tzinfo=UTC), "02:02", b"Sun, 25 Oct 2026 02:57:00 +0200"),
        (datetime(2026, 3, 29, 0, 57, tzinfo=UTC), "03:02", b"Sun, 29 Mar 2026 01:57:00 +0100"),
    ],
)
def test_the_clock_changes_while_mails_wait(
    newsroom, first: datetime, told: str, date: bytes
) -> None:
    """5d, T6: deferred before the clocks change, tried again after; set back by four hours, it waits; no
    mail is lost, none goes twice, and a retry is the same mail (I4)."""
    room, oracle = newsroom({"phase": "RCPT", "to": "bob", "do": "451 4.3.0 later", "times": 2})
    room.environ["VEILLE_VEILLE_TIMEZONE"] = "Europe/Paris"
    room.program.clock = lambda: first
    room.veille("edition", "approve", REF)
    assert room.send().code == 3
    row = room.ledger()["bob@lecteur.example"]
    assert datetime.fromisoformat(row["next_try"]) == first + timedelta(minutes=5)
    assert f"run the same command after {told}" in room.veille("edition", "send", REF).err
    for moment, handed_over in (
        (first - timedelta(hours=4), 0),  # set back
        (first + timedelta(minutes=4), 0),  # not due yet
        (first + timedelta(minutes=6), 0),  # due, and put off again: 10 minutes
        (first + timedelta(minutes=17), 1),
    ):
        room.program.clock = lambda moment=moment: moment
        assert room.send("--late").json["handed_over"] == handed_over
    assert oracle.recipients() == sorted(READERS)
    dates = {re.search(rb"Date: ([^\r]*)", oracle.content(mail))[1] for mail in oracle.accepted()}
    assert dates == {date}


def test_waits_grow_to_an_hour() -> None:
    """M1: 5, 10, 20, 40 minutes, then each hour."""
    waits = [wait_after(attempts).total_seconds() / 60 for attempts in (0, 1, 2, 3, 4, 5, 6, 99)]
    assert waits == [5, 5, 10, 20, 40, 60, 60, 60]


def test_what_is_deferred_for_two_days_is_given_up_and_told(newsroom) -> None:
    """M1: 48 hours, then rejected with the server's last words; a person may send it once more."""
    room, oracle = newsroom({"phase": "RCPT", "to": "bob", "do": "451 4.3.0 disk full", "times": 9})
    room.send()
    later(room, hours=49)
    done = room.send("--late")
    assert done.code == 3
    reply = room.ledger()["bob@lecteur.example"]["reply"]
    assert reply == "given up after 48 hours: 4.3.0 disk full"
    oracle.script()
    decided = ("ledger", "resolve", REF, "bob@lecteur.example", "--resend", "--note", "réparé")
    assert room.veille(*decided).code == 0
    assert room.send().json["handed_over"] == 1


@pytest.mark.parametrize(
    "server", [{}, {"pipelining": 0}, {"careless": 1}], ids=["grouped", "one by one", "careless"]
)
def test_one_refused_one_put_off(newsroom, server: dict[str, int]) -> None:
    """M2, RFC 2920 3.1: 550 and 451 at RCPT: rejected, deferred, the rest accepted; exit 3. Also when
    the server takes commands one by one, and when it asks for a mail that nobody gets."""
    room, oracle = newsroom(
        {"phase": "RCPT", "to": "ana", "do": "550 5.1.1 no such \x1b[31muser"},
        {"phase": "RCPT", "to": "bob", "do": "451 4.7.1 greylisted"},
        **server,
    )
    done = room.veille("edition", "send", REF)
    assert done.code == 3
    assert room.states() == {"ana": "rejected", "bob": "deferred", "cyr": "accepted"}
    assert "ana@lecteur.example rejected: 550 5.1.1 no such [31muser" in done.err  # I1
    assert oracle.recipients() == ["cyr@lecteur.example"]
    later(room, minutes=6)
    assert room.send().json["handed_over"] == 1
    assert room.send().code == 0  # sent already


@pytest.mark.parametrize("pipelining", [0, 1])
@pytest.mark.parametrize("phase", ["dot", "DATA", "MAIL"])
def test_a_temporary_answer_in_any_phase(newsroom, phase: str, pipelining: int) -> None:
    """5a: after 4yz, to the dot too, the server does not deliver: tried again, exactly one copy."""
    rule = {"phase": phase, "do": "451 4.3.2 later"}
    rule = rule if phase == "MAIL" else rule | {"to": "bob"}
    room, oracle = newsroom(rule, pipelining=pipelining)
    assert room.send().code == 3
    assert sorted(room.states().values()) == ["accepted", "accepted", "deferred"]
    later(room, minutes=6)
    assert room.send().code == 0
    assert oracle.recipients() == sorted(READERS)


@pytest.mark.parametrize("phase", ["dot", "DATA"])
def test_a_final_refusal_in_any_phase(newsroom, phase: str) -> None:
    """5a: 5yz is final for this mail, and the edition is sent."""
    room, oracle = newsroom({"phase": phase, "to": "bob", "do": "554 5.7.1 spam"})
    assert room.send().code == 3
    assert room.states()["bob"] == "rejected"
    assert room.state() == "sent"
    assert len(oracle.accepted()) == 2


@pytest.mark.parametrize("do", ["421 4.3.2 going down", "eof", "garbage", "partial"])
@pytest.mark.parametrize("phase", ["connect", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_cut_before_the_dot_is_harmless(newsroom, phase: str, do: str) -> None:
    """M3, C5, 5a: a new connection, the same mail; exactly one copy, no doubt, no human."""
    skip = 0 if phase in ("connect", "EHLO") else 1
    room, oracle = newsroom({"phase": phase, "do": do, "skip": skip})
    room.send()
    later(room, minutes=6)
    room.send()
    assert set(room.states().values()) == {"accepted"}
    assert oracle.recipients() == sorted(READERS)


def test_a_server_that_goes_after_421_to_the_dot(newsroom) -> None:
    """M3: 421 to the dot is an answer: deferred, and the next mail on a new connection."""
    room, _ = newsroom({"phase": "dot", "to": "ana", "do": "421 4.3.2 going down"})
    assert room.send().code == 3
    assert room.states() == {"ana": "deferred", "bob": "accepted", "cyr": "accepted"}


@pytest.mark.parametrize("do", ["eof", "garbage", "500 what?"])
def test_what_comes_after_the_answer_changes_nothing(newsroom, do: str) -> None:
    """5a: 250, then trouble at QUIT, stays accepted."""
    room, oracle = newsroom({"phase": "QUIT", "do": do})
    assert room.send().code == 0
    assert len(oracle.accepted()) == 3


def test_a_server_that_refuses_our_sender_stops_the_run(newsroom) -> None:
    """5b: 5yz to MAIL concerns us, not the readers: exit 1, everybody still planned."""
    room, oracle = newsroom({"phase": "MAIL", "do": "553 5.7.1 not yours", "times": 9})
    done = room.send()
    assert (done.code, done.out) == (1, "")
    assert "553 5.7.1 not yours" in done.err
    assert "mail.sender" in done.err
    assert set(room.states().values()) == {"planned"}
    assert oracle.wire().count(b"MAIL") == 1


def test_an_address_that_needs_more_than_ascii(newsroom) -> None:
    """M10: this one rejected with the reason, no byte of it on the wire; the others go."""
    room, oracle = newsroom()
    assert room.veille("subscriber", "add", "zoé@lecteur.example").code == 0
    assert room.send().code == 3
    assert room.ledger()["zoé@lecteur.example"]["state"] == "rejected"
    assert "plain name" in room.ledger()["zoé@lecteur.example"]["reply"]
    assert len(oracle.accepted()) == 3


def test_who_leaves_meanwhile_gets_nothing(newsroom) -> None:
    """M11, I6: removed between freeze and claim: skipped, and never named to the server."""
    room, oracle = newsroom()
    room.set(port=1)
    room.send()
    room.veille("subscriber", "remove", "bob@lecteur.example")
    room.set(port=oracle.port)
    later(room, minutes=6)
    assert room.send().code == 0
    assert room.states() == {"ana": "accepted", "bob": "skipped", "cyr": "accepted"}
    assert b"bob" not in oracle.wire()


def test_two_senders_at_once(newsroom) -> None:
    """M12, C9: the second ends with 75; the first ends well; killed, it is succeeded at once."""
    room, oracle = newsroom({"phase": "MAIL", "do": "pause", "times": 1})
    first = room.start()
    oracle.wait_until_paused()
    assert room.send().code == 75
    (oracle.folder / "go").touch()
    _, errors = first.communicate(timeout=60)
    assert first.returncode == 0, errors
    assert oracle.recipients() == sorted(READERS)


def test_a_second_machine_waits_for_the_first(newsroom) -> None:
    """5b rule 3: a row in the database keeps another workspace on the same database out (75)."""
    from veille.model.delivery import Place
    from veille.store import editions, sending
    from veille.store.database import Database

    room, oracle = newsroom()
    db = Database.open(f"sqlite:///{room.folder / 'veille.db'}")
    far = Place(host="elsewhere", path="/srv/watch", pid=1)
    with db.write() as connection:
        edition = editions.get(connection, "cinq-liens", 1).id
        now = datetime.now(UTC)
        sending.begin(connection, edition, run="far", place=far, at=now, alive=lambda pid: True)
    refused = room.send()
    assert refused.code == 75
    assert "elsewhere" in refused.err
    assert oracle.wire() == b""
    later(room, minutes=6)  # no heartbeat for five minutes
    assert room.send().code == 0
    db.close()


def test_an_edition_that_comes_late(newsroom) -> None:
    """M13, T1: approved more than a day ago: nothing goes out without --late."""
    room, oracle = newsroom()
    later(room, hours=25)
    refused = room.send()
    assert refused.code == 1
    assert "--late" in refused.err
    assert oracle.wire() == b""
    assert room.send("--late").code == 0


def test_a_database_from_before_the_sending(newsroom) -> None:
    """M13: restored from before: the archive knows the page, so nothing is sent; told."""
    room, oracle = newsroom()
    shutil.copy(room.folder / "veille.db", room.folder / "before.db")
    assert room.send().code == 0
    shutil.copy(room.folder / "before.db", room.folder / "veille.db")
    refused = room.send()
    assert refused.code == 1
    assert "restored" in refused.err
    assert len(oracle.accepted()) == 3


def test_no_other_page_in_the_place_of_one_that_came_out(newsroom) -> None:
    """A11, M13: restored from before, another edition of that number is not published over the first;
    the same one is, for a run may have died between page and database (C6)."""
    room, _ = newsroom()
    page = room.folder / "archive" / REF / "index.html"
    shutil.copy(room.folder / "veille.db", room.folder / "before.db")
    assert room.veille("edition", "publish", REF).code == 0
    first = page.read_bytes()
    shutil.copy(room.folder / "before.db", room.folder / "veille.db")
    assert room.veille("edition", "publish", REF).code == 0
    shutil.copy(room.folder / "before.db", room.folder / "veille.db")
    room.veille("edition", "edit", REF, "--intro", "Une autre.")
    room.veille("edition", "approve", REF)
    refused = room.veille("edition", "publish", REF)
    assert refused.code == 1
    assert f"another page of {REF} already" in refused.err
    assert "--forget" in refused.err
    assert page.read_bytes() == first
    assert room.veille("edition", "show", REF, "--json").json["state"] == "approved"
    stopped = room.veille("archive", "build")
    assert (stopped.code, page.read_bytes()) == (1, first)
    assert f"holds {REF}, of which" in stopped.err
    assert room.veille("archive", "build", "--forget").code == 0
    assert not page.exists()
    assert room.veille("edition", "publish", REF).code == 0
    assert page.exists()
    assert page.read_bytes() != first


def test_a_database_that_was_copied(newsroom) -> None:
    """M14: the copy does not send before it is adopted; then the first place does not."""
    room, oracle = newsroom()
    room.set(port=1)
    room.send()
    copy = room.folder.with_name("copy")
    shutil.copytree(room.folder, copy)
    room.set(port=oracle.port)
    later(room, minutes=6)
    room.environ["VEILLE_WORKSPACE"] = str(copy)
    refused = room.send()
    assert refused.code == 1
    assert "--adopt" in refused.err
    assert oracle.wire() == b""
    assert room.send("--adopt").code == 0
    assert room.send().code == 0
    assert len(oracle.accepted()) == 3


def test_a_template_that_fails_sends_nothing(newsroom) -> None:
    """M15: an undefined name in one part: exit 1, file and line, nobody gets anything."""
    room, oracle = newsroom()
    folder = room.folder / "templates" / "email"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "body.txt").write_text("{{ nothing_of_the_kind }}\n")
    refused = room.send()
    assert refused.code == 1
    assert re.search(r"body\.txt.*line 1|body\.txt:1", refused.err)
    assert oracle.wire() == b""


def test_what_changed_after_approval_is_not_sent(newsroom) -> None:
    """M17: refused, no connection."""
    room, oracle = newsroom()
    room.veille("edition", "edit", REF, "--intro", "Une autre.")
    assert room.send().code == 1
    assert oracle.wire() == b""


def test_an_edition_without_picks_is_not_sent(newsroom) -> None:
    """M16: nothing to say, nothing sent."""
    room, oracle = newsroom()
    for item in (1, 2):
        room.veille("edition", "remove", REF, item)
    room.veille("edition", "approve", REF)
    assert room.send().code == 1
    assert oracle.wire() == b""


def test_dry_run_and_test(newsroom) -> None:
    """M18: no connection; then one mail to that address, its subject marked; the ledger unchanged."""
    room, oracle = newsroom()
    assert room.send("--dry-run").json["would_receive"] == sorted(READERS)
    assert oracle.wire() == b""
    assert room.veille("edition", "send", REF, "--test", "editor@musee.example").code == 0
    (mail,) = oracle.accepted()
    assert mail["to"] == "editor@musee.example"
    parsed = message_from_bytes(oracle.content(mail), policy=policy.default)
    assert parsed["Subject"].startswith("[test] ")
    assert room.ledger() == NOBODY
    assert room.state() == "approved"
    oracle.script({"phase": "RCPT", "do": "550 no"}, {"phase": "connect", "skip": 1, "do": "eof"})
    for words in ("550 no", "try again later"):
        failed = room.veille("edition", "send", REF, "--test", "editor@musee.example")
        assert failed.code == 1
        assert words in failed.err


def test_a_server_that_asks_to_slow_down(newsroom) -> None:
    """M19: 452 again and again: the run stops after three, all others wait; nobody is lost."""
    room, oracle = newsroom({"phase": "MAIL", "do": "452 4.3.1 too many", "times": 9})
    for number in range(5):
        room.veille("subscriber", "add", f"more{number}@lecteur.example")
    assert room.send().code == 3
    assert set(room.states().values()) == {"deferred"}
    assert oracle.wire().count(b"MAIL") == 3
    oracle.script()
    later(room, minutes=6)
    assert room.send().code == 0
    assert len(oracle.accepted()) == 8


def test_the_rate_is_kept_and_nobody_reads_another_address(newsroom) -> None:
    """M19, E07: 300 a minute is one in a fifth of a second; other readers are in no byte."""
    room, oracle = newsroom(smtp={"rate": 300, "connections": 3})
    assert room.send().code == 0
    times = sorted(mail["at"] for mail in oracle.accepted())
    assert times[-1] - times[0] >= 0.3
    for mail in oracle.accepted():
        content = oracle.content(mail)
        assert mail["to"].encode() in content
        assert not any(other.encode() in content for other in READERS if other != mail["to"])


def test_several_connections_send_each_mail_once(newsroom) -> None:
    """I1, I3: four lines, twenty readers, one of them in doubt; the ledger adds up."""
    room, oracle = newsroom({"phase": "dot", "to": "more7@", "do": "eof"}, smtp={"connections": 4})
    for number in range(17):
        room.veille("subscriber", "add", f"more{number}@lecteur.example")
    done = room.send()
    assert done.json["ledger"] == {"accepted": 19, "uncertain": 1}
    assert len(set(oracle.recipients())) == len(oracle.recipients()) == 19


def test_a_line_that_waits_holds_up_no_other(newsroom) -> None:
    """5b: lines share commits, and are not chained to each other: one waits for its server, all other
    mails go out meanwhile."""
    room, oracle = newsroom({"phase": "RCPT", "to": "ana", "do": "pause"}, smtp={"connections": 3})
    for number in range(9):
        room.veille("subscriber", "add", f"more{number}@lecteur.example")
    sender = room.start()
    oracle.wait_until_paused()
    end = time.monotonic() + 60
    while len(oracle.accepted()) < 11:
        assert time.monotonic() < end, oracle.recipients()
        time.sleep(0.02)
    assert "ana@lecteur.example" not in oracle.recipients()
    (oracle.folder / "go").touch()
    sender.communicate(timeout=60)
    assert sender.returncode == 0
    assert len(set(oracle.recipients())) == len(oracle.recipients()) == 12


def test_commands_go_in_one_word_to_a_server_that_takes_them() -> None:
    """RFC 2920: MAIL, RCPT and DATA are written before the first is answered, the dot never is."""
    heard: list[bytes] = []
    offered = threading.Event()

    def serve(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client:
            client.sendall(b"220 x ESMTP\r\n")
            heard.append(client.recv(65536))
            client.sendall(b"250-x\r\n250 PIPELINING\r\n")
            heard.append(b"")
            while heard[-1].count(b"\r\n") < 3:
                heard[-1] += client.recv(65536)
            client.sendall(b"250 ok\r\n250 ok\r\n354 go on\r\n")
            heard.append(b"")
            while len(heard[-1]) < len(b"Subject: x\r\n\r\n..\r\n"):
                heard[-1] += client.recv(65536)
            offered.wait(60)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        line = Line(Server(host="127.0.0.1", port=port, security="none", timeout=30))
        line.open()
        told = Envelope(sender="a@x.example", recipient="b@x.example", key="", verp=False)
        assert line.offer(told, b"Subject: x\r\n\r\n.\r\n") is None
        offered.set()
        thread.join()
        line.close()
    assert heard[1:] == [
        b"MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n",
        b"Subject: x\r\n\r\n..\r\n",
    ]


def test_the_envelope_asks_for_reports_when_the_server_can(newsroom) -> None:
    """E21, RFC 3461: ENVID, RET, NOTIFY, ORCPT; one recipient; from the bounce address."""
    room, oracle = newsroom(smtp={"bounce_address": "retours@musee.example"}, feature=["DSN"])
    room.send()
    for mail in oracle.accepted():
        key = mail["message_id"][1:].partition("@")[0]
        assert re.fullmatch(
            rf"FROM:<retours@musee\.example> SIZE=\d+ RET=HDRS ENVID={key}", mail["mail"]
        )
        assert mail["rcpt"] == f"TO:<{mail['to']}> NOTIFY=FAILURE ORCPT=rfc822;{mail['to']}"


def test_the_envelope_names_the_mail_when_the_server_cannot(newsroom) -> None:
    """E21: without DSN a VERP address, unless switched off."""
    room, oracle = newsroom()
    room.send()
    keys = {mail["message_id"][1:].partition("@")[0]: mail["mail"] for mail in oracle.accepted()}
    assert len(keys) == 3
    assert all(
        words.startswith(f"FROM:<veille+{key}@musee.example>") for key, words in keys.items()
    )
    room, oracle = newsroom(smtp={"verp": "false"})
    room.send()
    assert all(mail["mail"].startswith("FROM:<veille@musee.example>") for mail in oracle.accepted())


def test_what_is_stuffed_arrives_as_written(newsroom) -> None:
    """E02, E56: the bytes at the server are those of the preview; lines that begin with a dot too."""
    room, oracle = newsroom()
    room.veille("edition", "edit", REF, "--intro", ".\n\n..deux points\n\n.")
    room.veille("edition", "approve", REF)
    room.veille("edition", "preview", REF)
    room.send()
    preview = (room.folder / "preview" / REF / "message.eml").read_bytes()
    body = preview.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert any(line.startswith(b".") for line in body)
    for mail in oracle.accepted():
        lines = oracle.content(mail).partition(b"\r\n\r\n")[2].split(b"\r\n")
        assert [one for one in lines if one.startswith(b".")] == [
            one for one in body if one.startswith(b".")
        ]


def test_the_ledger_as_a_table(newsroom) -> None:
    """I8: a spreadsheet opens it, and no cell is a formula."""
    import csv

    room, _ = newsroom({"phase": "RCPT", "to": "bob", "do": '550 =HYPERLINK("http://x")'})
    room.veille("subscriber", "add", "=cmd@lecteur.example")
    room.send()
    rows = list(csv.DictReader(room.veille("ledger", REF, "--csv").out.splitlines()))
    assert [row["email"] for row in rows] == ["'=cmd@lecteur.example", *sorted(READERS)]
    assert rows[2]["reply"] == '\'=HYPERLINK("http://x")'
    assert rows[1]["state"] == "accepted"
    assert room.veille("ledger", REF, "--csv", "--json").code == 2
    assert room.veille("ledger").code == 2
