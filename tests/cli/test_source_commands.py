"""``veille source``: subscribe, import, export, look after."""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from veille.cli.demo.server import SAMPLE

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FEED = "http://musee.example/atom.xml"


@pytest.fixture
def sources(veille, workspace: Path, sample_web: str):
    """The three sources of the sample, imported."""
    assert veille("source", "import", SAMPLE / "sources.opml").code == 0
    return veille


def test_add_a_feed_by_its_address(veille, workspace, sample_web) -> None:
    """The title and the site come from the feed."""
    added = veille("source", "add", FEED, "--category", "Musées", "--tag", "terrain", "--json").json
    assert (added["title"], added["created"]) == ("Le Musée en ligne", True)
    assert added["site"] == "http://musee.example/index.html"
    assert (added["categories"], added["tags"]) == (["Musées"], ["terrain"])


def test_add_a_page_finds_its_feed(veille, workspace, sample_web) -> None:
    """A page's address is enough."""
    assert veille("source", "add", "http://musee.example/index.html").code == 0
    assert [source["url"] for source in veille("source", "list", "--json").json] == [FEED]


@pytest.mark.parametrize(
    "spelling", [FEED, "https://musee.example/atom.xml", "feed://musee.example/atom.xml"]
)
def test_add_again_says_so(sources, spelling: str) -> None:
    """Already there, in any spelling: exit 0, nothing added."""
    again = sources("source", "add", spelling)
    assert again.code == 0
    assert "already there" in again.out
    assert len(sources("source", "list", "--json").json) == 3


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "/etc/passwd", "javascript:alert(1)", "ftp://a.example/x", ""]
)
def test_add_refuses_what_is_no_address_of_the_web(veille, workspace, address: str) -> None:
    """I6: exit 2, one line, no request."""
    refused = veille("source", "add", address)
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    assert "http://" in refused.err


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/", "http://127.0.0.1:9/", "http://localhost/x"]
)
def test_add_refuses_private_addresses(veille, workspace, address: str) -> None:
    """N15, I6: no request leaves for them; nothing is subscribed."""
    refused = veille("source", "add", address)
    assert refused.code == 1
    assert veille("source", "list", "--json").json == []


