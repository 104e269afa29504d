"""A request as the API means it: what is asked, by whom, with which parameters."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from veille.web.reader.answers import Declined, bad_request

MAX_BODY = 1_048_576  # bytes; ten thousand long ids take two thirds of it
_MAX_FIELDS = 20_000
# Whatever a proxy puts before it, the first of these counts: the address of a source may follow.
_PATH = re.compile(r"/(?:(reader/api/0|reader/atom)/(.*)|accounts/(ClientLogin)/?$)", re.DOTALL)
_SCHEME = "googlelogin "


class Request(NamedTuple):
    """One request. ``endpoint`` is what follows the API's own path: ``token``, ``edit-tag`` …

    ``login`` is the endpoint of somebody who has no token to show yet, ``atom/…`` that of a stream
    as Atom; an empty one is the door.
    """

    method: str
    endpoint: str
    parameters: dict[str, list[str]]
    authorization: str
    address: str

    def first(self, name: str) -> str:
        """The value of a parameter, empty when it was not given."""
        return self.every(name)[0] if self.every(name) else ""

    def every(self, name: str) -> list[str]:
        """All values of a parameter."""
        return self.parameters.get(name, [])


def read(environ: dict[str, Any]) -> Request:
    """The request of a WSGI server; raises Declined when it cannot be read.

    Parameters come in the address and in the body, as apps please; the body is read within bounds.
    """
    body = _body(environ)
    parameters: dict[str, list[str]] = {}
    for text in (environ.get("QUERY_STRING", ""), body):
        for name, value in _fields(text):
            parameters.setdefault(name, []).append(value)
    return Request(
        method=environ["REQUEST_METHOD"],
        endpoint=_endpoint(_path(environ)),
        parameters=parameters,
        authorization=_authorization(environ.get("HTTP_AUTHORIZATION", "")),
        address=environ.get("REMOTE_ADDR", ""),
    )


def _path(environ: dict[str, Any]) -> str:
    """The path: bytes that WSGI hands over as Latin-1 (PEP 3333), and that are UTF-8."""
    raw: str = environ.get("PATH_INFO", "")
    return raw.encode("latin-1", "replace").decode("utf-8", "replace")


def _endpoint(path: str) -> str:
    found = _PATH.search(path)
    if found is None:
        return ""
    if found[3]:
        return "login"
    return f"atom/{found[2]}" if found[1] == "reader/atom" else found[2]


def _body(environ: dict[str, Any]) -> str:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError as error:
        raise bad_request("the length of the body is no number") from error
    if length > MAX_BODY:
        message = f"the body is over {MAX_BODY} bytes: ask in several requests"
        raise Declined(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
    sent: bytes = environ["wsgi.input"].read(length) if length > 0 else b""
    return sent.decode("utf-8", "replace")


def _fields(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise bad_request(f"there are more than {_MAX_FIELDS} parameters") from error


def _authorization(field: str) -> str:
    """The token in ``Authorization: GoogleLogin auth=TOKEN``, which some proxies send twice."""
    if not field.lower().startswith(_SCHEME):
        return ""
    name, _, value = field[len(_SCHEME) :].split(",")[0].strip().partition("=")
    return value.strip() if name.strip().lower() == "auth" else ""
