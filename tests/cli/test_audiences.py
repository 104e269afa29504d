"""Selective dissemination: one approved pool, each reader's part of it."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import NOW
from tests.cli.conftest import _fill as fill
from tests.program import Program

if TYPE_CHECKING:
    from pathlib import Path


REF = "cinq-liens/1"
ANA, BOB, CYR, DAN = (f"{name}@lecteur.example" for name in ("ana", "bob", "cyr", "dan"))


@pytest.fixture(scope="module")
def made(tmp_path_factory, sqlite_template: Path) -> Path:
    """Five items; two each of a pool of five; ana likes IIIF, bob and cyr law, dan nothing special."""
    folder = tmp_path_factory.mktemp("audiences") / "watch"
    folder.mkdir()
    (folder / "veille.toml").write_text('[veille]\ntimezone = "Europe/Paris"\n')
    shutil.copy(sqlite_template, folder / "veille.db")
    fill(f"sqlite:///{folder / 'veille.db'}")
    veille = Program(here=folder, environ=around(folder), clock=lambda: NOW)
    for number in range(1, 6):
        assert veille("keep", number).code == 0
        veille("comment", number, f"Parce que {number}.", "--blurb")
    veille("tag", 5, "+iiif")
    veille("tag", 4, "+droit")
    created = veille(
        "digest", "create", "cinq-liens", "--title", "Cinq liens", "--per-reader", 2, "--links", 5,
        "--locale", "fr", "--json",
    )  # fmt: skip
    assert (created.json["links"], created.json["per_reader"]) == (5, 2)
    veille("edition", "draft", "cinq-liens", "--period", "2026-11")
    for item in (1, 2, 3, 4, 5):
        veille("edition", "move", REF, item, item)
    veille(
        "subscriber", "add", ANA, "--digest", "cinq-liens", "--profile", "tag:iiif OR manuscrits"
    )
    veille("subscriber", "add", BOB, "--digest", "cinq-liens", "--tag", "Droit")
    veille("subscriber", "add", CYR)
    edited = veille("subscriber", "edit", CYR, "--digest", "cinq-liens", "--profile", "tag:droit")
    assert edited.code == 0
    veille("subscriber", "add", DAN)
    return folder


def around(folder: Path) -> dict[str, str]:
    return {
        "LOGNAME": "camille",
        "XDG_CONFIG_HOME": str(folder / "none"),
        "VEILLE_WORKSPACE": str(folder),
        "VEILLE_MAIL_SENDER": "Veille <veille@reseau.example>",
    }


@pytest.fixture
def watch(made: Path, tmp_path: Path, veille: Program) -> Path:
    folder = tmp_path / "watch"
    shutil.copytree(made, folder)
    veille.environ |= around(folder)
    veille.clock = lambda: NOW
    return folder


def mails(watch: Path) -> dict[str, bytes]:
    found = {}
    for path in (watch / "outbox").iterdir():
        found[re.search(r"\.(\w+)-at-", path.name)[1]] = path.read_bytes()
    return found


def titles(raw: bytes) -> list[str]:
    import email
    from email import policy

    text = email.message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content()
    return [m[1] for m in re.finditer(r"https://example\.org/(\d)", text)]


def test_each_reader_gets_their_part(veille: Program, watch: Path) -> None:
    """5.6: from one approved pool; who wants nothing special gets the common part, as the page shows."""
    shown = veille("edition", "show", REF, "--json").json
    assert [pick["item"] for pick in shown["picks"]] == [1, 2, 3, 4, 5]
    assert shown["per_reader"] == 2
    assert shown["selections"] == [
        {"positions": [1, 4], "readers": 2},
        {"positions": [1, 2], "readers": 1},
        {"positions": [2, 5], "readers": 1},
    ]
    told = veille("edition", "show", REF).out
    assert (
        "each reader gets 2 of 5 links: 3 selections for 4 readers; the page shows the first 2"
        in told
    )
    assert veille("edition", "approve", REF).code == 0
    assert veille("edition", "send", REF).code == 0
    sent = mails(watch)
    assert {name: titles(raw) for name, raw in sent.items()} == {
        "ana": ["2", "5"], "bob": ["1", "4"], "cyr": ["1", "4"], "dan": ["1", "2"],
    }  # fmt: skip
    page = (watch / "archive" / REF / "index.html").read_text()
    assert "https://example.org/2" in page
    assert "https://example.org/4" not in page
    for raw in sent.values():
        (watch / "one.eml").write_bytes(raw)
        assert veille("lint", watch / "one.eml").code == 0


def test_approval_covers_the_whole_pool(veille: Program, watch: Path) -> None:
    """5.6, M17: a text that only some readers get lapses the approval like any other."""
    before = veille("edition", "approve", REF, "--json").json["sha256"]
    veille("edition", "edit", REF, "--item", 5, "--blurb", "Une autre raison.")
    assert veille("edition", "send", REF).code == 1
    shown = veille("edition", "show", REF, "--json").json
    assert (shown["state"], shown["approved_by"]) == ("draft", None)
    assert shown["sha256"] != before


def test_lint_reads_every_text(veille: Program, watch: Path) -> None:
    """A blurb missing in the part of a few is found where it stands in the pool."""
    veille("edition", "edit", REF, "--item", 5, "--blurb", " ")
    veille("add", "https://example.org/6", "--title", "Sans raison")
    item = veille("list", "url:example.org/6", "--json").json[0]["id"]
    veille("keep", item)
    veille("edition", "add", REF, item)
    found = veille("edition", "lint", REF, "--offline", "--json").json
    assert ("no-blurb", 6) in {(one["rule"], one["position"]) for one in found}
    assert veille("edition", "approve", REF).code == 1


def test_a_part_is_frozen_with_the_audience(veille: Program, watch: Path) -> None:
    """E56, I4, 5.6: what was planned is sent, whatever tags and profiles became since."""
    veille("edition", "approve", REF)
    veille("edition", "send", REF)
    first = mails(watch)
    planned = veille("edition", "show", REF, "--json").json["selections"]
    veille("subscriber", "edit", ANA, "--digest", "cinq-liens", "--profile", "")
    veille("tag", 4, "-droit")
    for path in (watch / "outbox").iterdir():
        path.unlink()
    _plan_again(watch)
    assert veille("edition", "send", REF).code == 0
    assert mails(watch) == first
    assert veille("edition", "show", REF, "--json").json["selections"] == planned


def _plan_again(watch: Path) -> None:
    """As a run leaves it that died before any mail was handed over."""
    from veille.model.delivery import Move
    from veille.model.states import DeliveryState, EditionState
    from veille.store import deliveries, editions
    from veille.store.database import Database

    db = Database.open(f"sqlite:///{watch / 'veille.db'}")
    with db.write() as connection:
        edition = editions.get(connection, "cinq-liens", 1)
        for row in deliveries.of_edition(connection, edition.id):
            deliveries.move(
                connection,
                Move(mail=row.id, expected=row.state, to=DeliveryState.PLANNED, phase="test"),
                at=NOW,
                run="x",
            )
        editions.set_state(connection, edition.id, EditionState.SENDING)
    db.close()


def test_preview_as_a_reader(veille: Program, watch: Path) -> None:
    """5.6: --for shows the mail to the letter, and says what was filled up."""
    veille("edition", "approve", REF)
    done = veille("edition", "preview", REF, "--for", BOB, "--out", watch / "bob")
    assert done.code == 0
    assert "1 of 2 links come from the common order" in done.err
    shown = (watch / "bob" / "message.eml").read_bytes()
    veille("edition", "send", REF)
    sent = mails(watch)["bob"]
    assert _without_date(shown) == _without_date(sent)
    stranger = veille("edition", "preview", REF, "--for", "x@y.example", "--out", watch / "x")
    assert stranger.err == ""
    assert titles((watch / "x" / "message.eml").read_bytes()) == ["1", "2"]


def _without_date(raw: bytes) -> bytes:
    return re.sub(rb"Date: [^\r]*", b"", raw)


def test_a_profile_that_cannot_be_read_any_more(veille: Program, watch: Path, monkeypatch) -> None:
    """A reader whose saved search is gone still gets the common part, and the editor is told."""
    veille("search", "save", "droit", "tag:droit")
    veille("subscriber", "edit", BOB, "--digest", "cinq-liens", "--profile", "search:droit")
    before = veille("edition", "show", REF, "--json").json["selections"]
    assert before[0] == {"positions": [1, 4], "readers": 2}
    _forget_searches(watch)
    told = veille("edition", "preview", REF, "--for", BOB, "--out", watch / "bob")
    assert "their profile cannot be used" in told.err
    assert titles((watch / "bob" / "message.eml").read_bytes()) == ["1", "2"]


def _forget_searches(watch: Path) -> None:
    import sqlite3

    with sqlite3.connect(watch / "veille.db") as connection:
        connection.execute("DELETE FROM saved_search")
    connection.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("subscriber", "edit", ANA), "nothing to change"),
        (("subscriber", "edit", ANA, "--profile", "tag:x"), "--digest"),
        (("subscriber", "edit", ANA, "--digest", "cinq-liens", "--profile", "tag:"), "in the search"),
        (("subscriber", "edit", ANA, "--digest", "no", "--profile", "x"), "no digest"),
        (("subscriber", "edit", "x@y.example", "--name", "X"), "is no subscriber"),
        (("subscriber", "add", ANA, "--digest", "cinq-liens", "--tag", "a", "--profile", "b"), "give one"),
        (("digest", "edit", "cinq-liens", "--per-reader", "9"), "each reader gets 1 to 5"),
        (("digest", "edit", "cinq-liens", "--links", "1"), "each reader gets 1 to 1"),
    ],
)  # fmt: skip
def test_what_is_refused(veille: Program, watch: Path, words: Any, told: str) -> None:
    done = veille(*words)
    assert done.code in (1, 2)
    assert told in done.err


def test_readers_and_digests_tell_it(veille: Program, watch: Path) -> None:
    veille("subscriber", "edit", ANA, "--name", "Ana")
    rows = {row["email"]: row for row in veille("subscriber", "list", "--json").json}
    assert rows[ANA]["profiles"] == {"cinq-liens": "tag:iiif OR manuscrits"}
    assert rows[ANA]["name"] == "Ana"
    assert rows[BOB]["profiles"] == {"cinq-liens": 'tag:"Droit"'}
    assert rows[CYR]["digests"] == []  # a profile takes no other digest away
    assert "cinq-liens: tag:droit" in veille("subscriber", "list").out
    assert "5 links, 2 per reader" in veille("digest", "list").out
    assert veille("digest", "edit", "cinq-liens", "--per-reader", 0).code == 0
    assert "selections" not in veille("edition", "show", REF, "--json").json
    assert (
        veille("digest", "create", "autre", "--title", "A", "--per-reader", 4, "--json").json[
            "links"
        ]
        == 12
    )


def test_a_saved_search_that_is_renamed(veille: Program, watch: Path) -> None:
    """A profile is a search like those of digests: it follows."""
    veille("search", "save", "droit", "tag:droit")
    veille("subscriber", "edit", CYR, "--digest", "cinq-liens", "--profile", "search:droit")
    assert veille("search", "rename", "droit", "droits").code == 0
    rows = {row["email"]: row for row in veille("subscriber", "list", "--json").json}
    assert rows[CYR]["profiles"]["cinq-liens"] == "search:droits"
    assert veille("search", "remove", "droits").code == 1


def test_the_ledger_to_print(veille: Program, watch: Path) -> None:
    """5.5: in the edition's language, hostile words inert."""
    veille("subscriber", "add", "zoé@lecteur.example")  # no mail program takes it yet (M10)
    veille("edition", "approve", REF)
    veille("edition", "send", REF)
    done = veille("ledger", REF, "--html")
    assert done.code == 0
    assert '<html lang="fr">' in done.out
    assert "Qui l’a reçu" in done.out
    assert "<td>remis</td>" in done.out
    assert '<th scope="row">refusé</th><td class="number">1</td>' in done.out
    assert veille("ledger", REF, "--html", "--csv").code == 2
