"""Text made safe, measured and laid out."""

from __future__ import annotations

import json
import os
import pty
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.program import Stream
from veille.cli.documents import document
from veille.cli.show import Show
from veille.cli.table import Column, layout
from veille.model.event import Action, Event
from veille.terminal.safe import fit, safe, safe_line, width, wrap
from veille.terminal.wording import age, what_happened


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("abc", 3),
        ("été", 3),
        ("e\u0301te\u0301", 3),
        ("日本語", 6),
        ("ｆｕｌｌ", 8),
        ("🎨", 2),
        ("👩\u200d🎨", 2),
        ("❤\ufe0f", 2),
        ("\ufe0f", 0),
        ("a\u00a0b\u202fc", 5),
        ("\u200d", 0),
        ("", 0),
    ],
)
def test_width_is_counted_in_cells(text: str, cells: int) -> None:
    assert width(text) == cells


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("bibliothèque", 12, "bibliothèque"),
        ("bibliothèque", 6, "bibli…"),
        ("une nuit", 5, "une…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("e\u0301\u0301te", 2, "e\u0301\u0301…"),
    ],
)
def test_fit_cuts_at_a_cell(text: str, limit: int, shown: str) -> None:
    assert fit(text, limit) == shown


@given(st.text(), st.integers(1, 40))
def test_what_fits_fits(text: str, limit: int) -> None:
    assert width(fit(safe_line(text), limit)) <= limit


@given(st.text())
def test_safe_text_is_stable_and_can_be_written(text: str) -> None:
    once = safe(text)
    assert safe(once) == once
    once.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a[31mb"),
        ("a\u200b\u200b\u200bb", "ab"),
        ("a" + "\u0301" * 50, "a" + "\u0301" * 4),
        ("a" + "\u200d" * 50 + "b", "a\u200d\u200db"),
        ("👩\u200d🎨", "👩\u200d🎨"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u202eabc\u2066", "abc"),
        ("a\ttab\nline", "a\ttab\nline"),
        ("\U000e0041tag", "tag"),
    ],
)
def test_floods_of_invisible_characters_are_cut(text: str, shown: str) -> None:
    """I2: without breaking what people write."""
    assert safe(text) == shown


def test_wrap_breaks_at_spaces_and_keeps_paragraphs() -> None:
    assert wrap("une nuit à la bibliothèque\n\nfin", 8) == [
        "une nuit",
        "à la",
        "bibliothèque",
        "",
        "fin",
    ]
    assert wrap("日本 日本", 5) == ["日本", "日本"]


COLUMNS = (Column(right=True), Column(least=5), Column(least=4, most=8), Column())


def test_columns_line_up_whatever_the_script() -> None:
    """I2: zero-width and wide characters do not shift the columns."""
    rows = [
        ("1", "abc", "x", "end"),
        ("20", "日本語", "été", "end"),
        ("3", "👩\u200d🎨", "\u200b", "end"),
    ]
    lines = ["  ".join(cells) for cells in layout(COLUMNS, rows, 80)]
    assert {width(line.removesuffix("end")) for line in lines} == {17}


def test_the_roomiest_column_gives_first_and_none_below_its_least() -> None:
    row = ("1", "x" * 50, "y" * 50, "end")
    (wide,) = layout(COLUMNS, [row], 40)
    assert [width(cell) for cell in wide] == [1, 22, 8, 3]
    (narrow,) = layout(COLUMNS, [row], 10)
    assert [width(cell) for cell in narrow] == [1, 5, 4, 3], "then it overflows: nothing is lost"


def test_columns_that_give_way_are_cut_before_the_others() -> None:
    columns = (Column(least=5), Column(least=4, gives_way=True), Column(least=4, gives_way=True))
    row = ("x" * 20, "y" * 20, "z" * 10)
    for limit, widths in ((54, [20, 20, 10]), (40, [20, 8, 8]), (32, [20, 4, 4]), (20, [8, 4, 4])):
        (cells,) = layout(columns, [row], limit)
        assert [width(cell) for cell in cells] == widths


