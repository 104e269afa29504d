"""A sender killed from outside, at any moment; then run again until nothing moves.

No switch of the product helps: the server pauses and the process is killed there, or the kernel
kills it at its n-th fsync or its n-th word to the server (strace). The invariants are those of the
design: I1 at most one copy; I2 exactly one for each accepted; I3 the states add up; I4 the same
bytes at each attempt; I5 sent means nothing is open; I6 nobody who left; I7 before the commitment
exactly one copy without a human.
"""

from __future__ import annotations

import itertools
import json
import shutil
import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.delivery.sending import READERS

OPEN = {"planned", "claimed", "committing", "deferred", "uncertain"}
BEFORE = ("connect", "EHLO", "MAIL", "RCPT", "DATA")
AFTER = ("dot", "accepted")
ANSWERS = ("451 4.3.0 later", "550 5.0.0 no", "421 4.3.2 bye")
SILENCES = ("eof", "garbage", "partial", "hang")
# A server that refuses what it delivers breaks RFC 5321 section 4.2.5: not a case.
FAULTS = [
    (phase, do)
    for phase in (*BEFORE, *AFTER)
    for do in (*ANSWERS, *SILENCES)
    if not (phase == "accepted" and do in ANSWERS)
]


def settle(room, oracle) -> dict[str, str]:
    """Run until nothing moves, as a person or a timer would; the last states."""
    oracle.script()
    (oracle.folder / "go").touch()
    before = None
    for hours in range(1, 6):
        moment = datetime.now(UTC) + timedelta(hours=hours)
        room.program.clock = lambda moment=moment: moment
        room.send("--late")
        states = room.states()
        if states == before:
            break
        before = states
    return states


def check(room, oracle, states: dict[str, str]) -> None:
    """I1 to I6."""
    copies = oracle.recipients()
    assert len(copies) == len(set(copies)), "I1: two copies without a human"
    sent = {email.partition("@")[0] for email in copies}
    accepted = {name for name, state in states.items() if state == "accepted"}
    assert accepted <= sent, "I2: accepted, and no copy"
    doubtful = {name for name, state in states.items() if state == "uncertain"}
    assert sent - accepted <= doubtful, "I2: a copy that the ledger denies"
    assert len(states) == len(READERS), "I3"
    assert (room.state() == "sent") == (not OPEN & set(states.values())), "I5"
    if doubtful:
        assert room.state() == "incomplete"
    known = {row["message_id"] for row in room.ledger().values()}
    assert {mail["message_id"] for mail in oracle.accepted()} <= known, "I4"


@pytest.mark.parametrize(
    ("phase", "skip"), [("connect", 0), ("RCPT", 1), ("dot", 1), ("accepted", 2)]
)
def test_killed_in_a_phase(newsroom, phase: str, skip: int) -> None:
    """C3, C4, C5, C9, I7: SIGKILL while the server is in a phase; the next start takes over at once."""
    killed_in(newsroom, phase, skip)


@pytest.mark.slow
@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("phase", [*BEFORE, *AFTER])
def test_killed_in_every_phase(newsroom, phase: str, skip: int) -> None:
    """C3, C4, C5: each phase × each recipient."""
    killed_in(newsroom, phase, 0 if phase in ("connect", "EHLO") else skip)


def killed_in(newsroom, phase: str, skip: int) -> None:
    room, oracle = newsroom({"phase": phase, "skip": skip, "do": "pause"})
    sender = room.start()
    oracle.wait_until_paused()
    sender.send_signal(signal.SIGKILL)
    sender.communicate()
    states = settle(room, oracle)
    check(room, oracle, states)
    if phase in BEFORE:
        assert set(states.values()) == {"accepted"}, "I7"
        assert oracle.recipients() == sorted(READERS)
    else:
        assert sorted(states.values()) == ["accepted", "accepted", "uncertain"]
        assert len(oracle.accepted()) == (2 if phase == "dot" else 3)


@pytest.mark.slow
@pytest.mark.parametrize(("phase", "do"), FAULTS)
def test_every_fault_in_every_phase_at_every_position(newsroom, phase: str, do: str) -> None:
    """M2, M3, M4, I1 to I7: server fault × phase × position, in this process."""
    for skip in (0, 1, 2):
        place = 0 if phase in ("connect", "EHLO") else skip
        room, oracle = newsroom(
            {"phase": phase, "skip": place, "do": do}, smtp={"timeout": "1", "final_timeout": "1"}
        )
        room.send()
        states = settle(room, oracle)
        check(room, oracle, states)
        doubt = phase in AFTER and do in SILENCES
        assert ("uncertain" in states.values()) == doubt


