"""``edition erratum``, ``withdraw``, ``restrict``, ``restore``: what is out, corrected in the open."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from tests.cli.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

ATOM = "{http://www.w3.org/2005/Atom}"
REF = "trois-liens/1"


@pytest.fixture
def archive(veille, edited: str, tmp_path: Path) -> Path:
    """The archive of one published edition of three links."""
    assert veille("edition", "approve", edited).code == 0
    assert veille("edition", "publish", edited).code == 0
    return tmp_path / "watch" / "archive"


def later(veille, **how: float) -> None:
    moment = NOW + timedelta(**how)
    veille.clock = lambda: moment


def entry(archive: Path) -> dict[str, str]:
    """What the Atom feed says of the edition."""
    root = etree.fromstring((archive / "trois-liens" / "feed.xml").read_bytes())
    found = root.find(f"{ATOM}entry")
    told = {
        name: found.find(ATOM + name).text for name in ("id", "published", "updated", "content")
    }
    return told | {
        "link": found.find(f"{ATOM}link").get("href"),
        "feed": root.find(f"{ATOM}updated").text,
    }


def everything(archive: Path) -> str:
    """All text of the archive."""
    return "\n".join(
        path.read_text(encoding="utf-8") for path in sorted(archive.rglob("*")) if path.is_file()
    )


def test_an_erratum_is_dated_on_the_page_and_moves_the_feed(veille, archive: Path) -> None:
    """A20, O14: the notice is visible, ``updated`` moves; id, address, place and words stay."""
    before, page = entry(archive), (archive / REF / "index.html").read_text()
    later(veille, days=2)
    said = veille("edition", "erratum", REF, "L'auteure est *Élise* Garanceau.", "--item", 2)
    assert (said.code, said.out) == (0, "erratum 1 is on the page of trois-liens/1\n")
    after, corrected = entry(archive), (archive / REF / "index.html").read_text()
    assert after["updated"] == after["feed"] == "2026-11-05T09:30:00Z"
    assert before["updated"] == before["published"] == after["published"]
    assert (after["id"], after["link"]) == (before["id"], before["link"])
    assert '<time datetime="2026-11-05T09:30:00Z">5 novembre 2026</time> · lien 2' in corrected
    assert "L’auteure est <em>Élise</em> Garanceau." in corrected
    assert "L’auteure est <em>Élise</em> Garanceau." in after["content"]
    assert re.sub(r'<section class="errata".*?</section>\n', "", corrected, flags=re.DOTALL) == page
    feed = json.loads((archive / "trois-liens" / "feed.json").read_text())["items"][0]
    assert (feed["date_published"], feed["date_modified"]) == (after["published"], after["updated"])


def test_a_link_can_be_taken_out(veille, archive: Path) -> None:
    """O14: out of page, feeds, search and headings; its place stays, so the others keep their numbers."""
    later(veille, days=1)
    title = veille("show", 2, "--json").json["title"]
    assert title in everything(archive)
    assert (
        veille(
            "edition", "erratum", REF, "La page a été supprimée.", "--item", 2, "--withdraw"
        ).code
        == 0
    )
    text = everything(archive)
    assert title not in text
    assert "https://example.org/2" not in text
    assert text.count("La page a été supprimée.") == 3  # page, Atom, JSON
    page = (archive / REF / "index.html").read_text()
    assert "lien 2, retiré" in page
    assert [int(place) for place in re.findall(r'<li id="link-(\d+)">', page)] == [1, 2, 3]
    assert "Lien retiré" in page


def test_an_erratum_that_was_wrong_goes_by_its_number(veille, archive: Path) -> None:
    """A20: the page is again as it was; the log keeps both acts; undo is refused or elsewhere."""
    page = (archive / REF / "index.html").read_bytes()
    assert veille("edition", "erratum", REF, "Une coquille.", "--json").json["id"] == 1
    shown = veille("edition", "show", REF)
    assert "erratum 1 of 2026-11-03" in shown.out
    assert veille("edition", "show", REF, "--json").json["errata"][0]["text"] == "Une coquille."
    veille("undo")
    assert veille("edition", "show", REF, "--json").json["errata"]
    assert veille("edition", "erratum", REF, "--remove", 7).code == 1
    gone = veille("edition", "erratum", REF, "--remove", 1, "--json").json
    assert gone["text"] == "Une coquille."
    assert (archive / REF / "index.html").read_bytes() == page
    acts = [event["action"] for event in veille("log", "--json").json]
    assert acts.count("edition-erratum") == 2


def test_a_withdrawn_edition_says_so_and_nothing_else(veille, archive: Path) -> None:
    """A23: its address stays and gives the reason; out of lists, feeds, search, tags; and back."""
    before = everything(archive)
    later(veille, days=3)
    done = veille(
        "edition", "withdraw", REF, "--reason", "Un droit de reproduction manquait.", "--json"
    )
    assert done.json == {
        "ref": REF, "visibility": "withdrawn", "reason": "Un droit de reproduction manquait.",
        "at": "2026-11-06T09:30:00+00:00",
    }  # fmt: skip
    text = everything(archive)
    page = (archive / REF / "index.html").read_text()
    assert "Ce numéro a été retiré le 6 novembre 2026." in page
    assert "Un droit de reproduction manquait." in page
    assert '<meta name="robots" content="noindex">' in page
    assert "https://example.org/" not in text
    assert "Pourquoi lire" not in text
    root = etree.fromstring((archive / "trois-liens" / "feed.xml").read_bytes())
    assert root.find(f"{ATOM}entry") is None
    assert root.find(f"{ATOM}updated").text == "2026-11-06T09:30:00Z"
    assert veille("edition", "show", REF, "--json").json["visibility"] == "withdrawn"
    assert "withdrawn since 2026-11-06" in veille("edition", "show", REF).out
    assert (
        veille("edition", "withdraw", REF, "--reason", "Un droit de reproduction manquait.").code
        == 1
    )
    assert veille("edition", "restore", REF).code == 0
    assert everything(archive) == before
    assert veille("edition", "restore", REF).code == 1


def test_what_was_withdrawn_is_not_sent(veille, archive: Path) -> None:
    """A23: nobody gets a mail about a page that was taken back."""
    veille("subscriber", "add", "camille@example.org")
    assert veille("edition", "withdraw", REF, "--reason", "Une erreur.").code == 0
    sent = veille("edition", "send", REF)
    assert sent.code == 1
    assert "was withdrawn by camille (Une erreur.)" in sent.err
    assert "edition restore trois-liens/1" in sent.err


def test_an_internal_edition_is_only_in_the_house(veille, archive: Path, tmp_path: Path) -> None:
    """A17, A23: a notice without title, words, links or reason; whole in a folder of its own."""
    before = {path.name: path.read_bytes() for path in archive.rglob("index.html")}
    assert veille("edition", "restrict", REF, "--reason", "canari interne").code == 0
    text = everything(archive)
    assert "Ce numéro a été envoyé à ses lecteurs" in text
    for secret in ("canari interne", "Pourquoi lire", "https://example.org/", "IIIF"):
        assert secret not in text
    house = tmp_path / "intranet"
    assert veille("archive", "build", "--internal").code == 2
    assert veille("archive", "build", "--internal", "--out", archive).code == 2
    assert veille("archive", "build", "--internal", "--out", house).code == 0
    assert {path.name: path.read_bytes() for path in house.rglob("index.html")} == before
    assert veille("edition", "restore", REF).code == 0
    assert "Pourquoi lire" in everything(archive)


def test_what_is_not_out_is_not_corrected(veille, edited: str) -> None:
    """A20: drafts are edited; nothing is stored."""
    for words in (
        ("erratum", edited, "Non."),
        ("withdraw", edited, "--reason", "Non."),
        ("restore", edited),
    ):
        refused = veille("edition", *words)
        assert refused.code == 1
        assert "what is not out yet is changed, not corrected" in refused.err
    assert veille("edition", "show", edited, "--json").json["errata"] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("erratum", REF, "  "), 1),
        (("erratum", REF, "x" * 2001), 1),
        (("erratum", REF, "Oui.", "--item", 5), 1),
        (("erratum", REF, "Oui.", "--withdraw"), 2),
        (("erratum", REF, "Oui.", "--remove", 1), 2),
        (("erratum", REF), 2),
        (("erratum", "trois-liens/9", "Oui."), 1),
        (("withdraw", REF), 2),
        (("withdraw", REF, "--reason", ""), 1),
    ],
)
def test_what_makes_no_sense_changes_nothing(veille, archive: Path, words, code: int) -> None:
    before = everything(archive)
    refused = veille("edition", *words)
    assert refused.code == code
    assert len(refused.err.strip().splitlines()) <= 3
    assert everything(archive) == before


def test_a_notice_from_a_shell_of_another_encoding_is_cleaned(veille, archive: Path) -> None:
    """I3: as comments are; what is no text falls away, the words go on the page."""
    assert veille("edition", "erratum", REF, "Le caf\udce9 ferme.\x00").code == 0
    assert "Le caf ferme." in (archive / REF / "index.html").read_text()
    assert veille("edition", "withdraw", REF, "--reason", "Une \udcffimage.").code == 0
    assert "Une image." in (archive / REF / "index.html").read_text()


def test_a_notice_is_written_in_the_editor(veille, archive: Path) -> None:
    veille.editor = lambda path: path.write_text("Une date était fausse.") and 0
    assert veille("edition", "erratum", REF, terminal=True, EDITOR="vi").code == 0
    assert "Une date était fausse." in (archive / REF / "index.html").read_text()


def test_an_archive_that_cannot_be_written_leaves_all_as_it_was(veille, archive: Path) -> None:
    """O9: no notice in the database that is not on the page."""
    (archive / "trois-liens" / "feed.xml").unlink()
    (archive / "trois-liens" / "feed.xml" / "x").mkdir(parents=True)
    assert veille("edition", "erratum", REF, "Une coquille.").code == 1
    assert veille("edition", "show", REF, "--json").json["errata"] == []


def test_only_editors_correct_where_there_are_some(veille, archive: Path) -> None:
    """The charter of the house: who may publish may correct."""
    with (archive.parent / "veille.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[workflow]\neditors = ["dominique"]\n')
    refused = veille("edition", "withdraw", REF, "--reason", "Non.")
    assert refused.code == 1
    assert "ask dominique" in refused.err
    assert veille("--as", "dominique", "edition", "withdraw", REF, "--reason", "Oui.").code == 0


def test_a_digest_moves_and_its_pages_are_corrected_where_they_are(veille, archive: Path) -> None:
    """A11, A23: the edition keeps its name in commands; its notice stands at the new address, and the
    former one leads there."""
    done = veille("digest", "move", "trois-liens", "signets")
    assert done.code == 0, done.err
    assert "former addresses lead there" in done.out
    assert veille("edition", "show", REF, "--json").json["page"] == "signets/1/index.html"
    assert veille("edition", "withdraw", REF, "--reason", "Erreur de date.").code == 0
    assert "Erreur de date." in (archive / "signets" / "1" / "index.html").read_text()
    stays = (archive / "trois-liens" / "1" / "index.html").read_text()
    assert 'content="0; url=../../signets/1/index.html"' in stays
    assert "Erreur" not in stays
    back = veille("digest", "move", "trois-liens", "trois-liens", "--json")
    assert back.json["address"] == "trois-liens"
    assert "Erreur de date." in (archive / "trois-liens" / "1" / "index.html").read_text()
    refused = veille("digest", "move", "trois-liens", "Signets !")
    assert (refused.code, "cannot name a digest" in refused.err) == (2, True)
    assert '"address"' in veille("log", "--json").out


def test_what_cannot_be_corrected_is_told_before_the_editor_opens(veille, edited: str) -> None:
    """Nobody writes a notice in vain; and nobody waits for a publication while somebody writes."""
    veille.editor = lambda path: pytest.fail("the editor opened")
    refused = veille("edition", "erratum", edited, terminal=True, EDITOR="vi")
    assert (refused.code, "is draft: what is not out yet" in refused.err) == (1, True)
    veille("edition", "approve", edited)
    veille("edition", "publish", edited)
    refused = veille("edition", "erratum", edited, "--item", 9, terminal=True, EDITOR="vi")
    assert (refused.code, "item 9 is not in" in refused.err) == (1, True)

    def write(path: Path) -> None:
        assert veille("archive", "build").code == 0  # not 75
        path.write_text("La date était fausse.", encoding="utf-8")

    veille.editor = write
    assert veille("edition", "erratum", edited, terminal=True, EDITOR="vi").code == 0


def test_a_withdrawn_link_is_told_as_such(veille, archive: Path) -> None:
    """Where the edition is shown to its editors."""
    veille("edition", "erratum", REF, "Page disparue.", "--item", 2, "--withdraw")
    assert ", item 2, which is withdrawn" in veille("edition", "show", REF).out


def test_a_notice_may_begin_with_a_dash(veille, archive: Path) -> None:
    """It is Markdown; the value of an option before it stays where it is."""
    words = ("edition", "erratum", REF, "--item", 2, "- *une* erreur", "--json")
    assert veille(*words).json["text"] == "- *une* erreur"
    assert veille("edition", "withdraw", REF, "--reason", "- a b", "--json").code == 0


def test_an_archive_never_takes_the_place_of_a_workspace(veille, archive: Path) -> None:
    """It is replaced whole; a folder that holds the database is refused, and stays what it is."""
    workspace = archive.parent
    before = workspace.stat().st_ino, sorted(workspace.rglob("*"))
    for folder in (workspace, workspace.parent, workspace / "archive" / ".."):
        refused = veille("archive", "build", "--out", folder)
        assert (refused.code, "holds the workspace" in refused.err) == (2, True)
    assert (workspace.stat().st_ino, sorted(workspace.rglob("*"))) == before
