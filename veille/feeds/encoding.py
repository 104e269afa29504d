"""From bytes to text: which encoding a document really is in, and characters no XML may hold."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# "<?" or "<r" without a byte order mark (XML 1.0 appendix F.1).
_SNIFFED = (
    (re.compile(rb"<\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0<"), "utf-32-be"),
    (re.compile(rb"<\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0<\0[^\0]"), "utf-16-be"),
)
_XML_DECLARED = re.compile(
    rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']"""
)
_HTML_DECLARED = re.compile(
    rb"""<meta[^>]{1,300}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE
)
_HTTP_DECLARED = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
# What pages so labelled are really written in (WHATWG Encoding Standard, labels).
_SUPERSETS = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-9": "cp1254",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
_STATEFUL = ("iso2022", "hz")
# Not encodings of documents: escapes of Python and of host names, and UTF-7, an attack nowadays.
_NEVER = frozenset(
    {"unicode_escape", "raw_unicode_escape", "punycode", "idna", "utf-7", "undefined"}
)

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#([xX][0-9a-fA-F]+|[0-9]+);")
_REPLACEMENT = "\ufffd"


def decode(body: bytes, content_type: str = "") -> str:
    """The text of a document, whatever header, declaration and bytes say of each other.

    A byte order mark wins; then UTF-8, if the bytes are valid UTF-8, since nothing else looks so by
    chance; then the HTTP header, then the document's own declaration, as far as they decode the
    bytes. The rest is UTF-8 whose wrong bytes are read as windows-1252. Nothing is raised.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for pattern, name in _SNIFFED:
        if pattern.match(body):
            return body.decode(name, "replace")
    declared = _declared(body, content_type)
    try:
        if not any(name.startswith(_STATEFUL) for name in declared):
            return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for name in declared:
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            if name == "cp1252":
                break
    return body.decode("utf-8", _WINDOWS)


def repair(text: str) -> str:
    """The text without the characters, plain or as references, that XML 1.0 section 2.2 forbids.

    One of them makes a whole feed ill-formed, and a reference to a surrogate makes feedparser raise.
    """
    text = _FORBIDDEN.sub("", text)
    return _REFERENCE.sub(_allowed, text) if "&#" in text else text


def _declared(body: bytes, content_type: str) -> list[str]:
    names = [_HTTP_DECLARED.search(content_type)]
    head = body[:2048]
    in_document = _XML_DECLARED.search(head) or _HTML_DECLARED.search(head)
    found = [match.group(1) for match in names if match]
    if in_document:
        found.append(in_document.group(1).decode("ascii"))
    return [name for name in map(_codec, found) if name and name != "utf-8"]


def _codec(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    name = _SUPERSETS.get(name, name)
    try:
        b"".decode(name)
    except LookupError:  # "hex", "zip": codecs of Python that give no text
        return None
    return None if name in _NEVER else name


def _allowed(reference: re.Match[str]) -> str:
    digits = reference.group(1)
    if len(digits) > 8:
        return _REPLACEMENT
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    if code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD:
        return reference.group()
    if 0x10000 <= code <= 0x10FFFF:
        return reference.group()
    return "" if code < 0x20 else _REPLACEMENT


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """A codec error handler: the wrong bytes as windows-1252, the usual culprit."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end


_WINDOWS = "veille.windows-1252"
codecs.register_error(_WINDOWS, _as_windows)
