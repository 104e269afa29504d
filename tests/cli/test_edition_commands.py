"""``veille digest`` and ``veille edition``: the editor's table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

REF = "cinq-liens/1"


@pytest.fixture
def drafted(veille, kept: list[int]) -> list[int]:
    """The first edition, with its five picks."""
    assert veille("edition", "draft", "cinq-liens", "--period", "2026-11").code == 0
    return picks(veille)


def picks(veille) -> list[int]:
    """The items of the edition, in order."""
    return [pick["item"] for pick in veille("edition", "show", REF, "--json").json["picks"]]


@pytest.mark.parametrize(
    "slug", ["../../x", "/etc", "%2e%2e", "CON", ".", "..", "a b", "É", "x" * 61, ""]
)
def test_a_digest_has_a_slug_that_can_name_a_folder(veille, workspace, slug: str) -> None:
    """O1, O2: exit 2, nothing made."""
    assert veille("digest", "create", "--title", "T", "--", slug).code == 2
    assert veille("digest", "list", "--json").json == []


@pytest.mark.parametrize(
    "words",
    [
        ("--links", 0),
        ("--links", 51),
        ("--where", "tag:"),
        ("--every", "day"),
        ("--locale", "de"),
    ],
)
def test_a_digest_has_a_rule_that_can_be_followed(veille, workspace, words) -> None:
    """Exit 2, nothing made."""
    assert veille("digest", "create", "d", "--title", "T", *words).code == 2
    assert veille("digest", "list", "--json").json == []


def test_a_digest_takes_the_workspaces_language(veille, workspace) -> None:
    """Or the one that is given; a second digest of the same name is refused."""
    created = veille("digest", "create", "d", "--title", "T", "--json").json
    assert (created["locale"], created["links"], created["every"]) == ("fr", 5, "month")
    assert (
        veille("digest", "create", "e", "--title", "T", "--locale", "en", "--json").json["locale"]
        == "en"
    )
    assert veille("digest", "create", "d", "--title", "U").code == 1
    assert veille("digest", "list").out.count("\n") == 2


def test_edit_a_digest(veille, workspace) -> None:
    """Only what is named changes; nothing named is a mistake."""
    veille("digest", "create", "d", "--title", "T", "--where", "tag:iiif")
    assert veille("digest", "edit", "d", "--links", 7, "--every", "week", "--where", "").code == 0
    shown = veille("digest", "show", "d", "--json").json
    assert (shown["links"], shown["every"], shown["where"], shown["title"]) == (
        7,
        "week",
        None,
        "T",
    )
    assert veille("digest", "edit", "d").code == 2
    assert veille("digest", "edit", "nothing", "--links", 3).code == 1
    assert veille("digest", "edit", "d", "--where", "((").code == 2


def test_a_draft_proposes_the_newest_endorsements_first(veille, kept) -> None:
    """One item more is kept last, and comes first."""
    late = veille("inbox", "--limit", 1, "--json").json[0]["id"]
    veille("keep", late)
    opened = veille("edition", "draft", "cinq-liens", "--period", "2026-11")
    assert opened.out == f"{REF}\n"
    assert "5 of 5" in opened.err
    assert picks(veille)[0] == late


def test_a_draft_obeys_the_digests_rule(veille, kept) -> None:
    """Only what matches; fewer than the links is said."""
    veille("tag", kept[2], "+iiif")
    veille("digest", "edit", "cinq-liens", "--where", "tag:iiif")
    opened = veille("edition", "draft", "cinq-liens")
    assert "1 of 5 picks proposed" in opened.err
    assert "keep more" in opened.err
    assert picks(veille) == [kept[2]]


def test_a_period_has_one_edition(veille, drafted) -> None:
    """T2, U4: a second draft of the period finds the first; the next needs --now or --period."""
    again = veille("edition", "draft", "cinq-liens", "--period", "2026-11")
    assert (again.code, again.out) == (0, f"{REF}\n")
    assert "open already" in again.err
    ahead = veille("edition", "draft", "cinq-liens", "--now", "--json").json
    assert ahead["number"] == 2
    assert ahead["picks"] == [], "what is in an open edition is not proposed twice"
    listed = veille("edition", "list", "cinq-liens", "--json").json
    assert [row["ref"] for row in listed] == [REF, "cinq-liens/2"]
    assert veille("edition", "list", "cinq-liens").out.count("\n") == 2


@pytest.mark.parametrize("period", ["2026", "2026-13", "novembre", "2026-W47"])
def test_a_period_fits_the_rhythm(veille, kept, period: str) -> None:
    """A monthly digest has months."""
    assert veille("edition", "draft", "cinq-liens", "--period", period).code == 2


def test_rearrange(veille, drafted) -> None:
    """Remove, add, move: the editor's hands."""
    first, second, *rest = drafted
    assert veille("edition", "remove", REF, first).code == 0
    assert picks(veille) == [second, *rest]
    assert veille("edition", "add", REF, first).code == 0
    assert picks(veille) == [second, *rest, first]
    assert veille("edition", "move", REF, first, 1).code == 0
    assert picks(veille) == drafted
    assert veille("edition", "move", REF, first, 99).code == 0
    assert picks(veille) == [second, *rest, first]
    shown = veille("edition", "show", REF).out
    assert shown.index("1. ") < shown.index("5. ")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", REF, 999), 1),
        (("remove", REF, 999), 1),
        (("move", REF, 999, 1), 1),
        (("move", REF, 1, 0), 2),
        (("add", "cinq-liens/7", 1), 1),
        (("add", "cinq-liens", 1), 2),
        (("show", "nothing/1"), 1),
        (("edit", REF), 2),
        (("edit", REF, "--item", 1), 2),
        (("edit", REF, "--headline", "x"), 2),
        (("add", REF, "1-3"), 2),
    ],
)
def test_what_is_not_there_cannot_be_rearranged(veille, drafted, words, code: int) -> None:
    """I11: one line, and nothing changed."""
    before = picks(veille)
    refused = veille("edition", *words)
    assert refused.code == code
    assert refused.err.count("\n") == 1
    assert picks(veille) == before


