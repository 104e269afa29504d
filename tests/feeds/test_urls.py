"""Addresses: what is shown, what is compared, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from veille.feeds import urls
from veille.model.text import masked

SHOWN = [
    # given, shown
    ("HTTP://WWW.Bnf.FR/Actus", "http://www.bnf.fr/Actus"),
    ("http://bnf.fr:80/a", "http://bnf.fr/a"),
    ("https://bnf.fr:443/a", "https://bnf.fr/a"),
    ("https://bnf.fr:8443/a", "https://bnf.fr:8443/a"),
    ("https://bnf.fr", "https://bnf.fr/"),
    ("https://bnf.fr./a", "https://bnf.fr/a"),
    ("https://bnf.fr/a#section", "https://bnf.fr/a"),
    ("https://bnf.fr/#!/a", "https://bnf.fr/#!/a"),
    ("https://bnf.fr/#/a", "https://bnf.fr/#/a"),
    ("https://bnf.fr/a#xtor=RSS-1", "https://bnf.fr/a"),
    ("https://bnf.fr/a?utm_source=rss&b=2&UTM_Medium=x&a=1", "https://bnf.fr/a?b=2&a=1"),
    ("https://bnf.fr/a?utm_source=rss", "https://bnf.fr/a"),
    ("https://bnf.fr/a?x=1&amp;utm_source=rss", "https://bnf.fr/a?x=1"),
    ("https://bnf.fr/a?mtm_kwd=1&pk_kwd=2&at_medium=3&xtor=4&igshid=5", "https://bnf.fr/a"),
    ("https://bnf.fr/a?fbclid=1&gclid=2&dclid=3&msclkid=4&mc_cid=5&mc_eid=6", "https://bnf.fr/a"),
    ("https://bnf.fr/a?PHPSESSID=abc", "https://bnf.fr/a"),
    ("https://bnf.fr/a?sid=4f5e6d7c8b9a0f1e2d3c4b5a", "https://bnf.fr/a"),
    ("https://bnf.fr/a?sid=1234", "https://bnf.fr/a?sid=1234"),
    ("https://bnf.fr/a?ref=musee.example", "https://bnf.fr/a"),
    ("https://bnf.fr/a?ref=https%3A%2F%2Fwww.musee.example%2F", "https://bnf.fr/a"),
    ("https://bnf.fr/a?ref=heads/main", "https://bnf.fr/a?ref=heads/main"),
    ("https://bnf.fr/a?", "https://bnf.fr/a?"),
    ("https://bnf.fr/a?b=%C3%A9&b=%c3%a9", "https://bnf.fr/a?b=%C3%A9&b=%c3%a9"),
    ("https://bnf.fr/été à Paris", "https://bnf.fr/%C3%A9t%C3%A9%20%C3%A0%20Paris"),
    ("https://musée.example/", "https://xn--muse-dpa.example/"),
    ("https://straße.example/", "https://xn--strae-oqa.example/"),
    ("https://раypal.example/", "https://xn--ypal-43d9g.example/"),  # two letters are Cyrillic
    ("http://[2001:DB8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
    ("https://u:p@bnf.fr/a", "https://u:p@bnf.fr/a"),
    (" https://bnf.fr/a\n", "https://bnf.fr/a"),
    ("https://bnf.fr/a//b/../c", "https://bnf.fr/a//b/../c"),
]


@pytest.mark.parametrize(("given_url", "shown"), SHOWN)
def test_what_does_not_count_is_removed_and_nothing_else(given_url: str, shown: str) -> None:
    """F18, F21."""
    assert urls.canonical(given_url, site_host="www.musee.example") == shown


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JaVa\tScript:alert(1)", "data:text/html,x", "vbscript:x",
        "file:///etc/passwd", "ftp://bnf.fr/", "mailto:a@b.fr", "//bnf.fr/", "/a", "", "http://",
        "http:///a", "http://bnf.fr:99999/", "http://bnf.fr:x/", "http://ok\\@127.0.0.2/",
        "http://a b/", "http://bnf.fr/\x00", "http://bnf.fr/\u202egpj", "http://[::1/", "http://-a.fr/",
        "http://a@b@c/", "http://" + "a" * 64 + ".fr/",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """F15, N15."""
    assert urls.canonical(url) is None
    assert urls.asked(url) is None
    assert not urls.is_http(url)


URLS = st.one_of(
    st.text(max_size=60),
    st.builds(
        "{}://{}{}".format,
        st.sampled_from(["http", "https", "HTTP"]),
        st.sampled_from(["a.fr", "www.a.fr", "musée.fr", "A.fr:80", "u:p@a.fr", "a.fr.", "[::1]"]),
        st.text(alphabet="ab/?#&=;%!.é utm_ref", max_size=40),
    ),
)


@given(URLS, st.booleans())
@example("http://a.fr?", False)
@example("http://a.fr/?&utm_x", True)
@example("http://a.fr/##", True)
def test_normalising_twice_is_normalising_once(url: str, keep: bool) -> None:
    once = urls.canonical(url, site_host="a.fr", keep_fragment=keep)
    if once is not None:
        assert urls.canonical(once, site_host="a.fr", keep_fragment=keep) == once
    asked = urls.asked(url)
    if asked is not None:
        assert urls.asked(asked) == asked


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://bnf.fr/a", "https://bnf.fr/a"),
        ("http://www.bnf.fr/a", "https://bnf.fr/a"),
        ("https://u:p@bnf.fr/a", "https://bnf.fr/a"),
        ("https://doi.org/10.1000/ABC", "http://dx.doi.org/10.1000/abc"),
    ],
)
def test_two_spellings_of_one_story_have_one_key(one: str, other: str) -> None:
    """F21, F10."""
    assert urls.key(one) == urls.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://bnf.fr/a", "http://bnf.fr/A"),
        ("http://bnf.fr/a", "http://bnf.fr/a/"),
        ("http://bnf.fr/?a=1&b=2", "http://bnf.fr/?b=2&a=1"),
        ("http://bnf.fr/a", "http://bnf.fr:8080/a"),
        ("http://www2.bnf.fr/a", "http://bnf.fr/a"),
    ],
)
def test_in_doubt_two_addresses_are_two_stories(one: str, other: str) -> None:
    assert urls.key(one) != urls.key(other)


def test_a_key_without_path_is_whole() -> None:
    assert urls.key("http://bnf.fr?a") == "bnf.fr?a"
    assert urls.key("http://bnf.fr") == "bnf.fr"


def test_fragments_can_be_kept_but_never_tracking_ones() -> None:
    assert urls.canonical("http://a.fr/p#v2", keep_fragment=True) == "http://a.fr/p#v2"
    assert urls.canonical("http://a.fr/p#xtor=1", keep_fragment=True) == "http://a.fr/p"


@pytest.mark.parametrize(
    ("link", "absolute"),
    [
        ("a", "http://h.fr/x/a"),
        ("/a", "http://h.fr/a"),
        ("//autre.fr/a", "http://autre.fr/a"),
        ("?p=1", "http://h.fr/x/y?p=1"),
        ("https://autre.fr/une page", "https://autre.fr/une%20page"),
        (" a\n", "http://h.fr/x/a"),
        ("", None),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("http://[", None),
    ],
)
def test_links_are_made_absolute(link: str, absolute: str | None) -> None:
    """F18, F15; the credentials of the feed are not inherited (O13)."""
    assert urls.resolve("http://u:secret@h.fr/x/y", link) == absolute


def test_feed_addresses_of_old_readers_are_http() -> None:
    assert urls.as_http("feed://a.fr/x") == "http://a.fr/x"
    assert urls.as_http("feed:https://a.fr/x") == "https://a.fr/x"
    assert urls.as_http("feed://https://a.fr/x") == "https://a.fr/x"
    assert urls.as_http("https://a.fr/feed:") == "https://a.fr/feed:"


def test_credentials_are_never_shown() -> None:
    assert masked("https://u:p@a.fr/x@y") == "https://***@a.fr/x@y"
    assert masked("https://a.fr/x@y") == "https://a.fr/x@y"
    assert urls.host_of("https://u:p@A.fr/") == "a.fr"
    assert urls.host_of("nothing") == ""
