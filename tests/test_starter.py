"""The starter list of sources, ``feeds.opml``, that a new workspace begins with."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

STARTER = Path(__file__).parents[1] / "feeds.opml"
FRENCH_FOLDERS = {
    "Bibliothèques",
    "Musées et patrimoine",
    "Archives et mémoire du web",
    "Édition et culture numérique",
}


def body() -> ET.Element:
    """The body of the list; the file is ours, so a plain parser will do."""
    root = ET.fromstring(STARTER.read_bytes())
    assert root.tag == "opml"
    assert root.get("version") == "2.0"
    found = root.find("body")
    assert found is not None
    return found


def sources() -> list[ET.Element]:
    """Every source, whatever its folder."""
    return [outline for outline in body().iter("outline") if outline.get("xmlUrl")]


def test_it_is_a_real_list() -> None:
    """A newcomer has enough to read from the first day."""
    assert len(sources()) >= 30


def test_every_source_is_complete() -> None:
    """Readers of OPML disagree on ``text`` or ``title`` (OPML 2.0 asks for ``text``): both are given."""
    for outline in sources():
        assert outline.get("type") == "rss"
        assert outline.get("text")
        assert outline.get("title") == outline.get("text")
        assert urlsplit(outline.get("htmlUrl", "")).hostname
        assert outline.get("language") in {"fr", "en"}


def test_no_source_is_there_twice() -> None:
    """Neither under the same address, nor under one that differs by scheme, ``www.`` or last slash."""
    plain = Counter(
        outline.get("xmlUrl", "").split("://")[1].removeprefix("www.").rstrip("/")
        for outline in sources()
    )
    assert [address for address, times in plain.items() if times > 1] == []


def test_addresses_are_https_on_public_hosts() -> None:
    """Nothing in the clear, nothing on a private machine, no password."""
    for outline in sources():
        address = urlsplit(outline.get("xmlUrl", ""))
        assert address.scheme == "https", address.geturl()
        assert "." in (address.hostname or "")
        assert address.username is None
        assert address.port is None


def test_half_of_it_is_french() -> None:
    """The tool is bilingual, so is its list."""
    languages = Counter(outline.get("language") for outline in sources())
    assert abs(languages["fr"] - languages["en"]) <= 4


def test_every_source_is_in_one_folder_of_its_language() -> None:
    """Folders become categories: none is empty, none mixes languages."""
    folders = body().findall("outline")
    assert sum(len(folder.findall("outline")) for folder in folders) == len(sources())
    for folder in folders:
        expected = "fr" if folder.get("text") in FRENCH_FOLDERS else "en"
        assert {outline.get("language") for outline in folder.findall("outline")} == {expected}
