"""Tables for spreadsheets: CSV that no program takes for formulas, and CSV as people have it."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

# What makes a cell a formula or a command in one program or another (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def written(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as CSV (RFC 4180) with a first line of names; no cell can become a formula.

    Numbers stay numbers; None is an empty cell.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])
    return text.getvalue()


def _cell(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    return neutral(str(value))


def neutral(text: str) -> str:
    """The text with an apostrophe before what would make it a formula.

    >>> neutral("=1+1"), neutral("C++")
    ("'=1+1", 'C++')
    """
    return f"'{text}" if _is_taken_for_more(text) else text


def plain(text: str) -> str:
    """The inverse of :func:`neutral`.

    >>> plain("'=1+1"), plain("'s-Gravenhage")
    ('=1+1', "'s-Gravenhage")
    """
    return text[1:] if text.startswith("'") and _is_taken_for_more(text[1:]) else text


def _is_taken_for_more(text: str) -> bool:
    quoted = text.lstrip("'")
    return quoted.startswith(_FORMULA)


def read(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not empty, each with its number: UTF-8 or Windows-1252; comma, semicolon or
    tab. Raises ValueError, with the line, for what is no CSV.
    """
    text = decoded(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield reader.line_num, cells
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num} cannot be read as CSV: {error}") from error


def decoded(data: bytes) -> str:
    """The text of a file as spreadsheets write it."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")  # what they call "Unicode text"
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")  # what French spreadsheets still write


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)
