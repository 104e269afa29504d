"""Which encoding a document is in, and the characters no XML may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.feeds.encoding import decode, repair

TEXT = "Été à l’École : « œuvres » — 12 €"
XML = '<?xml version="1.0" encoding="{}"?><rss>{}</rss>'


@pytest.mark.parametrize(
    ("written", "declared", "header"),
    [
        ("utf-8", "utf-8", ""),
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("utf-8", "iso-8859-1", "application/xml"),
        ("utf-8", "windows-1252", "application/xml; charset=windows-1252"),
        ("utf-8", "no-such-thing", 'text/xml; charset="x-unknown"'),
        ("windows-1252", "windows-1252", ""),
        ("windows-1252", "iso-8859-1", ""),
        ("windows-1252", "utf-8", ""),
        ("windows-1252", "us-ascii", ""),
        ("windows-1252", "utf-8", "text/xml; charset=ISO-8859-1"),
        ("iso-8859-15", "iso-8859-15", ""),
        ("utf-16", "utf-16", ""),
        ("utf-16-le", "utf-16", ""),
        ("utf-16-be", "utf-16", ""),
        ("utf-32", "utf-32", ""),
        ("utf-32-be", "utf-32", ""),
        ("utf-8-sig", "iso-8859-1", "text/xml; charset=iso-8859-1"),
    ],
)
def test_the_text_is_right_whatever_is_declared(written: str, declared: str, header: str) -> None:
    """F8, A8."""
    text = TEXT.replace("’", "'").replace("—", "-") if written == "iso-8859-15" else TEXT
    document = XML.format(declared, text)
    assert decode(document.encode(written), header) == document


@pytest.mark.parametrize(
    ("written", "declared", "text"),
    [
        ("iso-2022-jp", "iso-2022-jp", "図書館"),
        ("shift_jis", "shift_jis", "美術館の図書館"),
        ("gb18030", "gb2312", "图书馆和博物馆"),
        ("koi8-r", "koi8-r", "Библиотека"),
        ("cp949", "euc-kr", "도서관"),
    ],
)
def test_other_scripts_are_read_as_declared(written: str, declared: str, text: str) -> None:
    """F8."""
    document = XML.format(declared, text)
    assert decode(document.encode(written)) == document


def test_a_few_windows_quotes_in_utf8_do_not_spoil_the_rest() -> None:
    """F8."""
    body = "déjà ".encode() + b"\x93vu\x94"
    assert decode(body) == "déjà “vu”"


@pytest.mark.parametrize("label", ["utf-7", "unicode_escape", "idna", "punycode", "hex", "rot13"])
def test_labels_that_are_no_encoding_of_documents_are_not_believed(label: str) -> None:
    body = XML.format(label, "+ADw-script+AD4-").encode()
    assert decode(body, f"text/xml; charset={label}") == body.decode()


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_bytes_become_text(body: bytes, header: str) -> None:
    assert isinstance(decode(body, header), str)


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("a\x00b\x0bc\ufffe\ud800", "abc"),
        ("a&#0;b&#x1b;&#27;c", "abc"),
        ("a&#xD800;b", "a\ufffdb"),
        ("a&#xFFFF;&#1114112;&#99999999999999;", "a\ufffd\ufffd\ufffd"),
        ("&#233;&#xE9;&#10;&#128512;&#146;", "&#233;&#xE9;&#10;&#128512;&#146;"),
        ("tab\tnew\nline", "tab\tnew\nline"),
    ],
)
def test_what_xml_forbids_is_removed_or_replaced(text: str, repaired: str) -> None:
    """F2, E2, E16."""
    assert repair(text) == repaired
