"""The French catalogue: complete, compiled, and in right French."""

from __future__ import annotations

import io
import re

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from veille.digest.catalogue import DOMAIN, FOLDER, catalogue
from veille.digest.render import standard_templates

FRENCH = FOLDER / "fr" / "LC_MESSAGES" / f"{DOMAIN}.po"
OPTIONS = {"newstyle_gettext": "true", "trimmed": "true"}


@pytest.fixture(scope="module")
def french():
    with FRENCH.open("rb") as file:
        return read_po(file, locale="fr")


def extracted() -> set[str]:
    templates = standard_templates()[-1]
    jinja = [(f"**.{kind}", "jinja2") for kind in ("html", "txt", "xml")]
    found = [*extract_from_dir(str(FOLDER.parent), [("**.py", "python")])]
    found += extract_from_dir(str(templates), jinja, {pattern: OPTIONS for pattern, _ in jinja})
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def test_every_message_has_its_french(french):
    """A16: no English word in a French edition."""
    known = {(m.id if isinstance(m.id, str) else m.id[0]) for m in french if m.id}
    assert known == extracted()
    for message in french:
        strings = [message.string] if isinstance(message.string, str) else message.string
        assert all(strings), message.id
        assert not message.fuzzy


def test_placeholders_are_the_same_in_both_languages(french):
    for message in french:
        if message.id:
            source = message.id if isinstance(message.id, str) else message.id[0]
            strings = [message.string] if isinstance(message.string, str) else message.string
            for string in strings:
                assert sorted(re.findall(r"%\(\w+\)\w", string)) == sorted(
                    re.findall(r"%\(\w+\)\w", source)
                )


def test_the_french_is_set_as_french(french):
    """E53: no-break spaces and apostrophes are in the catalogue itself."""
    for message in french:
        strings = [message.string] if isinstance(message.string, str) else message.string
        for string in strings if message.id else ():
            assert not re.search(r" [:;!?»]|« |'", string), string


def test_the_compiled_catalogue_is_that_of_the_sources(french):
    """The file that ships says what the file that people edit says."""
    compiled = io.BytesIO()
    write_mo(compiled, french)
    compiled.seek(0)
    with FRENCH.with_suffix(".mo").open("rb") as file:
        shipped = {str(m.id): m.string for m in read_mo(file) if m.id}
    assert shipped == {str(m.id): m.string for m in read_mo(compiled) if m.id}


def test_a_language_without_catalogue_speaks_english():
    assert catalogue("nl").gettext("Read online") == "Read online"
    assert catalogue("fr").gettext("Read online") == "Lire en ligne"
    assert catalogue("fr_CA").gettext("Read online") == "Lire en ligne"
