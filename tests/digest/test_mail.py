"""The mail's subject, text and HTML: the checklist of a correct digest, item by item."""

from __future__ import annotations

import re
from dataclasses import replace

import html5lib
import pytest

from veille.digest.lint import finished
from veille.digest.markdown import to_text
from veille.model.edition import UNSUBSCRIBE, Pick

# What mail programs are known to keep in a style attribute (caniemail), and harmless where not.
PROPERTIES = {
    "background-color", "border-collapse", "border-left", "border-top", "color", "display", "font-family",
    "font-size", "font-style", "font-weight", "line-height", "margin", "max-height", "max-width", "overflow",
    "overflow-wrap", "padding", "table-layout", "text-align", "text-decoration", "vertical-align", "width", "word-break",
}  # fmt: skip
HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</title></style><b>",
    "--><svg onload=alert(1)>",
    "a\r\nBcc: evil@c.example\r\n\r\nbody",
    "gauche\u202edroite\u2066x\u0000\u001b[31m\ufffe",
    "{{ 7*7 }}{% include 'x' %}{{ ''.__class__ }}",
    "[x](javascript:alert(1)) ![p](https://pixel.example/1.gif)",
]


@pytest.fixture(params=["fr", "en"])
def mail(request, load, renderer):
    return renderer.edition(load(request.param))


@pytest.fixture
def page(mail):
    """The HTML, parsed by a parser that stops at the first error (A01)."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(mail.html)


def text_of(element) -> str:
    return "".join(element.itertext())


def test_the_subject_says_what_it_is(load, renderer):
    """E11: 10 to 78 characters, no line break, no placeholder."""
    assert renderer.edition(load("fr")).subject == "Cinq liens n°\u00a03 · novembre 2026"
    assert renderer.edition(load("en")).subject == "Five links No. 12 · A winter of violins"


def test_a_subject_is_one_line_whatever_the_title(content, renderer):
    """E11, M7: CR, LF and controls never reach the subject."""
    subject = renderer.edition(replace(content, title="Un\r\ntitre\u2028sur\x0bdeux\x1b")).subject
    assert subject == "Cinq liens n°\u00a03 · Un titre sur deux"


def test_text_lines_are_short_and_addresses_whole(mail):
    """E35: lines at most 78, URLs whole, first item within 25 lines, no markup."""
    lines = mail.text.splitlines()
    assert all(len(line) <= 78 or "://" in line for line in lines)
    assert next(number for number, line in enumerate(lines) if line.startswith("1. ")) < 25
    assert not re.search(r"&\w+;|</?\w+[^>]*>", mail.text)
    assert not any(line != line.rstrip(" ") for line in lines)


@pytest.mark.parametrize("name", ["fr", "en"])
def test_each_item_has_title_source_comment_and_address(load, renderer, name):
    """E35, A19: the same items, order and words in text, HTML and page."""
    content = load(name)
    done = renderer.edition(content)
    bodies = [done.text, done.html, done.page]
    squeezed = [re.sub(r"[\s\u00a0\u202f’']|&nbsp;|<[^>]*>", "", body) for body in bodies]
    for pick in content.picks:
        for body in squeezed:
            places = [
                body.find(re.sub(r"[\s’']", "", part).replace("&", ampersand))
                for part in (pick.headline, to_text(pick.blurb)[:30])
                for ampersand in ("&" if body is squeezed[0] else "&amp;",)
            ]
            assert -1 not in places
            assert places == sorted(places)


def test_both_parts_list_the_same_links(mail, page):
    """E34: the same links in the same order, unsubscribe and the like apart."""
    html = [a.get("href") for a in page.iter("a") if not a.get("href").startswith("mailto:")]
    text = [url.rstrip(").,") for url in re.findall(r"https?://\S+", mail.text)]
    assert html == text
    assert len(html) > 6


def test_the_document_declares_itself(mail, page):
    """E40, E41: doctype, language and direction twice, title, viewport, colour scheme."""
    assert mail.html.startswith("<!doctype html>\n<html lang=") or mail.html.startswith(
        "<!DOCTYPE html>"
    )
    html = page if page.tag == "html" else page.find("html")
    wrapper = html.find("body/div")
    assert wrapper.get("lang") == html.get("lang") in ("fr", "en")
    assert wrapper.get("dir") == html.get("dir") == "ltr"
    assert html.find("head/title").text == mail.subject
    metas = {meta.get("name"): meta.get("content") for meta in html.iter("meta")}
    assert metas["viewport"] == "width=device-width, initial-scale=1"
    assert metas["color-scheme"] == "light dark"
    assert mail.html.index('charset="utf-8"') < 500


def test_tables_are_for_layout_and_nothing_is_loaded(mail, page):
    """E42, E43, E44, E50, A3: presentation tables; no image, script, form, font or other resource."""
    tables = list(page.iter("table"))
    assert tables
    assert all(table.get("role") == "presentation" for table in tables)
    for tag in (
        "img",
        "script",
        "form",
        "iframe",
        "link",
        "object",
        "video",
        "svg",
        "base",
        "input",
    ):
        assert page.find(f".//{tag}") is None
    assert not re.search(r"@import|@font-face|url\(|srcset|background=|\son\w+=|cid:", mail.html)


def test_it_stays_readable_without_its_style_block(page):
    """E44: what matters is inline, in properties mail programs keep."""
    styles = [element.get("style") for element in page.iter() if element.get("style")]
    used = {
        rule.partition(":")[0].strip()
        for style in styles
        for rule in style.split(";")
        if rule.strip()
    }
    assert used <= PROPERTIES
    assert all(element.get("style") for tag in ("h1", "h2", "a", "p") for element in page.iter(tag))


def test_it_is_fluid_with_a_ghost_for_outlook(mail):
    """E45: up to 600 px, and a fixed table only Outlook sees."""
    assert "max-width: 600px" in mail.html
    assert '<!--[if mso]><table role="presentation" align="center" width="600"' in mail.html
    assert mail.html.count("<!--[if mso]>") == mail.html.count("<![endif]-->") == 2


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_are_readable_by_day_and_by_night(mail):
    """E46: 4.5:1 in both palettes; the night's rules keep their !important."""
    _, _, night = mail.html.partition("prefers-color-scheme: dark")
    block, _, body = night.partition("</style>")
    day = set(re.findall(r"[^-]color: (#[0-9a-f]{6})", body)) - {"#fbf9f4"}  # the preheader hides
    assert day
    assert all(contrast(colour, "#fbf9f4") >= 4.5 for colour in day)
    dark = set(re.findall(r"[ {]color: (#[0-9a-f]{6}) !important", block)) - {"#191714"}
    assert dark
    assert all(contrast(colour, "#191714") >= 4.5 for colour in dark)
    declarations = re.findall(r"[\w-]+: [^;}]+(?=;)", block)
    assert all(declaration.endswith("!important") for declaration in declarations)
    links = re.findall(r"<a [^>]*>", body)
    assert links
    assert all("text-decoration: underline" in link for link in links)


