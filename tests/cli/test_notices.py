"""Thanks to those who made an edition, one reminder before it leaves: who, what, and never twice."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest

from veille.delivery.smtp import LineLost
from veille.model.delivery import Answer
from veille.model.states import DeliveryState

if TYPE_CHECKING:
    from pathlib import Path

CURATORS = "camille <camille@musee.example>, alex <alex@musee.example>, zoé <zoe@musee.example>"


@pytest.fixture
def house(veille, edited: str) -> str:
    """An edition of a house that knows where its curators are reached."""
    veille.environ |= {
        "VEILLE_WORKFLOW_CURATORS": CURATORS,
        "VEILLE_MAIL_SENDER": "Veille du réseau <veille@musee.example>",
        "VEILLE_VEILLE_BASE_URL": "https://veille.musee.example",
    }
    return edited


def mails(tmp_path: Path) -> dict[str, bytes]:
    """The mails in the outbox, by address."""
    found = {}
    for path in (tmp_path / "watch" / "outbox").rglob("*.eml"):
        raw = path.read_bytes()
        found[re.search(rb"To: .*?([^ <>]+@[^ <>\r]+)", raw)[1].decode()] = raw
    return found


def words(raw: bytes) -> str:
    return message_from_bytes(raw, policy=policy.default).get_content().replace("\xa0", " ")


def out(veille, ref: str) -> None:
    assert veille("edition", "approve", ref).code == 0
    assert veille("edition", "publish", ref).code == 0


def test_those_who_made_it_are_thanked(veille, house, tmp_path) -> None:
    """Found, kept or commented: one friendly mail each, in French, to nobody else, never twice."""
    veille("--as", "alex", "comment", 2, "Voir aussi le guide.")
    out(veille, house)
    done = veille("edition", "thank", house)
    assert (done.code, "2 thank-yous sent" in done.out + done.err) == (0, True)
    sent = mails(tmp_path)
    assert sent.keys() == {"camille@musee.example", "alex@musee.example"}
    told = words(sent["alex@musee.example"])
    assert "Bonjour alex," in told
    assert "IIIF pour les manuscrits" in told
    assert "vous l’avez commenté" in told
    assert "Une bibliothèque" not in told
    assert "vous l’avez gardé et commenté" in words(sent["camille@musee.example"])
    assert "https://veille.musee.example/trois-liens/1/index.html" in told
    again = veille("edition", "thank", house, "--json")
    assert [row["state"] for row in again.json] == ["accepted", "accepted"]
    assert mails(tmp_path) == sent


def test_a_mail_of_thanks_is_a_correct_mail(veille, house, tmp_path) -> None:
    """E01 to E04, E06, E19, E31, E35, M20: ASCII head, CRLF, once each; short lines of text."""
    out(veille, house)
    veille("edition", "thank", house)
    raw = mails(tmp_path)["camille@musee.example"]
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    for name in (
        b"Date",
        b"From",
        b"To",
        b"Subject",
        b"Message-ID",
        b"MIME-Version",
        b"Auto-Submitted",
    ):
        assert len(re.findall(rb"(?m)^" + name + b":", head)) == 1
    assert b"Auto-Submitted: auto-generated" in head
    assert max(map(len, body.splitlines())) <= 78
    found = message_from_bytes(raw, policy=policy.default)
    assert found["Subject"].replace("\xa0", " ") == "Merci : vos trouvailles dans Trois liens n° 1"
    assert not re.search(r"&\w+;|<[a-z]", words(raw))


def test_a_find_of_ones_own_is_named(veille, house, tmp_path) -> None:
    """Who brought a link by hand found it."""
    veille("--as", "zoé", "add", "http://127.0.0.1:1/x", "--title", "Une trouvaille de Zoé")
    (item,) = [one["id"] for one in veille("list", "title:trouvaille", "--json").json]
    veille("comment", item, "À lire pour ses images.", "--blurb")
    veille("edition", "add", house, item)
    out(veille, house)
    veille("edition", "thank", house)
    assert "vous l’avez trouvé" in words(mails(tmp_path)["zoe@musee.example"])


def test_publishing_thanks_by_itself_when_the_house_wants_it(veille, house, tmp_path) -> None:
    """workflow.thanks, at the first publication and never at another one."""
    veille("edition", "approve", house)
    told = veille("edition", "publish", house, VEILLE_WORKFLOW_THANKS="true")
    assert "1 mail of thanks sent" in told.err
    sent = mails(tmp_path)
    assert sent.keys() == {"camille@musee.example"}
    veille("edition", "publish", house, VEILLE_WORKFLOW_THANKS="true")
    assert mails(tmp_path) == sent


def test_thanks_that_fail_do_not_unmake_a_publication(veille, house, tmp_path) -> None:
    """Told with what to do, exit 0: the page is out."""
    veille("edition", "approve", house)
    (tmp_path / "watch" / "outbox").write_text("a file where the folder should be")
    told = veille("edition", "publish", house, VEILLE_WORKFLOW_THANKS="true")
    assert told.code == 0
    assert "thanks were not sent" in told.err
    assert f"veille edition thank {house}" in told.err
    (tmp_path / "watch" / "outbox").unlink()
    assert veille("edition", "thank", house).code == 0
    assert len(mails(tmp_path)) == 1


def test_nobody_is_thanked_before_it_is_out(veille, house, tmp_path) -> None:
    refused = veille("edition", "thank", house)
    assert (refused.code, "is not out yet" in refused.err) == (1, True)
    assert mails(tmp_path) == {}


def test_curators_hear_once_what_is_missing(veille, house, tmp_path) -> None:
    """One reminder each: their own links first, then how much else; again, nothing."""
    veille("edition", "remove", house, 1)
    veille("--as", "alex", "keep", 4)
    veille("edition", "add", house, 4)
    veille("edition", "edit", house, "--item", 3, "--blurb", "")
    veille("digest", "edit", "trois-liens", "--links", 4)
    done = veille("edition", "remind", house)
    assert (done.code, "3 reminders sent" in done.out + done.err) == (0, True)
    sent = mails(tmp_path)
    told = words(sent["alex@musee.example"])
    assert "part le 30 novembre 2026" in told
    assert "– 1 lien : gardez ce qui mérite d’être lu" in told
    assert "pourquoi lire « The museum as a commons », que vous avez gardé" in told
    assert "Une phrase suffit. Merci !" in told
    other = words(sent["camille@musee.example"])
    assert "– une raison de lire 1 lien que d’autres ont gardé" in other
    assert "que vous avez gardé" not in other
    veille("edition", "remind", house)
    assert mails(tmp_path) == sent


def test_nothing_missing_nobody_reminded(veille, house, tmp_path) -> None:
    """A reminder is for what is missing; a deadline of one's own is a date; out is out."""
    done = veille("edition", "remind", house)
    assert (done.code, "0 reminders sent" in done.out + done.err) == (0, True)
    assert mails(tmp_path) == {}
    assert veille("edition", "remind", house, "--by", "tomorrow").code == 2
    veille("edition", "remove", house, 1)
    veille("edition", "remind", house, "--by", "2026-12-01")
    assert "1er décembre 2026" in words(mails(tmp_path)["zoe@musee.example"])
    veille("edition", "add", house, 1)
    out(veille, house)
    assert "nothing left to remind of" in veille("edition", "remind", house).err