def test_an_item_is_in_an_edition_once(veille, drafted) -> None:
    """A second time is refused."""
    assert veille("edition", "add", REF, drafted[0]).code == 1
    assert picks(veille) == drafted


def test_texts_of_the_edition_and_of_a_pick(veille, drafted) -> None:
    """An override is shown here only; an empty one gives the item's own text back."""
    item = drafted[0]
    title = veille("show", item, "--json").json["title"]
    veille("edition", "edit", REF, "--title", "Spécial", "--intro", "Bonjour.")
    veille("edition", "edit", REF, "--item", item, "--headline", "Un titre", "--blurb", "Court.")
    shown = veille("edition", "show", REF, "--json").json
    assert (shown["title"], shown["intro"]) == ("Spécial", "Bonjour.")
    assert (shown["picks"][0]["headline"], shown["picks"][0]["blurb"]) == ("Un titre", "Court.")
    assert veille("show", item, "--json").json["title"] == title
    veille("edition", "edit", REF, "--item", item, "--headline", "", "--title", "")
    shown = veille("edition", "show", REF, "--json").json
    assert shown["picks"][0]["headline"] == title
    assert shown["title"] != "Spécial"


def test_lint_exits_with_1_for_an_error_only(veille, drafted) -> None:
    """A missing blurb is an error with its rule's name and a fix; a warning lets the edition go."""
    assert veille("edition", "lint", REF).code == 0
    late = veille("inbox", "--limit", 1, "--json").json[0]["id"]
    veille("edition", "add", REF, late)
    found = veille("edition", "lint", REF)
    assert found.code == 1
    assert "error [no-blurb] link 6:" in found.out
    rules = {finding["rule"]: finding for finding in veille("edition", "lint", REF, "--json").json}
    assert rules["no-blurb"]["severity"] == "error"
    assert rules["no-blurb"]["fix"]
    refused = veille("edition", "approve", REF)
    assert refused.code == 1
    assert "edition lint" in refused.err