def test_one_heading_then_one_for_each_item(page):
    """E47: h1, then h2 only."""
    levels = [
        e.tag for e in page.iter() if isinstance(e.tag, str) and re.fullmatch("h[1-6]", e.tag)
    ]
    assert levels == ["h1", *["h2"] * 5]


@pytest.mark.parametrize(("name", "foreign", "label"), [("fr", [2, 4], "EN"), ("en", [3], "FR")])
def test_foreign_items_are_marked(load, renderer, name, foreign, label):
    """E48, A16: lang, hreflang and a visible label, on foreign items only; link text is the title."""
    content = load(name)
    for html in (renderer.edition(content).html, renderer.page(content)):
        tree = html5lib.parse(html, namespaceHTMLElements=False)
        for pick, heading in zip(content.picks, tree.iter("h2"), strict=True):
            link = heading.find("a")
            strange = pick.position in foreign
            assert (link.get("lang") is not None) == strange
            assert link.get("hreflang") == link.get("lang")
            assert (f"[{label}]" in text_of(heading)) == strange
            plain = re.sub("[\u00a0\u202f]", " ", text_of(link)).replace("’", "'")
            assert plain == pick.headline.replace("’", "'")


def test_an_english_title_keeps_its_spacing(content, renderer):
    """E53: French rules never touch an English title."""
    html = renderer.edition(content).html
    unknown = replace(content, picks=(replace(content.picks[1], language=None),))
    assert "chatbot: twelve thousand" in renderer.edition(unknown).html
    titled = replace(unknown.picks[0], headline='Who\'s afraid of "AI"?')
    for locale in ("fr", "en"):
        shown = renderer.edition(replace(unknown, locale=locale, picks=(titled,)))
        assert "Who’s afraid of “AI”?" in shown.text
    assert "What visitors really ask a museum chatbot: twelve thousand questions" in html


def test_a_translated_headline_is_in_the_language_of_the_edition(content, renderer):
    """E48, A16: its words are French and set as French; the mark and hreflang are the page's."""
    translated = replace(
        content.picks[0], headline="L'essai: pourquoi?", language="en", translated=True
    )
    done = renderer.edition(replace(content, picks=(translated,)))
    assert "L’essai\u00a0: pourquoi\u00a0? [EN]" in done.text
    for html in (done.html, done.page):
        tree = html5lib.parse(html, namespaceHTMLElements=False)
        link = next(a for a in tree.iter("a") if a.get("href") == translated.url)
        assert (link.get("lang"), link.get("hreflang")) == (None, "en")


def test_no_sign_of_a_name_or_of_a_foreign_title_stands_alone(content, renderer):
    """E53: nothing is added to them, but a space that is there does not break."""
    strange = replace(
        content.picks[0], source="newest : l'abc", authors=("Who ?", "O'Neil"),
        headline="What now ?", language="en",
    )  # fmt: skip
    done = renderer.edition(replace(content, picks=(strange,)))
    for shown in ("newest\u00a0: l’abc", "Who\u00a0?", "O’Neil", "What now\u00a0?"):
        assert shown in done.text
    assert not [one for one in finished.check(done, "fr") if one.rule == "unset-french"]