def test_a_pool_is_reminded_of_and_thanked_for_as_a_whole(veille, house, tmp_path) -> None:
    """What only some readers get is missing too, and somebody's work too; nothing is missing twice."""
    last = veille("edition", "show", house, "--json").json["picks"][-1]["item"]
    veille("--as", "alex", "comment", last, "Voir aussi le guide.")
    veille("digest", "edit", "trois-liens", "--per-reader", 1)
    assert "0 reminders sent" in veille("edition", "remind", house).out
    out(veille, house)
    veille("edition", "thank", house)
    assert "vous l’avez commenté" in words(mails(tmp_path)["alex@musee.example"])


def test_a_house_without_addresses_is_told_why_nobody_was_written_to(veille, edited: str) -> None:
    done = veille("edition", "remind", edited)
    assert (done.code, "set workflow.curators in veille.toml" in done.err) == (0, True)


def test_they_are_events_of_the_log(veille, house) -> None:
    out(veille, house)
    veille("edition", "thank", house)
    last = veille("log", "--json").json[0]
    assert (last["action"], last["subject"], last["after"]) == ("edition-thank", house, {"to": 1})


@pytest.mark.parametrize(
    "written", ["camille", "camille@x.example", "camille <x>", "<a@b.example>"]
)
def test_a_curator_without_an_address_is_a_mistake(veille, house, written) -> None:
    refused = veille("edition", "show", house, VEILLE_WORKFLOW_CURATORS=written)
    assert (refused.code, "is no curator" in refused.err) == (2, True)