def test_lint_follows_the_links(veille, drafted, workspace: Path) -> None:
    """E49: a dead one is an error; --offline leaves it out; a house may think otherwise."""
    assert veille("add", "http://musee.example/not-there", "--title", "Disparu").code in (0, 3)
    (gone,) = [item["id"] for item in veille("list", "title:Disparu", "--json").json]
    veille("comment", gone, "Une page qui n'est plus là.", "--blurb")
    veille("edition", "add", REF, gone)
    found = veille("edition", "lint", REF)
    assert found.code == 1
    assert "error [dead-link] link 6: http://musee.example/not-there is not there" in found.out
    assert veille("edition", "lint", REF, "--offline").code == 0
    assert veille("edition", "lint", REF, VEILLE_LINT_WARNINGS="dead-link").code == 0
    refused = veille("edition", "lint", REF, VEILLE_LINT_OFF="dead-lin")
    assert refused.code == 2
    assert "there is no rule 'dead-lin': did you mean 'dead-link'?" in refused.err
    twice = veille("edition", "lint", REF, VEILLE_LINT_OFF="no-blurb,no-blurb")
    assert "listed twice" in twice.err


def test_approval_is_shown_and_lapses(veille, drafted) -> None:
    """U5: approved by, when, and for which bytes; a rearrangement takes it back."""
    approved = veille("edition", "approve", REF, "--json").json
    assert (approved["state"], approved["approved_by"]) == ("approved", "camille")
    assert len(approved["sha256"]) == 64
    assert "approved by camille" in veille("edition", "show", REF).out
    veille("edition", "move", REF, drafted[0], 2)
    shown = veille("edition", "show", REF, "--json").json
    assert (shown["state"], shown["approved_by"]) == ("draft", None)
    assert shown["sha256"] != approved["sha256"]


def test_preview_shows_where_it_wrote(veille, drafted, workspace: Path) -> None:
    """Into the workspace by default; the page finds its style sheet beside it."""
    shown = veille("edition", "preview", REF)
    folder = workspace / "preview" / "cinq-liens" / "1"
    assert str(folder / "page.html") in shown.out
    assert (folder / "style.css").read_bytes()
    assert veille("edition", "preview", REF, "--json").json["files"][0].endswith("subject.txt")


def test_preview_opens_the_page(veille, drafted, workspace: Path, monkeypatch) -> None:
    """``--open`` hands the file to the browser, as an argument."""
    monkeypatch.setenv("BROWSER", "true")
    opened = veille("edition", "preview", REF, "--open")
    assert opened.code == 0
    page = workspace / "preview" / "cinq-liens" / "1" / "page.html"
    assert [list(argv) for argv in veille.launched] == [["true", str(page)]]


def test_publish_twice_rebuilds_only(veille, drafted, workspace: Path) -> None:
    """The page is there from the first time on; its bytes do not change."""
    assert veille("edition", "publish", REF).code == 1
    veille("edition", "approve", REF)
    assert "published:" in veille("edition", "publish", REF).out
    page = workspace / "archive" / "cinq-liens" / "1" / "index.html"
    before = (page.read_bytes(), page.stat().st_mtime_ns)
    again = veille("edition", "publish", REF, "--json").json
    assert again["first"] is False
    assert (page.read_bytes(), page.stat().st_mtime_ns) == before
    built = veille("archive", "build", "--json").json
    assert built["written"] == 0
    assert "0 written" in veille("archive", "build").out


def test_a_published_period_is_not_drafted_again(veille, drafted) -> None:
    """Exit 1, and how to go on."""
    veille("edition", "approve", REF)
    veille("edition", "publish", REF)
    refused = veille("edition", "draft", "cinq-liens", "--period", "2026-11")
    assert refused.code == 1
    assert "--now" in refused.err


def test_a_template_error_stops_everything(veille, drafted, workspace: Path) -> None:
    """M15: exit 1, file and line; nothing goes to anybody."""
    folder = workspace / "templates" / "email"
    folder.mkdir(parents=True)
    (folder / "body.txt").write_text("Bonjour,\n{{ nobody.knows.this }}\n")
    veille("subscriber", "add", "ana@example.org")
    for words in (("edition", "approve", REF), ("edition", "send", REF), ("edition", "show", REF)):
        refused = veille(*words)
        assert refused.code == 1
        assert "body.txt" in refused.err
        assert "line 2" in refused.err or ":2" in refused.err
    assert not (workspace / "outbox").exists() or not list((workspace / "outbox").iterdir())


def test_a_workspaces_template_wins(veille, drafted, workspace: Path) -> None:
    """People who do not program may change what readers get."""
    folder = workspace / "templates" / "email"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("Notre sélection : {{ edition.title }}\n")
    veille("edition", "preview", REF, "--out", workspace / "p")
    assert (workspace / "p" / "subject.txt").read_text().startswith("Notre sélection")