def test_interrupted_between_two_mails(newsroom) -> None:
    """C7, C8: SIGINT and SIGTERM: the mail on its way gets its answer; 130; the rest stays planned."""
    room, oracle = newsroom({"phase": "accepted", "skip": 1, "do": "pause"})
    sender = room.start()
    oracle.wait_until_paused()
    sender.send_signal(signal.SIGTERM)
    (oracle.folder / "go").touch()
    _, told = sender.communicate(timeout=60)
    assert sender.returncode == 130
    assert "Traceback" not in told
    assert sorted(room.states().values()) == ["accepted", "accepted", "planned"]
    states = settle(room, oracle)
    check(room, oracle, states)
    assert set(states.values()) == {"accepted"}


def strace(calls: str, number: int) -> list[str]:
    return [
        "strace", "-f", "-o", "/dev/null", "-e", f"trace={calls}",
        "-e", f"inject={calls}:signal=KILL:when={number}",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("calls", ["fsync,fdatasync", "sendto"])
def test_killed_at_every_commit_and_every_word(newsroom, calls: str, record_property) -> None:
    """C2 to C6, I1 to I7: the kernel kills the sender at its n-th fsync (F1, F7, F9 to F12), or at its
    n-th word to the server (F2 to F8); n from 1 until it lives to the end."""
    if shutil.which("strace") is None:
        pytest.fail("the slow ring needs strace: apt-get install strace")
    copies = doubts = 0
    for number in itertools.count(1):
        room, oracle = newsroom()
        sender = room.start(*strace(calls, number))
        out, _ = sender.communicate(timeout=120)
        survived = sender.returncode == 0 and json.loads(out)["state"] == "sent"
        states = settle(room, oracle)
        check(room, oracle, states)
        copies += len(oracle.accepted())
        doubts += sum(state == "uncertain" for state in states.values())
        oracle.close()
        if survived:
            break
        assert number < 200
    assert number > 10
    record_property("kills", number - 1)
    print(f"{calls}: {number - 1} kills, {copies} copies, {doubts} doubts, 0 doubles, 0 losses")  # noqa: T201


@pytest.mark.slow
def test_four_senders_at_once(newsroom) -> None:
    """5d, M12: whoever comes first sends; the others end with 75, or find that all is done."""
    room, oracle = newsroom(smtp={"connections": "2"})
    senders = [room.start() for _ in range(4)]
    ended = [(sender.communicate(timeout=120), sender.returncode) for sender in senders]
    codes = [code for _, code in ended]
    assert set(codes) <= {0, 75}, ended
    assert 0 in codes
    assert not any("Traceback" in told for (_, told), _ in ended)
    assert oracle.recipients() == sorted(READERS)
    assert room.state() == "sent"


def full_disk(number: int) -> list[str]:
    """The n-th write that should become durable fails for want of room."""
    calls = "fsync,fdatasync"
    return [
        "strace", "-f", "-o", "/dev/null", "-e", f"trace={calls}",
        "-e", f"inject={calls}:error=ENOSPC:when={number}",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_disk_that_is_full_at_every_commit(newsroom, record_property) -> None:
    """5d, O9, D6: one line and an exit code, never a traceback; with room again everybody gets one, or
    is in doubt by name; no mail goes out whose link is missing (C6)."""
    if shutil.which("strace") is None:
        pytest.fail("the slow ring needs strace: apt-get install strace")
    for number in itertools.count(1):
        room, oracle = newsroom()
        sender = room.start(*full_disk(number))
        out, told = sender.communicate(timeout=120)
        assert "Traceback" not in told
        if oracle.accepted():
            assert (room.folder / "archive" / "cinq-liens" / "1" / "index.html").exists(), "C6"
        survived = sender.returncode == 0 and json.loads(out)["state"] == "sent"
        check(room, oracle, settle(room, oracle))
        oracle.close()
        if survived:
            break
        assert sender.returncode in (0, 1, 3), (number, told)
        assert number < 200
    assert number > 5
    record_property("commits", number - 1)
