"""Sending by SMTP through a scripted server: what is accepted, deferred, rejected, in doubt."""

from __future__ import annotations

import pytest

from tests.delivery.sending import READERS, REF


def test_every_reader_gets_exactly_one(newsroom) -> None:
    """I2, I5, E21: with a healthy server exactly one each; a second run sends nothing (M12)."""
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