def test_nothing_is_published_without_its_page(veille, drafted, workspace: Path) -> None:
    """O9: an archive that cannot be written: exit 1, and the edition is only approved, as before."""
    veille("edition", "approve", REF)
    (workspace / "archive").write_text("a file where the folder should be")
    failed = veille("edition", "publish", REF)
    assert failed.code == 1
    assert "archive" in failed.err
    assert veille("edition", "show", REF, "--json").json["state"] == "approved"
    (workspace / "archive").unlink()
    assert veille("edition", "publish", REF).code == 0


def test_a_link_that_no_source_brought_is_shown_with_its_site(
    veille, edited: str, tmp_path: Path
) -> None:
    """By hand and by command: where it leads stands for the source, in mail, page and lint; `show` says
    who commented."""
    for number in (1, 2, 3):
        added = veille(
            "add", f"https://www.ailleurs{number}.example/", "--title", f"Ailleurs {number}"
        )
        assert added.code == 0
        item = veille("list", "--limit", 1, "--json").json[0]["id"]
        veille("keep", item)
        veille("--as", "alex", "comment", item, "Une méthode à reprendre.", "--blurb")
        assert veille("edition", "add", edited, item).code == 0
        assert (
            f"   item {item}, kept by camille, commented by alex\n"
            in veille("edition", "show", edited).out
        )
    for item in (1, 2, 3):
        veille("edition", "remove", edited, item)
    rules = [
        found["rule"] for found in veille("edition", "lint", edited, "--offline", "--json").json
    ]
    assert "one-source-only" not in rules
    veille("edition", "preview", edited, "--out", tmp_path / "out")
    text = (tmp_path / "out" / "body.txt").read_text(encoding="utf-8")
    assert "   ailleurs3.example\n   https://www.ailleurs3.example/\n" in text


@pytest.mark.parametrize("title", ["", " \n", "\udcff"])
def test_a_digest_has_a_title(veille, workspace: Path, title: str) -> None:
    """What is no text falls away; of nothing, readers would see nothing."""
    assert veille("digest", "create", "d", "--title", title).code == 2
    assert veille("digest", "create", "d", "--title", "Un\udcff \x1btitre").code == 0
    assert veille("digest", "edit", "d", "--title", title).code == 2
    assert veille("digest", "show", "d", "--json").json["title"] == "Un titre"


def test_an_empty_draft_says_what_comes_next(veille, workspace: Path) -> None:
    """Nothing was kept: the first hour of a house."""
    veille("digest", "create", "cinq-liens", "--title", "Cinq liens")
    assert (
        "'veille edition draft cinq-liens' opens the first"
        in veille("edition", "list", "cinq-liens").err
    )
    drafted = veille("edition", "draft", "cinq-liens")
    assert (drafted.code, drafted.out) == (0, f"{REF}\n")
    assert drafted.err == (
        "0 of 5 picks proposed\n"
        "no kept item fits that was not published yet: "
        f"keep more, then 'veille edition add {REF} ITEM'\n"
    )
    assert f"no link yet: 'veille edition add {REF} ITEM'" in veille("edition", "show", REF).err


def test_the_list_of_editions_is_for_people(veille, drafted: list[int]) -> None:
    """With the title readers see, and the hour of the house; scripts get instants."""
    assert veille("edition", "list", "cinq-liens").out.split(None, 3) == [
        REF, "2026-11", "draft", "Cinq liens\n",
    ]  # fmt: skip
    assert veille("edition", "approve", REF).code == 0
    assert veille("edition", "publish", REF).code == 0
    (row,) = veille("edition", "list", "cinq-liens", "--json").json
    told = veille("edition", "list", "cinq-liens").out
    assert row["published_at"].endswith("+00:00")
    assert (row["published_at"] in told, row["published_at"][:10] in told) == (False, True)


def test_a_full_draft_and_a_link_added_twice_say_what_comes_next(veille, kept: list[int]) -> None:
    """Where to go from here."""
    drafted = veille("edition", "draft", "cinq-liens", "--period", "2026-11")
    assert f"what it still lacks: 'veille edition lint {REF}'" in drafted.err
    again = veille("edition", "add", REF, kept[0])
    assert (again.code, again.err) == (
        1,
        (
            f"veille: item {kept[0]} is in {REF} already: "
            f"'veille edition move {REF} {kept[0]} POSITION' moves it\n"
        ),
    )
