"""Curators' Markdown: a sample beside its HTML and its plain text, and hostile input."""

from __future__ import annotations

from pathlib import Path

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.digest.markdown import links, to_html, to_text
from veille.digest.typography import french

FOLDER = Path(__file__).parents[1] / "data" / "digest" / "markdown"
SAMPLES = sorted(FOLDER.glob("*.md"))
ALLOWED = {"a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "strong", "ul"}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_samples_become_html_and_text(sample):
    """O5: raw HTML is text, only http(s) and mailto lead anywhere, pictures are their text."""
    md = sample.read_text(encoding="utf-8")
    expected = sample.with_suffix(".html").read_text(encoding="utf-8")
    assert to_html(md, typeset=french) + "\n" == expected
    text = sample.with_suffix(".txt").read_text(encoding="utf-8")
    assert to_text(md, typeset=french) + "\n" == text


def test_there_are_samples():
    assert len(SAMPLES) >= 6


@given(
    st.lists(
        st.sampled_from(
            ["<script>", "](javascript:x)", "[a", "](https://b.example/)", "<svg/onload=x>", "![i]",
             "<a href='data:x'>", "`", "\n\n", "> ", "# ", "1. ", "&#x6a;", "\"'", "<!--", "]]>"]
        ),
        max_size=12,
    ).map("".join)
)  # fmt: skip
def test_nothing_but_listed_tags_and_schemes_comes_out(md):
    """O5, A1, A2: for any mixture of markup."""
    fragment = html5lib.parseFragment(to_html(md), namespaceHTMLElements=False)
    for element in fragment.iter():
        if isinstance(element.tag, str) and element.tag != "DOCUMENT_FRAGMENT":
            assert element.tag in ALLOWED
            assert set(element.attrib) <= {"class", "href", "title", "rel", "start"}
            assert element.get("class", "bare") == "bare"
            assert element.get("href", "https:").startswith(("https:", "http:", "mailto:"))


def test_links_are_listed_in_order_with_their_texts():
    md = "[un *deux*](https://a.example/) puis https://b.example/ et [x](javascript:y)"
    assert links(md) == [
        ("https://a.example/", "un deux"),
        ("https://b.example/", "https://b.example/"),
    ]


def test_plain_markdown_stays_plain_without_a_typesetter():
    """English prose passes through the same door untouched."""
    assert to_text("Why? It's *here*: **now**!") == "Why? It's here: now!"
    assert to_html("") == to_text("") == ""


def test_a_deep_pile_of_blocks_does_not_topple():
    """A5: curators' text may come from anywhere."""
    assert to_text("> " * 500 + "fond")
    assert to_html("- " * 500 + "fond")