@pytest.fixture
def bare_page(monkeypatch):
    """The address of a page that names no feed."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Accueil</title><p>Bonjour.")

        def log_message(self, *words: object) -> None:
            pass

    monkeypatch.setenv("VEILLE_COLLECT_ALLOW_PRIVATE", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_add_refuses_a_page_without_feed(veille, workspace, bare_page: str) -> None:
    """Exit 1, and why."""
    refused = veille("source", "add", bare_page)
    assert refused.code == 1
    assert "no feed" in refused.err


def test_add_a_server_that_does_not_answer_now(veille, workspace, monkeypatch) -> None:
    """It is subscribed to, with a warning: the collector tries again and reports it."""
    monkeypatch.setenv("VEILLE_COLLECT_ALLOW_PRIVATE", "127.0.0.1")
    added = veille("source", "add", "http://127.0.0.1:9/feed")
    assert added.code == 0
    assert "does not answer now" in added.err
    assert len(veille("source", "list", "--json").json) == 1


def test_import_reports_added_known_and_refused(veille, workspace, tmp_path) -> None:
    """Exit 3 names what was refused; the rest is in."""
    path = tmp_path / "list.opml"
    path.write_text(
        """<opml version="1.0"><body>
        <outline text="Musées"><outline text="A" xmlUrl="http://a.example/feed"/></outline>
        <outline text="A again" xmlUrl="https://www.a.example/feed"/>
        <outline text="B" xmlUrl="file:///etc/passwd"/></body></opml>"""
    )
    done = veille("source", "import", path, "--json")
    assert done.code == 3
    assert (done.json["added"], done.json["known"]) == (1, 1), "one feed, in two spellings"
    assert [row["url"] for row in done.json["refused"]] == ["file:///etc/passwd"]
    again = veille("source", "import", path, "--json").json
    assert (again["added"], again["known"]) == (0, 2)


@pytest.mark.parametrize(
    "address",
    ["http://169.254.169.254/", "http://0x7f.1:9/", "http://localhost/x", "http://u:p@[::1]/feed"],
)
def test_import_refuses_private_addresses(veille, workspace, address: str) -> None:
    """I6, I7, N15: with the reason, at once; what is open, or opened, is in."""
    listed = f'<opml><body><outline xmlUrl="{address}"/><outline xmlUrl="http://a.example/"/></body></opml>'
    done = veille("source", "import", "-", "--json", stdin=listed)
    assert (done.code, done.json["added"]) == (3, 1)
    ((url, reason),) = [(row["url"], row["reason"]) for row in done.json["refused"]]
    assert "allow_private" in reason
    assert ":p@" not in url
    opened = veille("source", "import", "-", stdin=listed, VEILLE_COLLECT_ALLOW_PRIVATE="true")
    assert "1 added, 1 already there, 0 refused" in opened.out


def test_a_list_comes_in_and_goes_out_by_streams(sources, veille, tmp_path) -> None:
    """``-`` is standard input or output, and never a file of that name."""
    veille.clock = lambda: NOW
    exported = sources("source", "export", "-")
    assert exported.out == sources("source", "export").out
    assert not list(tmp_path.rglob("-"))
    again = veille("source", "import", "-", stdin=exported.out)
    assert "0 added, 3 already there" in again.out


def test_a_broken_list_is_refused_in_one_line(veille, workspace, tmp_path) -> None:
    """I7: the reason, and nothing imported."""
    path = tmp_path / "broken.opml"
    path.write_text("<opml><body><outline text='A' xmlUrl='http://a.example/'></opml>")
    refused = veille("source", "import", path)
    assert refused.code == 1
    assert refused.err.count("\n") == 1
    assert veille("source", "list", "--json").json == []


def test_export_then_import_is_the_identity(sources, veille, tmp_path) -> None:
    """On url, title, site, categories and tags."""

    def identity(rows):
        fields = ("url", "title", "site", "categories", "tags")
        return [{name: row[name] for name in fields} for row in rows]

    veille.clock = lambda: NOW  # the list says when it was written
    exported = tmp_path / "out.opml"
    assert sources("source", "export", exported).code == 0
    assert sources("source", "export").out.encode() == exported.read_bytes()
    ET.parse(exported)
    before = identity(sources("source", "list", "--json").json)
    other = tmp_path / "other"
    assert veille("init", other).code == 0
    assert veille("-w", other, "source", "import", exported).code == 0
    assert identity(veille("-w", other, "source", "list", "--json").json) == before


@pytest.mark.parametrize("name", ["1", "musee.example/atom", "le musée EN"])
def test_a_source_is_named_by_id_address_or_title(sources, name: str) -> None:
    """Any of them, as long as it is unique."""
    listed = sources("source", "list", "--json").json
    if name.isdecimal():
        name = str(next(row["id"] for row in listed if row["url"] == FEED))
    elif "/" in name:
        name = FEED
    assert sources("source", "show", name, "--json").json["url"] == FEED


def test_an_ambiguous_name_lists_what_it_fits(sources) -> None:
    """Exit 2, and the ids to choose from."""
    refused = sources("source", "show", "e")
    assert refused.code == 2
    assert "fits 3 sources" in refused.err
    assert sources("source", "show", "nowhere").code == 1


def test_pause_and_resume(sources) -> None:
    """A paused source is not visited, whatever is forced."""
    assert sources("source", "pause", "shelves").code == 0
    assert sources("source", "show", "shelves", "--json").json["state"] == "paused"
    report = sources("collect", "--force", "--json").json
    assert (report["fetched"], report["skipped"]) == (2, 1)
    assert sources("source", "resume", "shelves").code == 0
    assert sources("collect", "--json").json["fetched"] == 1


def test_edit_changes_only_what_is_named(sources) -> None:
    """Title, folders and tags; the rest stays."""
    assert sources("source", "edit", "shelves", "--title", "Étagères", "--tag", "en").code == 0
    edited = sources("source", "show", "Étagères", "--json").json
    assert edited["tags"] == ["en"]
    assert edited["categories"] == ["Bibliothèques"]
    assert sources("source", "edit", "Étagères").code == 2


def test_edit_refuses_another_sources_address(sources) -> None:
    """Two sources cannot have one address."""
    refused = sources("source", "edit", "shelves", "--url", FEED)
    assert refused.code == 1
    assert "Le Musée en ligne" in refused.err


def test_remove_keeps_what_a_curator_touched(sources) -> None:
    """D8, U6: untouched items go with their source, kept ones stay."""
    sources("collect")
    shown = [
        item
        for item in sources("list", "--limit", 0, "--json").json
        if [source["title"] for source in item["sources"]] == ["Open Shelves"]
    ]
    kept = shown[0]["id"]
    assert sources("keep", kept).code == 0
    removed = sources("source", "remove", "shelves", "--yes")
    assert removed.code == 0
    assert f"{len(shown) - 1} items" in removed.out
    assert sources("show", kept, "--json").json["state"] == "kept"
    assert sources("show", shown[1]["id"]).code == 1


def test_show_reads_as_a_sheet(sources) -> None:
    """Every fact a line; the last error last."""
    shown = sources("source", "show", "shelves")
    assert shown.code == 0
    assert shown.out.startswith("Open Shelves\n")
    assert "http://open-shelves.example/atom.xml" in shown.out


def test_list_without_sources_says_what_to_do(veille, workspace) -> None:
    """Nothing on standard output, a hint beside it."""
    listed = veille("source", "list")
    assert (listed.code, listed.out) == (0, "")
    assert "source import" in listed.err


@pytest.mark.parametrize(
    "url",
    [
        "HTTP://Musee.EXAMPLE:80/atom.xml#top",
        "http://musee.example/é à?x=b c",
        "feed:http://musee.example/x",
    ],
)
def test_what_is_added_is_what_a_list_would_bring(
    veille, workspace, monkeypatch, tmp_path, url: str
) -> None:
    """Export then import is the identity on whatever the command line accepts."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    words = ("--title", " Un\ntitre\x1b ", "--tag", "Été ", "--tag", "été", "--category", "A ")
    assert veille("source", "add", url, *words).code == 0
    (source,) = veille("source", "list", "--json").json
    assert (source["title"], source["tags"], source["categories"]) == ("Un titre", ["Été"], ["A"])
    exported = tmp_path / "out.opml"
    veille("source", "export", exported)
    again = veille("source", "import", exported, "--json").json
    assert (again["added"], again["known"]) == (0, 1)


@pytest.mark.parametrize("words", [("--tag", "c/d"), ("--tag", "#e"), ("--tag", "")])
def test_a_tag_that_is_none_is_refused_at_the_door(veille, workspace, monkeypatch, words) -> None:
    """Before anything is asked or stored."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert veille("source", "add", FEED, *words).code == 2
    assert veille("source", "list", "--json").json == []


@pytest.mark.parametrize("site", ["pas une url", "javascript:alert(1)"])
def test_a_site_is_an_address(sources, site: str) -> None:
    """F15: or it is refused."""
    assert sources("source", "edit", "shelves", "--site", site).code == 2


def test_a_password_in_an_address_is_never_shown(veille, workspace, monkeypatch) -> None:
    """Masked wherever it is printed, errors included; it goes to its host only."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    shown = [
        veille("source", "add", "http://user:geheim@fault.test/auth"),
        veille("source", "list"),
        veille("source", "list", "--json"),
        veille("source", "show", "1"),
        veille("collect", "--json"),
        veille("collect", "--force"),
    ]
    assert all("geheim" not in result.out + result.err for result in shown)