def test_nothing_is_cut_in_a_pipe() -> None:
    rows = [("1", "x" * 500, "y" * 50, "end"), ("2", "a", "b", "c")]
    long, short = layout(COLUMNS, rows, None)
    assert long[1] == "x" * 500
    assert width(short[1]) == 90
    assert list(layout(COLUMNS, [], None)) == []


def show(stdout, **environ: str) -> Show:
    return Show(stdout, Stream(), environ)


def test_the_width_is_the_terminal_s() -> None:
    assert show(Stream()).width is None
    assert show(Stream(), COLUMNS="50").width is None
    assert show(Stream(terminal=True), COLUMNS="50").width == 50
    assert show(Stream(terminal=True), COLUMNS="zero").width == 80
    controller, terminal = pty.openpty()
    with os.fdopen(terminal, "w", encoding="utf-8") as stream:
        os.set_inheritable(controller, False)
        assert show(stream).width == (os.get_terminal_size(terminal).columns or 80)
    os.close(controller)


def test_progress_is_drawn_for_people_only() -> None:
    def animated(*, quiet: bool = False, terminal: bool = True, **environ: str) -> bool:
        return Show(Stream(), Stream(terminal=terminal), environ, quiet=quiet).animated

    assert animated()
    assert not animated(quiet=True)
    assert not animated(terminal=False)
    assert not animated(NO_COLOR="1")
    assert not animated(TERM="dumb")


def test_json_goes_to_any_stream() -> None:
    import io

    stream = io.StringIO()
    show(stream).json({"a": "é"})
    assert stream.getvalue() == '{\n  "a": "é"\n}\n'


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    max_leaves=10,
)


@given(JSON)
def test_a_document_reads_back_equal_and_holds_nothing_a_terminal_obeys(value) -> None:
    """I14: one valid document."""
    text = document(value)
    assert text.endswith("\n")
    text.encode()
    assert not any((ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 for char in text)
    assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b")
    if not any(0xD800 <= ord(char) < 0xE000 for char in json.dumps(value, ensure_ascii=False)):
        assert json.loads(text) == value


def test_instants_are_rfc_3339_in_utc() -> None:
    paris = datetime(2026, 11, 3, 10, 30, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    assert json.loads(document([paris, Path("a/b")])) == ["2026-11-03T09:30:00+00:00", "a/b"]
    with pytest.raises(TypeError, match="no form in JSON"):
        document(object())
    with pytest.raises(ValueError, match="not JSON compliant"):
        document(float("nan"))


NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("past", "said"),
    [
        (timedelta(seconds=-5), "0 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=55), "55 d"),
        (timedelta(days=56), "8 w"),
        (timedelta(days=365), "2025-11-03"),
    ],
)
def test_age(past: timedelta, said: str) -> None:
    assert age(NOW - past, NOW) == said


@pytest.mark.parametrize(
    ("action", "words", "said"),
    [
        (Action.KEEP, {}, "keep"),
        (Action.UPDATE, {"before": {"title": "Old\x1b title"}}, "update was “Old title”"),
        (Action.SOURCE_ADD, {"subject": "source 3"}, "source-add source 3"),
        (Action.TAG, {"before": {"tags": ["a"]}, "after": {"tags": ["b"]}}, "tag +b -a"),
        (Action.SKIP, {"note": "hors\nsujet", "undone": True}, "skip “hors sujet” (undone)"),
    ],
)
def test_what_happened_in_a_few_words(action: Action, words: dict, said: str) -> None:
    fields = {
        "id": 1, "at": NOW, "by": "camille", "login": "camille", "batch": "b", "item": 1,
        "subject": None, "before": {}, "after": {}, "note": None, "undoes": None, "undone": False,
    }  # fmt: skip
    assert what_happened(Event(action=action, **{**fields, **words})) == said