class Server:
    """A mail server that answers as told; a relay and its only line at once."""

    connections, rate = 1, 0

    def __init__(self, *, offer=None, commit=None, opens=True) -> None:
        self.offered: list[bytes] = []
        self.committed = 0
        self._offer, self._commit, self._opens = offer, commit, opens
        self.is_open = False

    def line(self):
        return self

    def envelope(self, delivery):
        return delivery.address

    def open(self) -> None:
        if not self._opens:
            raise LineLost("the server is away")

    def offer(self, envelope, content):
        self.offered.append(content)
        return self._offer

    def commit(self):
        self.committed += 1
        if isinstance(self._commit, Exception):
            raise self._commit
        return self._commit

    def close(self) -> None:
        pass


def answer(state: DeliveryState, code: int) -> Answer:
    return Answer(state=state, phase="dot", code=code, reply="as told")


@pytest.mark.parametrize(
    ("server", "state", "again"),
    [
        (Server(commit=answer(DeliveryState.ACCEPTED, 250)), "accepted", 0),
        (Server(offer=answer(DeliveryState.REJECTED, 550)), "rejected", 0),
        (Server(offer=answer(DeliveryState.DEFERRED, 451)), "deferred", 1),
        (Server(opens=False), "deferred", 1),
        (Server(commit=answer(DeliveryState.UNCERTAIN, 0)), "uncertain", 0),
        (Server(commit=LineLost("cut")), "uncertain", 0),
        (Server(commit=KeyboardInterrupt()), "uncertain", 0),
    ],
)
def test_a_server_never_gets_one_twice(veille, house, server, state, again) -> None:
    """C3, C4: what may have been delivered is never sent again; what was not, is."""
    out(veille, house)

    def adapt(app) -> None:
        app.__dict__["transport"] = server

    veille.adapt = adapt
    veille("edition", "thank", house)
    (row,) = (
        veille("edition", "thank", house, "--json").json
        if state == "uncertain"
        else rows(veille, house)
    )
    assert row["state"] == state
    tries = len(server.offered), server.committed
    fine = Server(commit=answer(DeliveryState.ACCEPTED, 250))
    veille.adapt = lambda app: app.__dict__.update(transport=fine)
    veille("edition", "thank", house)
    assert len(fine.offered) == again
    assert (len(server.offered), server.committed) == tries


def rows(veille, ref: str):
    """The ledger of thanks, without sending anything."""
    from veille.model.states import NoticeKind
    from veille.store import editions, notices
    from veille.store.database import Database

    db = Database.open(f"sqlite:///{veille.environ['VEILLE_WORKSPACE']}/veille.db")
    with db.read() as connection:
        edition = editions.get(connection, *ref.split("/")[:1], int(ref.split("/")[1]))
        found = notices.of_edition(connection, NoticeKind.THANKS, edition.id)
    db.close()
    return [{"state": row.state.value} for row in found]


def test_nobody_to_write_to_is_explained(veille, house: str) -> None:
    """Nothing is missing; then nobody of the house had a hand in it; then all were told."""
    told = veille("edition", "remind", house)
    assert told.out + told.err == (
        f"{house}: 0 reminders sent\nnothing is missing that somebody could be reminded of\n"
    )
    veille("edition", "approve", house)
    veille("edition", "publish", house)
    told = veille("edition", "thank", house, VEILLE_WORKFLOW_CURATORS="bob <bob@musee.example>")
    assert "nobody of workflow.curators found, kept or commented" in told.err
    assert "1 thank-you sent" in veille("edition", "thank", house).out
    later = veille.clock()
    veille.clock = lambda: later.replace(minute=later.minute + 1)
    assert "everybody was told before" in veille("edition", "thank", house).err


def test_a_reminder_of_links_only_asks_for_no_sentence(veille, house: str, tmp_path: Path) -> None:
    """What is asked is what is missing."""
    veille("digest", "edit", "trois-liens", "--links", 5)
    assert veille("edition", "remind", house).code == 0
    told = words(mails(tmp_path)["camille@musee.example"])
    assert "– 2 liens" in told
    assert ("Une phrase suffit" in told, "Merci !" in told) == (False, True)