def test_a_french_title_is_set_as_french_in_an_english_edition(load, renderer):
    """E53: a title follows its own language."""
    assert "des lecteurs\u00a0?" in renderer.edition(load("en")).text


def test_french_is_set_in_all_prose(content, renderer):
    """E53: U+00A0 in mail, U+202F on the page; curators' own text is set too."""
    done = renderer.edition(content)
    assert "plaques de verre\u00a0: la méthode" in done.text
    assert "«\u00a0est-ce que c’est vrai\u00a0?\u00a0»" in done.text
    assert "\u202f" not in done.text + done.html
    assert "c’est vrai\u202f?&nbsp;»" in done.page
    assert "9:30" in done.text


def test_the_preheader_hides_and_says_more(mail, page):
    """E51: 40 to 110 characters, not the first visible line."""
    preheader = page.find(".//div[@class='preheader']")
    assert 40 <= len(text_of(preheader)) <= 110
    assert "display: none" in preheader.get("style")
    assert text_of(preheader) not in mail.text


def test_reading_online_comes_first(mail, page):
    """E52: the first link is the permalink, which is Archived-At."""
    first = next(page.iter("a"))
    assert first.get("href").startswith("https://veille.musee.example/archive/")
    assert first.get("href").endswith("/index.html")
    assert first.get("href") in "\n".join(mail.text.splitlines()[:6])


def test_the_footer_says_who_why_and_how_to_leave(load, renderer):
    """E54: who sends, why you get it, contact, archive, unsubscribe."""
    done = renderer.edition(load("fr"))
    for body in (done.text, done.html):
        footer = body[body.rindex("envoyés par") :].replace("\n", " ")
        assert "Musée de la Grande Halle" in footer
        assert "votre adresse figure sur la liste de «\u00a0Cinq liens\u00a0»" in footer.replace(
            "&nbsp;", "\u00a0"
        )
        assert "mailto:documentation@musee.example" in footer
        assert "https://veille.musee.example/archive/index.html" in footer
        assert UNSUBSCRIBE in footer


def test_without_an_address_of_the_archive_nothing_points_to_it(content, sender, renderer):
    """E52: a house that is not online yet sends whole mails all the same."""
    offline = type(renderer)(overrides=None, sender=replace(sender, base_url=None, reply_to=None))
    done = offline.edition(content)
    assert "Lire en ligne" not in done.text + done.html
    assert "mailto:veille@musee.example" in done.html
    silent = type(renderer)(overrides=None, sender=replace(sender, address=None, reply_to=None))
    assert "Nous écrire" not in silent.edition(content).text


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_inert_everywhere(content, sender, renderer, words):
    """E55, O3, O4, A1: in every text field, in every part, no node that is not the template's."""
    pick = Pick(
        position=1, item=1, url="https://a.example/?q=\"><script>", headline=words, blurb=words, source=words,
        tags=(words,), language="en\"><script>", authors=(words,), chosen_by=(words,),
    )  # fmt: skip
    hostile = replace(content, title=words, digest_title=words, intro=words, picks=(pick,))
    house = type(renderer)(overrides=None, sender=replace(sender, name=words))
    tame = replace(
        content,
        title="t",
        digest_title="d",
        picks=(replace(pick, headline="h", blurb="b", source="s"),),
    )
    for found, plain in zip(texts(house, hostile), texts(renderer, tame), strict=True):
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(found)
        known = html5lib.parse(plain, namespaceHTMLElements=False)
        assert {e.tag for e in tree.iter()} <= {e.tag for e in known.iter()} | {"a", "p", "strong"}
        assert not any(name.startswith("on") for e in tree.iter() for name in e.attrib)
        assert not any("javascript:" in e.get("href", "") for e in tree.iter())
        assert not re.search("[\u202e\u2066\x00\x1b\ufffe]", found)
        assert "49" not in text_of(tree.find("body"))
    assert "\n" not in house.edition(hostile).subject


def texts(renderer, content) -> list[str]:
    done = renderer.edition(content)
    return [done.html, done.page]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "", "ftp://a.example/", "//a.example"]
)
def test_a_title_without_a_safe_address_is_no_link(content, renderer, url):
    """E49, E55, A1: schemes are checked at display too."""
    done = renderer.edition(
        replace(content, intro=None, picks=(replace(content.picks[0], url=url),))
    )
    for html in (done.html, done.page):
        heading = html5lib.parse(html, namespaceHTMLElements=False).find(".//h2")
        assert heading.find("a") is None
        assert text_of(heading).startswith("Numériser")
    assert url not in done.text or not url


def test_size_is_far_below_the_clipping_limit(mail):
    """E36: at most 100 000 bytes, here a tenth of it."""
    assert len(mail.html.encode()) < 20_000


def test_one_changed_letter_changes_the_fingerprint(content, renderer):
    """E56: the approval is bound to every byte."""
    before = renderer.edition(content)
    assert renderer.edition(content) == before
    assert renderer.edition(replace(content, intro="Autre.")).sha256 != before.sha256
